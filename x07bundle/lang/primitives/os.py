"""What needs the operating system (contract/os-modules.md §2)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive

ROWS: Final[tuple[Primitive, ...]] = ()
