"""A small runtime in place of the real one, and a C compiler that writes down its calls."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes import install
from x07bundle import assets
from x07bundle.native import sources

CC = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
needs_cc = pytest.mark.skipif(CC is None, reason="no C compiler on PATH")

HEADER = "int x07_answer(void);\nint x07_never(void);\n"
ANSWER = '#include "x07.h"\nint x07_answer(void) { return 42; }\n'
NEVER = '#include "x07.h"\nint x07_never(void) { return __FILE__[0]; }\n'
PROGRAM = '#include "x07.h"\nint main(void) { return x07_answer(); }\n'


def write_stubs(root: Path, answer: str = ANSWER) -> Path:
    """A `stubs/` folder below `root`."""
    files = {
        "runtime/include/x07.h": HEADER,
        "runtime/src/answer.c": answer,
        "cli_main/never.c": NEVER,
    }
    for name, text in files.items():
        path = root / "stubs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@contextmanager
def installed(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tool as a frozen build that is unpacked in `root`."""
    monkeypatch.setattr(sys, "_MEIPASS", str(root), raising=False)
    forget()
    yield
    forget()


def forget() -> None:
    assets.find.cache_clear()
    sources.digest.cache_clear()


def logging_compiler(folder: Path, log: Path, before: str = "") -> dict[str, str]:
    """The real compiler behind a script that writes a line per call; the environment to use it."""
    script = f'echo "$*" >> {log}\n{before}\nexec {CC} "$@"'
    install(folder / "bin", "cc", script)
    return {
        "PATH": f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "X07_CACHE_DIR": str(folder / "cache"),
        "TMPDIR": str(folder),
    }


def calls(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []
