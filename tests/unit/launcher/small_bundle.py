"""A bundle whose launcher proper is a script: what its executable does before that begins."""

import hashlib
import os
import resource
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract import launcher_trailer
from x07bundle.contract.launcher_trailer import Trailer

RUNTIME: Final = """#!/bin/sh
if [ -n "${X07_REAP:-}" ]; then
    cat <&3 >"$1.heard.new" && echo "$X07_REAP" >>"$1.heard.new" && mv "$1.heard.new" "$1.heard"
    exit
fi
tr '\\0' '\\n' </proc/$$/environ >"$1.environment"
shift
echo "${X07_ADOPT:-decide}" "$@"
"""
CLIENT: Final = """#!/bin/sh
printf '%s\\n' "$@" >arguments.new
env | sort >variables
[ -n "$READY" ] || cat >input
mv arguments.new "$LOG"
cp variables "$LOG.variables"
cp -r . "$LOG.copied"
mv "$LOG.copied" "$LOG.folder"
"""
INSTANCE: Final = "ri-of-a-test\n"
SOON_SECONDS: Final = 20


class SmallBundle(NamedTuple):
    """`folder`: has `app`, its sidecar, the state of jobs, and a folder that it is started in."""

    folder: Path

    @property
    def app(self) -> Path:
        return self.folder / "app"

    @property
    def state(self) -> Path:
        return self.folder / "state" / "jobs"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def record(self) -> Path:
        place = f"{self.app}\0{self.work}".encode()
        return self.state / f".start-{hashlib.sha256(place).hexdigest()}"

    def env(self, **more: str) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "X07_VM_STATE_DIR": str(self.state), "GIVEN": "x", **more}

    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, stdin: int = subprocess.PIPE
    ) -> str:
        """What the launcher proper was told: `decide`, or the guest that it adopts."""
        done = subprocess.run(
            (self.app, *arguments),
            env=self.env() if env is None else env,
            cwd=self.work,
            capture_output=stdin == subprocess.PIPE,
            stdout=None if stdin == subprocess.PIPE else subprocess.PIPE,
            input=b"to the program" if stdin == subprocess.PIPE else None,
            stdin=None if stdin == subprocess.PIPE else stdin,
            check=True,
        )
        return done.stdout.decode("utf-8", "replace").rstrip("\n")

    def fields(self, env: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
        """A record that holds for a start with these variables."""
        env = self.env() if env is None else env
        reads = ("PATH", "X07_BUNDLE", "X07_VM_STATE_DIR")
        root = self.folder / "root"
        client = self.folder / "client"
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return [
            ("situation", self.situation(reads, env)),
            *(("reads", name) for name in reads),
            ("has", "GIVEN"),
            ("lacks", "NOT_GIVEN"),
            ("input", "yes"),
            ("limit", f"{resource.RLIMIT_NOFILE} {hard & (1 << 64) - 1}"),
            ("same", f"{self.state.parent / 'runner_instance'}\1{INSTANCE}"),
            ("root", str(root)),
            ("sealed", str(root)),
            ("absent", str(root / ".x07")),
            ("folder", str(root / "masked")),
            ("present", str(self.state / ".image-1")),
            ("copy", "payload\x01755\1bundle/payload"),
            ("copy", "policy.json\x01644\1in/policy.json"),
            ("program", str(client)),
            ("argument", "client"),
            ("argument", "--name=x07-\1R"),
            ("argument", "--times=\1C,\1D"),
            ("variable", "PATH=/usr/bin:/bin"),
            ("variable", f"LOG={self.log}"),
            ("variable", "READY="),
            ("pass", "GIVEN"),
            ("wall", "60000"),
            ("job", '{\n  "run_id": "\1R"\n}\n'),
            ("line", '{"run_id": "\1R", "deadline": \1D}'),
        ]

    def situation(
        self, reads: tuple[str, ...], env: Mapping[str, str], ids: str | None = None
    ) -> str:
        """`ids`: of the user and the group; None: ours."""
        text = launcher_trailer.carried(self.app.read_bytes(), str(self.app))
        parts = [
            text,
            os.uname().nodename.encode(),
            (ids or f"{os.geteuid()} {os.getegid()}").encode(),
        ]
        values = [f"{name}={env[name]}" if name in env else name for name in reads]
        data = b"".join(part + b"\0" for part in (*parts, *(each.encode() for each in values)))
        return hashlib.sha256(data).hexdigest()

    def note(self, fields: list[tuple[str, str]], mode: int = 0o600) -> None:
        """Leaves a record."""
        words = [f"{word} {value}" for word, value in fields]
        text = "".join(f"{each}\0" for each in ("x07.launcher.start@0.1.0", *words, "end"))
        self.record.unlink(missing_ok=True)
        self.record.write_bytes(text.encode())
        self.record.chmod(mode)

    def arguments(self) -> list[str]:
        """Of the engine's client, once it has ended."""
        wait_for(self.log.with_name("log.folder"))
        return self.log.read_text().splitlines()

    def was_asked(self) -> bool:
        return self.log.exists()

    def heard(self) -> list[str]:
        """By the reaper, until the line to it ended."""
        place = Path(f"{self.app}.heard")
        wait_for(place)
        return place.read_text().splitlines()


def wait_for(path: Path) -> None:
    end_s = time.monotonic() + SOON_SECONDS
    while not path.exists():
        assert time.monotonic() < end_s, f"{path} does not appear"
        time.sleep(0.01)


def make(folder: Path, program: bytes, runtime: bytes = RUNTIME.encode()) -> SmallBundle:
    """`program`: the executable without its trailer. `runtime`: the launcher proper."""
    found = SmallBundle(folder)
    contents = {
        "policy.json": (b"{}", 0o644),
        "payload": (b"program", 0o755),
        "runtime/launcher": (runtime, 0o755),
    }
    sidecar = folder / "app.vm"
    for name, (data, mode) in contents.items():
        place = sidecar / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(mode)
    (sidecar / "manifest.json").write_text("{}")
    digests = {name: sha256(sidecar / name) for name in contents}
    trailer = Trailer(sha256(sidecar / "manifest.json"), digests)
    found.app.write_bytes(launcher_trailer.finished(program, trailer))
    (folder / "client").write_text(CLIENT)
    for path in (found.app, folder / "client"):
        path.chmod(0o755)
    for place in (found.state, found.work, folder / "root" / "masked"):
        place.mkdir(parents=True)
    (found.state / ".image-1").touch(0o600)
    (found.state.parent / "runner_instance").write_text(INSTANCE)
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
