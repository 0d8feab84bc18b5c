"""Files (contract/os-modules.md §2, contract/policy.md §6.1)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_READ: Final = "os.fs.read_file"
_WRITE: Final = "os.fs.write_file"
_OFF: Final = ("os.fs disabled by policy", "os.threads.blocking disabled by policy")

ROWS: Final[tuple[Primitive, ...]] = (
    row(
        _READ,
        "B",
        "B",
        traps=(
            *_OFF,
            f"{_READ} unsafe path",
            f"{_READ} hidden path denied",
            f"{_READ} open failed",
            f"{_READ} read failed",
            f"{_READ} too large",
        ),
        world="os",
    ),
    row(
        _WRITE,
        "B B",
        "i",
        traps=(*_OFF, f"{_WRITE} unsafe path", f"{_WRITE} hidden path denied"),
        world="os",
    ),
)
