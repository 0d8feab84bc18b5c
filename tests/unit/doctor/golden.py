"""Golden files of doctor, in tests/golden/doctor.

After a change that is meant, X07_UPDATE_GOLDEN=1 lets the tests write them again, to be read as
text.
"""

import os
import re
from pathlib import Path
from typing import Final

GOLDEN: Final = Path(__file__).resolve().parents[2] / "golden/doctor"
KERNEL: Final = re.compile(r"\b(landlock|seccomp|openat2)\b")


def plain(text: str, folder: Path) -> str:
    """Without what differs from machine to machine: folders, and this kernel."""
    lines = text.replace(str(folder), "/FOLDER").splitlines(keepends=True)
    return "".join(line for line in lines if not KERNEL.search(line))


def one_check_a_line(document: bytes) -> str:
    """Compact JSON, so that a difference is a line."""
    return document.decode().replace('{"name"', '\n{"name"')


def compare(name: str, text: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("X07_UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()
