"""Files (contract/os-modules.md §2, contract/policy.md §6.1)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_READ: Final = "os.fs.read_file"
_WRITE: Final = "os.fs.write_file"

ROWS: Final[tuple[Primitive, ...]] = (
    row(
        _READ,
        "B",
        "B",
        traps=(
            f"{_READ} unsafe path",
            f"{_READ} open failed",
            f"{_READ} read failed",
            f"{_READ} too large",
        ),
        world="os",
    ),
    row(_WRITE, "B B", "i", traps=(f"{_WRITE} unsafe path",), world="os"),
)
