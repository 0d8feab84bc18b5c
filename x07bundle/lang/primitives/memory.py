"""Raw pointers and bulk memory (contract/language.md §4, unsafe). Nothing is checked at run time.

Heads that take pointers of several types have one row for each; the type of the first argument
chooses. `ptr.cast`, `ptr.as_const`, `addr_of` and `addr_of_mut` are nodes of the typed tree. A
pointer does not count as a borrow: it says nothing about how long what it points to lives.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

_TARGETS: Final = {"u8": "u8", "v": "void", "i": "i32"}


def _steps(head: str) -> tuple[Primitive, ...]:
    """`ptr.add` and its like, for every type of pointer: counted in elements."""
    c = "x07_" + head.replace(".", "_")
    return tuple(
        row(
            head,
            f"p{letter}{short} i",
            f"p{letter}{short}",
            Effect.PURE,
            unsafe="block",
            c=f"{c}_{kind}_{target}",
        )
        for letter, kind in (("c", "const"), ("m", "mut"))
        for short, target in _TARGETS.items()
    )


ROWS: Final[tuple[Primitive, ...]] = (
    row("bytes.as_ptr", "!B", "pcu8", Effect.PURE, unsafe="capability"),
    row("bytes.as_mut_ptr", "!B", "pmu8", Effect.PURE, unsafe="capability"),
    row("view.as_ptr", "V", "pcu8", Effect.PURE, unsafe="capability"),
    row("vec_u8.as_ptr", "!vec", "pcu8", Effect.PURE, unsafe="capability"),
    row("vec_u8.as_mut_ptr", "!vec", "pmu8", Effect.PURE, unsafe="capability"),
    row("ptr.null", "", "pmv", Effect.PURE, unsafe="capability"),
    *_steps("ptr.add"),
    *_steps("ptr.sub"),
    *_steps("ptr.offset"),
    *(row("ptr.read_u8", w, "i", Effect.READS, unsafe="block") for w in ("pcu8", "pmu8")),
    row("ptr.write_u8", "pmu8 i", "i", unsafe="block", site=False),
    *(row("ptr.read_i32", w, "i", Effect.READS, unsafe="block") for w in ("pci", "pmi")),
    row("ptr.write_i32", "pmi i", "i", unsafe="block", site=False),
    row("memcpy", "pmv pcv i", "i", unsafe="block", site=False),
    row("memmove", "pmv pcv i", "i", unsafe="block", site=False),
    row("memset", "pmv i i", "i", unsafe="block", site=False),
)
