"""Types of the language, and what the passes ask about them (contract/language.md §1)."""

from functools import cache
from typing import Final, NamedTuple


class Type(NamedTuple):
    """A type: its kind, and the brand of a bytes-like one.

    `brand` is None (unbranded), a brand name, or ANY_BRAND (`option_*.none`, `result_*.err`).
    """

    kind: str
    brand: str | None = None

    def __str__(self) -> str:
        return self.kind if self.brand in (None, ANY_BRAND) else f"{self.kind}@{self.brand}"

    @property
    def is_owned(self) -> bool:
        """Move-only, dropped at the end of its scope."""
        return self.kind in OWNED

    @property
    def is_view(self) -> bool:
        """Borrows from an owner, a parameter, or the runtime."""
        return self.kind in VIEW_LIKE

    def with_brand(self, brand: str | None) -> "Type":
        return make(self.kind, brand)


@cache
def make(kind: str, brand: str | None = None) -> Type:
    return Type(kind, brand)


ANY_BRAND: Final = "*"

I32: Final = make("i32")
F64: Final = make("f64")
BYTES: Final = make("bytes")
VIEW: Final = make("bytes_view")
VEC: Final = make("vec_u8")
OPTION_I32: Final = make("option_i32")
OPTION_BYTES: Final = make("option_bytes")
OPTION_VIEW: Final = make("option_bytes_view")
RESULT_I32: Final = make("result_i32")
RESULT_BYTES: Final = make("result_bytes")
RESULT_VIEW: Final = make("result_bytes_view")
RESULT_RESULT_BYTES: Final = make("result_result_bytes")
IFACE: Final = make("iface")
PTR_CONST_U8: Final = make("ptr_const_u8")
PTR_MUT_U8: Final = make("ptr_mut_u8")
PTR_CONST_VOID: Final = make("ptr_const_void")
PTR_MUT_VOID: Final = make("ptr_mut_void")
PTR_CONST_I32: Final = make("ptr_const_i32")
PTR_MUT_I32: Final = make("ptr_mut_i32")
NEVER: Final = make("never")
VOID: Final = make("void")
"""Result of an extern function only."""

OWNED: Final = frozenset({"bytes", "vec_u8", "option_bytes", "result_bytes", "result_result_bytes"})
VIEW_LIKE: Final = frozenset({"bytes_view", "option_bytes_view", "result_bytes_view"})
POINTERS: Final = frozenset(
    {
        "ptr_const_u8",
        "ptr_mut_u8",
        "ptr_const_void",
        "ptr_mut_void",
        "ptr_const_i32",
        "ptr_mut_i32",
    }
)
BRANDABLE: Final = frozenset(
    {
        "bytes",
        "bytes_view",
        "option_bytes",
        "option_bytes_view",
        "result_bytes",
        "result_bytes_view",
    }
)
FUNCTION_RESULTS: Final = frozenset(
    {
        "i32",
        "bytes",
        "bytes_view",
        "vec_u8",
        "option_i32",
        "option_bytes",
        "option_bytes_view",
        "result_i32",
        "result_bytes",
        "result_bytes_view",
        "iface",
    }
)
"""What a `defn` may return (f64, pointers and result_result_bytes are refused)."""

NAMED: Final = (
    OWNED | VIEW_LIKE | POINTERS | {"i32", "u32", "f64", "option_i32", "result_i32", "iface"}
)
"""Every type name that a declaration may write; `u32` is carried as `i32`."""
