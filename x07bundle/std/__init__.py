"""The std modules: x07AST files that come with the tool (contract/language.md §16).

`modules/` holds what every world has, `os_modules/` what only OS worlds have (os-modules.md §11).
The file of `std.text.ascii` is `std/text/ascii.x07.json` below one of the two.
"""

from pathlib import Path
from typing import Final

from x07bundle.lang.modules import SourceFile

HERE: Final = Path(__file__).resolve().parent
OS_WORLDS: Final = frozenset({"run-os", "run-os-sandboxed"})
SUFFIX: Final = ".x07.json"

LATER: Final = frozenset(
    {
        *("std.vec_value", "std.pbt.case_v1", "std.pbt.gen_v1", "std.pbt.shrink_v1"),
        *("std.regex-lite", "std.json", "std.http.envelope", "std.csv"),
        *("std.small_map", "std.small_set", "std.hash_map", "std.hash_map_value", "std.hash_set"),
        *("std.btree_map", "std.btree_set", "std.deque", "std.deque_u32"),
        *("std.heap", "std.heap_u32", "std.bitset", "std.slab", "std.lru_cache"),
        *("std.fs", "std.rr", "std.kv"),
        *("std.os.net", "std.os.process_pool", "std.world.net"),
    }
)
"""Modules that the language has and this version does not bring yet."""


def find(module_id: str, world: str) -> SourceFile | None:
    """The source of a std module, or None where `world` has no such module."""
    if not module_id.startswith("std."):
        return None
    folders = ("modules", "os_modules") if world in OS_WORLDS else ("modules",)
    relative = module_id.replace(".", "/") + SUFFIX
    for folder in folders:
        path = HERE / folder / relative
        if path.is_file():
            return SourceFile(relative, path.read_bytes(), builtin=True)
    return None


def module_ids(world: str) -> list[str]:
    """The ids of all std modules that `world` has, sorted: for hints that name the nearest one."""
    folders = ("modules", "os_modules") if world in OS_WORLDS else ("modules",)
    paths = [
        path.relative_to(HERE / folder).as_posix()
        for folder in folders
        for path in (HERE / folder).rglob(f"*{SUFFIX}")
    ]
    return sorted(path.removesuffix(SUFFIX).replace("/", ".") for path in paths)
