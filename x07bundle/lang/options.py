"""What a compilation may be told, and the limits that hold without being told.

The numbers are those of contract/language.md §14.
"""

from typing import NamedTuple


class Options(NamedTuple):
    """`fuel` and `heap_bytes`: None is no limit, and the charges are compiled out."""

    world: str = "run-os"
    fuel: int | None = None
    heap_bytes: int | None = None
    allow_unsafe: bool = True
    allow_ffi: bool = True
    max_source_bytes: int = 65_536
    max_ast_nodes: int = 250_000
    max_locals: int = 20_000
    max_c_bytes: int = 33_554_432
