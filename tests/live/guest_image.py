"""An image with a shell, a few tools of this machine, and the guest's agent."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.live import engines
from tests.unit.image.layouts import contents, made
from x07bundle.image import agent
from x07bundle.image.agent import Agent
from x07bundle.image.layer import Entry
from x07bundle.native import agent as native

REFERENCE: Final = "x07.test/streamed:1"
TOOLS: Final = "sh cat head id ls mkdir ln rm sleep tail touch env mount sha256sum mkfifo".split()
MERGED: Final = ("bin", "lib", "lib64")


def archive(folder: Path) -> Path:
    """The image, as an archive that every engine takes."""
    engines.need(*TOOLS, "ldd")
    program = native.agent(os.environ).program.read_bytes()
    layers = {"distribution": tuple(_entries()), "agent": (agent.entry(Agent(program)),)}
    target = folder / "streamed.tar"
    made(target, contents(layers=layers), name=REFERENCE)
    return target


def _entries() -> Iterator[Entry]:
    for name in MERGED:
        yield Entry(name, "symlink", 0o777, target=f"usr/{name}")
        yield Entry(f"usr/{name}", "folder", 0o755)
    for name in ("dev", "proc", "sys", "etc", "run"):
        yield Entry(name, "folder", 0o755)
    yield Entry("tmp", "folder", 0o1777)
    found = {f"/usr/bin/{name}": Path(shutil.which(name) or "") for name in TOOLS}
    libraries = {path for file in found.values() for path in _libraries(file)}
    for place, file in {**found, **{path: Path(path) for path in libraries}}.items():
        name = place[1:] if place.startswith("/usr/") else f"usr{place}"
        yield Entry(name, "file", 0o755, file.read_bytes())


def _libraries(program: Path) -> list[str]:
    said = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", said)
