"""The guest's agent in an image: one static program, in a layer of its own.

It is built elsewhere, or given as a file; here its bytes are looked at, and put where guests start
it (docs/reference/guest-stream.md).
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.errors import UsageError
from x07bundle.image.layer import Entry

LAYER: Final = "agent"
PLACE: Final = "usr/local/bin/x07-guestd"
MODE: Final = 0o755
MACHINES: Final[Mapping[int, str]] = {62: "amd64", 183: "arm64"}
"""Of the ELF header, as Debian calls them."""
HEAD: Final = struct.Struct("<4s2B10x2H")
"""Magic, class, order of bytes; type and machine."""
ELF_64_LITTLE: Final = (b"\x7fELF", 2, 1)
PROGRAM_TABLE: Final = struct.Struct("<32xQ14x2H")
"""Of the header: where the table is, the size of a row, how many there are."""
PROGRAM_KIND: Final = struct.Struct("<I")
INTERPRETER: Final = 3
"""A row that names the loader of a program that is not static."""
MOST_BYTES: Final = 4 << 20


class Agent(NamedTuple):
    """`compiler`: what made it, as it calls itself; "" where nobody knows. Other compilers make
    other bytes. `version`: of the tool whose agent it is; "" likewise.
    """

    program: bytes
    compiler: str = ""
    version: str = ""

    @property
    def sha256(self) -> str:
        return files.sha256_bytes(self.program)


def given(places: Sequence[Path], architectures: Sequence[str]) -> dict[str, Agent]:
    """Agents that are files, by the architecture that each is for.

    Raises:
        UsageError: one is no static program for one of the architectures, or two are for the same.
        X07Error: one cannot be read.
    """
    found: dict[str, Agent] = {}
    for place in places:
        program = files.read_bytes(place)
        architecture = architecture_of(program, str(place))
        if architecture not in architectures or architecture in found:
            why = "two are" if architecture in found else "no image is made"
            raise UsageError(
                f"`--agent {place}` is for {architecture}, and {why} for it",
                hint=f"name one file for each of {', '.join(architectures)}",
            )
        found[architecture] = Agent(program)
    return found


def architecture_of(program: bytes, where: str) -> str:
    """As Debian calls it.

    Raises:
        UsageError: it is no static program that images are made for.
    """
    try:
        *kind, _, machine = HEAD.unpack_from(program)
        found = MACHINES[machine] if tuple(kind) == ELF_64_LITTLE else None
        is_static = INTERPRETER not in _segments(program)
    except (struct.error, KeyError):
        found, is_static = None, False
    if found is None or not is_static or len(program) > MOST_BYTES:
        raise UsageError(
            f"`{where}` is no guest agent: no static program of at most {MOST_BYTES >> 20} MiB "
            f"for {' or '.join(MACHINES.values())}",
            hint="stubs/guestd is its source: compile it with -static",
        )
    return found


def _segments(program: bytes) -> set[int]:
    start, row_bytes, count = PROGRAM_TABLE.unpack_from(program)
    offsets = (start + index * row_bytes for index in range(count))
    return {PROGRAM_KIND.unpack_from(program, offset)[0] for offset in offsets}


def entry(agent: Agent) -> Entry:
    return Entry(PLACE, "file", MODE, agent.program)
