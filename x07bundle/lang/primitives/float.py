"""Floating point: f64 and math.f64 (contract/language.md §4).

`f64.*` work on values, `math.f64.*` on their 8 bytes, little-endian.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

_TWO: Final = ("add", "sub", "mul", "div", "pow", "atan2", "min", "max")
_ONE: Final = ("sqrt", "neg", "abs", "sin", "cos", "tan", "exp", "log", "floor", "ceil")
_TEXT: Final = ("fmt_shortest", "to_bits_u64le")


def _width(name: str) -> tuple[str, ...]:
    return (f"math.f64.{name} needs 8 bytes",)


def _on_bytes(name: str, params: str) -> Primitive:
    return row(f"math.f64.{name}_v1", params, "B", traps=_width(f"{name}_v1"))


ROWS: Final[tuple[Primitive, ...]] = (
    row("f64.add", "f f", "f", Effect.PURE),
    row("f64.sub", "f f", "f", Effect.PURE),
    row("f64.mul", "f f", "f", Effect.PURE),
    row("f64.div", "f f", "f", Effect.PURE),
    row("f64.of_i32", "i", "f", Effect.PURE),
    row("f64.to_i32_trunc", "f", "i", Effect.PURE),
    *(_on_bytes(name, "V V") for name in _TWO),
    *(_on_bytes(name, "V") for name in _ONE),
    *(_on_bytes(name, "V") for name in _TEXT),
    row("math.f64.parse_v1", "V", "rB"),
    row("math.f64.from_i32_v1", "i", "B"),
    row("math.f64.to_i32_trunc_v1", "V", "rI", traps=_width("to_i32_trunc_v1")),
)
