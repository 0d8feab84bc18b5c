"""Projects in folders, and the real `x07` run on them as a process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
X07: Final = (sys.executable, "-m", "x07bundle.cli.main")
DEADLINE_SECONDS: Final = 120
ACCEPTED: Final = {"X07_SANDBOX_BACKEND": "os", "X07_I_ACCEPT_WEAKER_ISOLATION": "1"}
"""Variables with which sandboxed programs run without a VM."""

MANIFEST: Final[Mapping[str, Any]] = {
    "schema_version": "x07.project@0.5.0",
    "world": "run-os",
    "entry": "src/main.x07.json",
    "module_roots": ["src"],
    "default_profile": "os",
    "profiles": {"os": {"world": "run-os"}},
}
ECHO: Final = ["view.to_bytes", "input"]
"""The entry that returns its input."""


def module(solve: object, **members: object) -> dict[str, Any]:
    """An entry program."""
    return {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "entry",
        "module_id": "main",
        "imports": [],
        "decls": [],
        "solve": solve,
    } | members


def write_project(folder: Path, solve: object = ECHO, **members: object) -> Path:
    """A project in a new folder; `members` are those of its manifest."""
    (folder / "src").mkdir(parents=True)
    write_json(folder / "x07.json", {**MANIFEST, **members})
    write_json(folder / "src" / "main.x07.json", module(solve))
    return folder


def write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


@dataclass(frozen=True)
class Tool:
    """`x07` in a folder, with an environment that has nothing of the machine but its PATH."""

    folder: Path
    cache: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        usual = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
        return usual | {"X07_CACHE_DIR": str(self.cache)} | dict(self.variables)

    def __call__(self, *arguments: str, umask: int = -1) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*X07, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            check=False,
            umask=umask,
            timeout=DEADLINE_SECONDS,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The same, not waited for, as the leader of a group of its own."""
        return subprocess.Popen(
            [*X07, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def bundle(self, out: str, *flags: str) -> dict[str, Any]:
        """Bundles, and fails the test where that fails; the report."""
        done = self("bundle", "--out", out, *flags)
        assert done.returncode == 0, done.stderr.decode()
        report = json.loads(done.stdout)
        assert isinstance(report, dict)
        return report


def run_program(program: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A bundle with no environment at all, in its own folder."""
    return subprocess.run(
        [program, *arguments],
        cwd=program.parent,
        env={},
        capture_output=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def argv_v1(words: Sequence[str]) -> bytes:
    encoded = [word.encode() for word in words]
    lengths = [len(word).to_bytes(4, "little") + word for word in encoded]
    return len(encoded).to_bytes(4, "little") + b"".join(lengths)


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, and the bytes of files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def wait_for(path: Path) -> None:
    """Until a file is there, which another process makes."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def interrupt(child: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, str]:
    """Sends a signal to the tool alone, as `kill` does; its exit code and stderr."""
    child.send_signal(number)
    _, stderr = child.communicate(timeout=DEADLINE_SECONDS)
    return child.returncode, stderr.decode()
