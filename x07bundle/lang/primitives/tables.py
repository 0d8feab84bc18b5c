"""Integer tables: map_u32 and set_u32 (contract/language.md §4)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive

ROWS: Final[tuple[Primitive, ...]] = ()
