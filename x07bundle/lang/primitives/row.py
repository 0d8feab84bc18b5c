"""A primitive is a row: name, types, worlds, trap conditions, C function.

Parameter words, as in the contract's tables:

    i f iface        copied                  V oV rV    views (V takes bytes and vec by coercion)
    B vec oB rB rrB  moved in                oI rI      copied
    &B &vec &oB …    looked at: an identifier stays, a temporary is dropped afterwards
    !B !vec          looked at, and must be an identifier
    pcu8 pmu8 pcv pmv pci pmi   raw pointers (ptr_const_u8, ptr_mut_u8, …void, …i32)
    never            (result only) does not return

The C function takes its arguments by value in this order. A row that can trap, allocate included,
takes the site as one more argument (`const char *at`).
"""

from enum import IntEnum
from functools import cache
from typing import Final, Literal, NamedTuple

from x07bundle.lang import types
from x07bundle.lang.types import Type


class Effect(IntEnum):
    """How far a call may be moved among its neighbours."""

    PURE = 0
    """Depends on its arguments alone."""
    READS = 1
    """Reads memory or state that something else may write."""
    WRITES = 2
    """Writes, allocates, or may trap: never moved."""


World = Literal["any", "os", "fs", "rr", "kv"]
Unsafe = Literal["", "capability", "block"]

WORDS: Final[dict[str, Type]] = {
    "i": types.I32,
    "f": types.F64,
    "B": types.BYTES,
    "V": types.VIEW,
    "vec": types.VEC,
    "oI": types.OPTION_I32,
    "oB": types.OPTION_BYTES,
    "oV": types.OPTION_VIEW,
    "rI": types.RESULT_I32,
    "rB": types.RESULT_BYTES,
    "rV": types.RESULT_VIEW,
    "rrB": types.RESULT_RESULT_BYTES,
    "iface": types.IFACE,
    "pcu8": types.PTR_CONST_U8,
    "pmu8": types.PTR_MUT_U8,
    "pcv": types.PTR_CONST_VOID,
    "pmv": types.PTR_MUT_VOID,
    "pci": types.PTR_CONST_I32,
    "pmi": types.PTR_MUT_I32,
    "never": types.NEVER,
}

Mode = Literal["value", "look", "identifier"]


class Parameter(NamedTuple):
    """`value`: copied or moved. `look`: inspected. `identifier`: inspected, must be a name."""

    ty: Type
    mode: Mode


class Primitive(NamedTuple):
    """One row. `borrows`: the parameter that the resulting view borrows from, or "runtime"."""

    head: str
    params: tuple[Parameter, ...]
    result: Type
    c_function: str
    effect: Effect
    site: bool
    traps: tuple[str, ...] = ()
    world: World = "any"
    unsafe: Unsafe = ""
    borrows: int | Literal["runtime"] | None = None
    mutates: bool = False
    """Changes its first argument in place: refused while views of it are live."""
    internal: bool = False
    """Only std modules may use it."""
    backend: str | None = None
    """Id of the native backend that it needs, for reports."""


@cache
def parameter(word: str) -> Parameter:
    if word[0] == "&":
        return Parameter(WORDS[word[1:]], "look")
    if word[0] == "!":
        return Parameter(WORDS[word[1:]], "identifier")
    return Parameter(WORDS[word], "value")


def row(
    head: str,
    params: str,
    result: str,
    effect: Effect = Effect.WRITES,
    *,
    c: str | None = None,
    site: bool | None = None,
    traps: tuple[str, ...] = (),
    world: World = "any",
    unsafe: Unsafe = "",
    borrows: int | Literal["runtime"] | None = None,
    mutates: bool = False,
    internal: bool = False,
    backend: str | None = None,
) -> Primitive:
    """A row from words: `row("view.get_u8", "V i", "i", traps=("view.get_u8 oob",))`.

    The C function is `x07_` and the head with `_` for `.`, unless `c` names it. A row takes the
    site when it writes (it may run out of memory) or has traps, unless `site` says otherwise.
    """
    return Primitive(
        head=head,
        params=tuple(parameter(word) for word in params.split()),
        result=WORDS[result],
        c_function=c or "x07_" + head.replace(".", "_"),
        effect=effect,
        site=site if site is not None else bool(traps) or effect is Effect.WRITES,
        traps=traps,
        world=world,
        unsafe=unsafe,
        borrows=borrows,
        mutates=mutates,
        internal=internal,
        backend=backend,
    )
