"""Integer tables: map_u32 and set_u32 (contract/language.md §4).

A table is named by a handle (i32, from 1), has a fixed capacity, and lives until the program ends.
Key -1 marks a free slot and is refused.
"""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_MAP: Final = ("map_u32 invalid handle",)
_MAP_KEY: Final = (*_MAP, "map_u32 key -1 is reserved")
_SET: Final = ("set_u32 invalid handle",)
_SET_KEY: Final = (*_SET, "set_u32 key -1 is reserved")

ROWS: Final[tuple[Primitive, ...]] = (
    row("map_u32.new", "i", "i", traps=("map_u32.new cap is not a power of two",)),
    row("map_u32.len", "i", "i", traps=_MAP),
    row("map_u32.get", "i i i", "i", traps=_MAP_KEY),
    row("map_u32.set", "i i i", "i", traps=(*_MAP_KEY, "map_u32 full")),
    row("map_u32.contains", "i i", "i", traps=_MAP_KEY),
    row("map_u32.remove", "i i", "i", traps=_MAP_KEY),
    row("map_u32.dump_kv_u32le_u32le", "i", "B", traps=_MAP, internal=True),
    row("set_u32.new", "i", "i", traps=("set_u32.new cap is not a power of two",)),
    row("set_u32.add", "i i", "i", traps=(*_SET_KEY, "set_u32 full")),
    row("set_u32.contains", "i i", "i", traps=_SET_KEY),
    row("set_u32.remove", "i i", "i", traps=_SET_KEY),
    row("set_u32.dump_u32le", "i", "B", traps=_SET, internal=True),
)
