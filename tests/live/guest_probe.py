"""What a guest sees: a program that lists it, and the golden texts to compare it with.

After a change that is meant, X07_UPDATE_GOLDEN=1 writes tests/golden/guests again, to be read as
text.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

from tests.live import engines
from tests.program_build import ROOT

GOLDEN: Final = ROOT / "tests/golden/guests"
STATUS: Final = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp:")
OF_THE_KERNEL: Final = re.compile(r"^(/proc|/sys)(/|$)")
OWN_PROCESS: Final = re.compile(r"^status Pid:\s+(\d+)$", re.M)
CORNERS: Final = (
    "/x /tmp/x /dev/x /run/x /var/tmp/x /dev/shm/x /etc/x /x07/x /x07/in/x /x07/out/x /x07/work/x"
    " /x07/work/.x07/x /x07/work/out/x"
).split()
LOOK: Final = ("see", *(f"write={corner}" for corner in CORNERS))
"""The program's words: list all, and try to write everywhere."""
FIRST_OWN_UID: Final = 1 << 20
"""From here on users are made up, for one guest each."""


def build(folder: Path) -> Path:
    engines.need("gcc")
    source = ROOT / "tests/live/guest_probe.c"
    subprocess.run(["gcc", "-static", "-O1", "-o", folder / "probe", source], check=True)
    return folder / "probe"


def compare(name: str, text: str) -> None:
    """Fails where a guest of this name saw something else before."""
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("X07_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(seen(text))
    assert seen(text) == golden.read_text()


def seen(text: str) -> str:
    """Without what the kernel at hand, or the engine's version, makes different; and without the
    numbers of a program that is not the first, and of its user."""
    lines = {_seen(line) for line in text.splitlines()} - {""}
    own = OWN_PROCESS.search(text)
    if own is not None and own[1] != "1":
        lines = {"process its own" if line == f"process {own[1]}" else line for line in lines}
    return "\n".join(sorted(lines)) + "\n"


def _seen(line: str) -> str:
    kind, _, rest = line.partition(" ")
    if kind == "status":
        return f"{kind} {rest.strip()}".replace("\t", " ") if rest.startswith(STATUS) else ""
    if kind == "mount":
        return _seen_mount(rest)
    if kind == "interface":
        return f"{kind} {rest.partition(':')[0].strip()}" if ":" in rest else ""
    if kind == "user" and all(int(number) >= FIRST_OWN_UID for number in rest.split()):
        return "user its own"
    if kind == "process" and not rest.isdecimal():
        return ""
    return line


def _seen_mount(row: str) -> str:
    _, target, kind, options, *_ = row.split()
    if OF_THE_KERNEL.match(target):
        return ""
    told = [
        word for word in ("ro", "rw", "noexec", "nosuid", "nodev") if word in options.split(",")
    ]
    shown = "disk" if kind not in ("tmpfs", "devpts", "mqueue") else kind
    return f"mount {target} {shown} {','.join(told)}"
