"""What a bundle's executable carries: which sidecar is its.

stubs/launcher/trailer.h has the form, which the executable reads itself before it loads anything.
On Linux it is behind the last byte. On macOS it is a part of the program, between two marks, and
the digest of the program is of all before its signature, with zeros in the place of the text, of
the UUID, and of sizes that another signature changes (decision 0033).
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from x07bundle.contract import mach_o
from x07bundle.contract.vm_manifest import ALGORITHMS
from x07bundle.errors import RefusedError
from x07bundle.files import sha256_bytes

FIRST_LINE: Final = "x07.vm.launcher@0.1.0"
MARK: Final = b"X07.TAIL"
HEAD: Final = b"X07.HEAD"
"""Before the text where that is a part of the program."""
FOOT_BYTES: Final = 16
"""A length and a mark; those before the text are as many."""
MOST_BYTES: Final = 1 << 20
MOST_EXECUTABLE_BYTES: Final = 64 << 20
RUNTIME: Final = "runtime/"
"""The folder of the sidecar that the launcher proper is in."""
HINT: Final = "name the executable of a bundle with a VM boundary, as `x07 bundle` made it"

_lines = re.compile(
    rf"{re.escape(FIRST_LINE)}\n"
    r"manifest ([0-9a-f]{64})\n"
    r"program ([0-9a-f]{64})\n"
    rf"(?:key ({'|'.join(ALGORITHMS)}) ((?:[0-9a-f]{{2}})+)\n)?"
    r"((?:file [0-9a-f]{64} [^\n]+\n)+)"
)


class PublicKey(NamedTuple):
    """`der`: SubjectPublicKeyInfo."""

    algorithm: str
    der: bytes


class Trailer(NamedTuple):
    """`manifest`: the SHA-256 of `manifest.json`. `files`: as it has them. `key`: whose signature
    the manifest must have; None where it has none.
    """

    manifest: str
    files: Mapping[str, str]
    key: PublicKey | None = None


class TrailerError(RefusedError):
    """An executable that is of no bundle, or was changed."""


class Found(NamedTuple):
    """`text`: the lines. `program`: what they have the digest of."""

    text: bytes
    program: bytes


def finished(program: bytes, trailer: Trailer) -> bytes:
    """The executable of a bundle of Linux."""
    return program + _with_foot(text_of(trailer, sha256_bytes(program)))


def text_of(trailer: Trailer, program: str) -> bytes:
    """The lines. `program`: its SHA-256."""
    key = trailer.key
    lines = [
        FIRST_LINE,
        f"manifest {trailer.manifest}",
        f"program {program}",
        *([f"key {key.algorithm} {key.der.hex()}"] if key is not None else []),
        *(f"file {trailer.files[path]} {path}" for path in sorted(trailer.files)),
    ]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8")
    assert _lines.fullmatch(text.decode("utf-8")), "a trailer that would not be read"
    return text


def marked(text: bytes) -> bytes:
    """What a program has within."""
    return HEAD + f"{len(text):08x}".encode() + _with_foot(text)


def _with_foot(text: bytes) -> bytes:
    return text + f"{len(text):08x}".encode() + MARK


def read(executable: bytes, file: str) -> Trailer:
    """What an executable carries. Raises TrailerError: nothing, or it was changed."""
    text, program = find(executable, file)
    found = _lines.fullmatch(text.decode("utf-8", "replace"))
    if found is None or found[2] != sha256_bytes(program):
        raise TrailerError(
            f"refused: `{file}` is not what the bundle was made with: it was changed",
            hint="get the bundle again, or make it again with `x07 bundle`",
        )
    key = PublicKey(found[3], bytes.fromhex(found[4])) if found[3] else None
    return Trailer(found[1], _files(found[5]), key)


def carried(executable: bytes, file: str) -> bytes:
    """The text alone. Raises TrailerError: there is none."""
    return find(executable, file).text


def find(executable: bytes, file: str) -> Found:
    """The text and the program, not compared. Raises TrailerError: there is no text."""
    found = _within(executable) if mach_o.is_one(executable) else _behind(executable)
    if found is None:
        raise TrailerError(f"`{file}` is not the executable of a VM bundle", hint=HINT)
    return found


def _behind(executable: bytes) -> Found | None:
    length = _length(executable[-FOOT_BYTES:])
    if length is None or length + FOOT_BYTES > len(executable):
        return None
    start = len(executable) - FOOT_BYTES - length
    return Found(executable[start:-FOOT_BYTES], executable[:start])


def _within(executable: bytes) -> Found | None:
    """Both marks are there once, in what is mapped as the program is, and nothing follows that."""
    layout = mach_o.read(executable)
    if layout is None or executable.count(HEAD) != 1 or executable.count(MARK) != 1:
        return None
    place = range(executable.index(HEAD), executable.index(MARK) + len(MARK))
    text = executable[place.start + FOOT_BYTES : place.stop - FOOT_BYTES]
    is_whole = executable[place.start : place.stop] == marked(text) and len(text) <= MOST_BYTES
    if not is_whole or place.stop > layout.text.stop:
        return None
    program = bytearray(executable[: layout.signature])
    for each in (place, *layout.computed):
        program[each.start : each.stop] = bytes(len(each))
    return Found(text, bytes(program))


def _length(foot: bytes) -> int | None:
    if len(foot) < FOOT_BYTES or not foot.endswith(MARK):
        return None
    digits = foot[: -len(MARK)].decode("ascii", "replace")
    length = int(digits, 16) if re.fullmatch(r"[0-9a-f]{8}", digits) else None
    return length if length is not None and length <= MOST_BYTES else None


def _files(lines: str) -> dict[str, str]:
    """Digests by path, of lines `file DIGEST PATH`."""
    words = (line.split(" ", 2) for line in lines.split("\n") if line)
    return {path: digest for _, digest, path in words}
