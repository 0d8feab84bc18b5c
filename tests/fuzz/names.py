"""Names that a careless translation to C would trip over, next to ordinary ones."""

from random import Random
from typing import Final

C_WORDS: Final = (
    "auto break case char const continue default do double else enum extern float goto inline "
    "int long register restrict short signed sizeof static struct switch typedef union unsigned "
    "void volatile _Bool _Alignas _Generic _Noreturn _Static_assert asm typeof true false bool "
    "nullptr thread_local constexpr"
).split()
C_LIBRARY: Final = (
    "errno stdin stdout stderr NULL EOF assert offsetof INT_MAX UINT32_MAX uint32_t size_t main "
    "exit abort malloc free memcpy memset printf strlen environ index y0 j1 linux unix __LINE__ "
    "__func__ __attribute__ _start _Exit __x va_list signal div abs"
).split()
RUNTIME: Final = (
    "x07_trap x07_bytes x07_state x07_program_solve x07_bytes_drop X07_AT X07_FUEL X07_NO_BYTES "
    "x07 x07_t at fn input_ ret result tmp t0 t1 v0 arg0 self ptr len tag ok err value"
).split()
PLAIN: Final = (
    "a b c d e f g h i j k n m p q r s t u v w x y z acc buf out cur _ __ a_b a__b".split()
)
LONG: Final = ("long_" * 40 + "name", "x" * 70, "x" * 70 + "y")
LOCALS: Final = (*PLAIN, *PLAIN, *C_WORDS, *C_LIBRARY, *RUNTIME, *LONG)

TAILS: Final = (
    *("a_b", "a.b", "a-b", "a__b", "a.b.c", "f", "f_", "f__1", "main", "solve", "int", "x07_trap"),
    *("NULL", "errno", "printf", "x07_program_solve", "_", "__", "a.int", "memcpy", "very-long"),
    *("if", "return", "for", "x07_main_f", "F", "f-1", "f_1", "f.d1", *LONG),
)
MODULES: Final = (
    *("lib", "int", "x07", "errno", "a", "a.b", "a_b", "a-b", "a.b.c", "x07_main", "M", "stdin"),
    *("lib.main", "long_" * 20 + "module", "_", "static", "t-", "if.else"),
)
TYPES: Final = ("Point", "main.Shape", "int", "S", "struct", "a.Rec", "T_t", "x07_bytes", "E-1")
MEMBERS: Final = ("a", "b", "len", "int", "NULL", "tag", "A", "B", "default", "errno", "_", "x_t")


def local(rng: Random, taken: set[str]) -> str:
    """A name for a variable, none of `taken`."""
    for _ in range(20):
        name = rng.choice(LOCALS)
        if name not in taken and name != "input":
            return name
    return fresh("v", taken)


def fresh(stem: str, taken: set[str]) -> str:
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def distinct(rng: Random, pool: tuple[str, ...], count: int) -> list[str]:
    return rng.sample(pool, min(count, len(pool)))
