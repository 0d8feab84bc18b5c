"""What stands behind the last byte of a bundle's executable: which sidecar is its.

stubs/launcher/trailer.h has the form, which the executable reads itself before it loads anything.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from x07bundle.contract.vm_manifest import ALGORITHMS
from x07bundle.errors import RefusedError
from x07bundle.files import sha256_bytes

FIRST_LINE: Final = "x07.vm.launcher@0.1.0"
MARK: Final = b"X07.TAIL"
FOOT_BYTES: Final = 16
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


def finished(program: bytes, trailer: Trailer) -> bytes:
    """The executable of a bundle."""
    key = trailer.key
    lines = [
        FIRST_LINE,
        f"manifest {trailer.manifest}",
        f"program {sha256_bytes(program)}",
        *([f"key {key.algorithm} {key.der.hex()}"] if key is not None else []),
        *(f"file {trailer.files[path]} {path}" for path in sorted(trailer.files)),
    ]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8")
    assert _lines.fullmatch(text.decode("utf-8")), "a trailer that would not be read"
    return program + text + f"{len(text):08x}".encode() + MARK


def read(executable: bytes, file: str) -> Trailer:
    """What an executable carries. Raises TrailerError: nothing, or it was changed."""
    text = carried(executable, file)
    found = _lines.fullmatch(text.decode("utf-8", "replace"))
    program = executable[: -FOOT_BYTES - len(text)]
    if found is None or found[2] != sha256_bytes(program):
        raise TrailerError(
            f"refused: `{file}` is not what the bundle was made with: it was changed",
            hint="get the bundle again, or make it again with `x07 bundle`",
        )
    key = PublicKey(found[3], bytes.fromhex(found[4])) if found[3] else None
    return Trailer(found[1], _files(found[5]), key)


def carried(executable: bytes, file: str) -> bytes:
    """The text between the program and the foot. Raises TrailerError: there is none."""
    length = _length(executable[-FOOT_BYTES:])
    if length is None or length + FOOT_BYTES > len(executable):
        raise TrailerError(f"`{file}` is not the executable of a VM bundle", hint=HINT)
    return executable[-FOOT_BYTES - length : -FOOT_BYTES]


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
