"""A VM bundle that was started before, so that its next start from the same folder is not decided
again; and what a guest may leave behind."""

import os
import subprocess
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from tests.live import scripted
from tests.live.guest_tool import Tool
from tests.live.scripted import Scripted
from x07bundle.launcher import start_record
from x07bundle.vm.state import State

PROGRAM: Final = r"""#!/bin/sh
case $1 in
copy) exec /bin/cat ;;
say) printf '%s\n' "$@"; printf %s "$3" >&2; exit "$2" ;;
wait) echo here; exec /bin/sleep 60 ;;
trap) trap 'exit 9' INT TERM HUP QUIT; echo here; while :; do sleep 0.05; done ;;
letter) read -r text; printf '%s:%s' "$2" "$text"; printf '%s' "$text" >"out/$2" ;;
show) cat given; printf '%s' "${GIVEN-nothing}"; ls -A .x07 2>&1; echo made >out/made ;;
esac
"""
GRANTS: Final[dict[str, Any]] = {
    "fs__enabled": True,
    "fs__read_roots": ["."],
    "fs__write_roots": ["out"],
}
HANDED: Final = b"X07_ADOPT=run="
SOON_SECONDS: Final = 60.0
STEP_SECONDS: Final = 0.02


class Replayed(Scripted):
    """One that leaves a record of its start."""

    @property
    def record(self) -> Path:
        return start_record.place(State(self.tool.state, ""), self.app, str(self.folder))

    def decisions(self) -> tuple[int, int] | None:
        """Changes with each start that was decided, and went well: it leaves another record."""
        if not self.record.exists():
            return None
        found = self.record.stat()
        return found.st_ino, found.st_mtime_ns

    def again(self, *arguments: str, **given: Any) -> subprocess.CompletedProcess[bytes]:  # noqa: ANN401
        """A start, to its end, which was not decided."""
        before = self.decisions()
        done = self.start(*arguments, **given)
        assert before is not None
        assert self.decisions() == before
        return done

    def left(self) -> list[str]:
        """All that no guest may leave."""
        engine = self.tool.engine
        places = Path("/proc/self/mounts").read_text().splitlines()
        mounted = [line for line in places if f"{self.tool.state}/" in line]
        found = [*engine.guests(), *engine.snapshots(), *self.tool.jobs()]
        return [*found, *self.processes(), *mounted]

    def processes(self) -> list[str]:
        """Launchers, reapers, clients, and what an engine starts for a guest."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                words = (place / "cmdline").read_bytes()
                env = (place / "environ").read_bytes()
            except OSError:
                continue
            is_engines = os.fsencode(self.tool.engine.folder) in words + env
            of_guest = any(word in words for word in (b"x07-1", b"-shim", b"conmon"))
            if os.fsencode(self.app) in words or (is_engines and of_guest):
                found.append(f"process {place.name}: {words!r}")
        return found

    def what_stays(self, seconds: float = SOON_SECONDS, but: Collection[str] = ()) -> list[str]:
        """What is left after a while. `but`: what was there before."""
        end_s = time.monotonic() + seconds
        while (found := [each for each in self.left() if each not in but]) and (
            time.monotonic() < end_s
        ):
            time.sleep(STEP_SECONDS)
        return found


def was_handed_over(process: subprocess.Popen[bytes]) -> bool:
    """Whether a launcher goes on with a guest that it has not started."""
    return HANDED in Path(f"/proc/{process.pid}/environ").read_bytes()


def soon(is_so: Callable[[], bool], seconds: float = SOON_SECONDS) -> bool:
    end_s = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < end_s:
        time.sleep(STEP_SECONDS)
    return found


def made(tool: Tool, folder: Path, **policy: Any) -> Replayed:  # noqa: ANN401  as `content`
    app = scripted.write(tool, folder, PROGRAM, **{**GRANTS, **policy})
    (folder / "given").write_text("given ")
    return Replayed(tool, app)


def started(tool: Tool, folder: Path, **policy: Any) -> Replayed:  # noqa: ANN401  as `content`
    """One that was started, with input, and left a record."""
    found = made(tool, folder, **policy)
    done = found.start("say", "0", "first")
    assert (done.returncode, done.stdout) == (0, b"say\n0\nfirst\n"), done.stderr
    assert found.decisions() is not None
    return found
