"""Containers of values behind handles: vec_value, map_value, scratch (contract/language.md §4).

An element type is a number at run time (1 i32, 2 u32, 3 bytes, 4 bytes_view) and a suffix in the
head (`i32` for both numbers, `bytes`, `bytes_view`). Containers own copies: a `bytes_view` that
was put in is copied, and the copy lives until the program ends, so that a view that was read out
stays valid. That view still borrows from `default`, the only other place it can come from.
"""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_WORDS: Final = {"i32": "i", "bytes": "B", "bytes_view": "V"}

_VEC: Final = ("vec_value invalid handle",)
_MAP: Final = ("map_value invalid handle",)
_SCRATCH: Final = ("scratch_u8_fixed_v1 invalid handle",)


def _borrows(suffix: str) -> int | None:
    return 2 if suffix == "bytes_view" else None


def _vec_rows(suffix: str) -> tuple[Primitive, ...]:
    word = _WORDS[suffix]
    return (
        row(
            f"vec_value.push_{suffix}_v1",
            f"i {word}",
            "i",
            traps=(*_VEC, "vec_value.push ty mismatch"),
        ),
        row(
            f"vec_value.get_{suffix}_v1",
            f"i i {word}",
            word,
            traps=(*_VEC, "vec_value.get ty mismatch"),
            borrows=_borrows(suffix),
        ),
        row(
            f"vec_value.set_{suffix}_v1",
            f"i i {word}",
            "i",
            traps=(*_VEC, "vec_value.set ty mismatch", "vec_value.set oob"),
        ),
    )


def _map_key_rows(key: str) -> tuple[Primitive, ...]:
    word = _WORDS[key]
    return (
        row(
            f"map_value.contains_{key}_v1",
            f"i {word}",
            "i",
            traps=(*_MAP, "map_value.contains ty mismatch"),
        ),
        row(
            f"map_value.remove_{key}_v1",
            f"i {word}",
            "i",
            traps=(*_MAP, "map_value.remove ty mismatch"),
        ),
    )


def _map_pair_rows(key: str, value: str) -> tuple[Primitive, ...]:
    params = f"i {_WORDS[key]} {_WORDS[value]}"
    return (
        row(
            f"map_value.get_{key}_{value}_v1",
            params,
            _WORDS[value],
            traps=(*_MAP, "map_value.get ty mismatch"),
            borrows=_borrows(value),
        ),
        row(
            f"map_value.set_{key}_{value}_v1",
            params,
            "i",
            traps=(*_MAP, "map_value.set ty mismatch"),
        ),
    )


ROWS: Final[tuple[Primitive, ...]] = (
    row(
        "vec_value.with_capacity_v1",
        "i i",
        "i",
        traps=("vec_value.with_capacity_v1 unknown ty",),
    ),
    row("vec_value.len", "i", "i", traps=_VEC),
    row("vec_value.reserve_exact", "i i", "i", traps=_VEC),
    row("vec_value.pop", "i", "i", traps=_VEC),
    row("vec_value.clear", "i", "i", traps=_VEC),
    *(made for suffix in _WORDS for made in _vec_rows(suffix)),
    row(
        "map_value.new_v1",
        "i i i",
        "i",
        traps=("map_value.new_v1 unknown ty", "map_value.new_v1 cap is not a power of two"),
    ),
    row("map_value.len", "i", "i", traps=_MAP),
    row("map_value.clear", "i", "i", traps=_MAP),
    *(made for key in _WORDS for made in _map_key_rows(key)),
    *(made for key in _WORDS for value in _WORDS for made in _map_pair_rows(key, value)),
    row("scratch_u8_fixed_v1.new", "i", "i"),
    row("scratch_u8_fixed_v1.clear", "i", "i", traps=_SCRATCH),
    row("scratch_u8_fixed_v1.len", "i", "i", traps=_SCRATCH),
    row("scratch_u8_fixed_v1.cap", "i", "i", traps=_SCRATCH),
    row("scratch_u8_fixed_v1.drop", "i", "i", site=False),
    row("scratch_u8_fixed_v1.as_view", "i", "V", traps=_SCRATCH, borrows="runtime"),
    row("scratch_u8_fixed_v1.try_write", "i V", "rI", traps=_SCRATCH),
)
