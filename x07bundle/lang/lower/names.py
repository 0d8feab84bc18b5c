"""C names for X07 names: kept as they are where C lets us."""

import re
from typing import Final

_RESERVED: Final = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while asm typeof true false bool complex imaginary noreturn alignas
    alignof thread_local static_assert atomic generic offsetof main errno assert stdin stdout
    stderr unix linux signbit isnan isinf isfinite setjmp va_start va_arg va_end va_copy
    """.split()
)


def _is_safe(name: str) -> bool:
    """Whether no keyword, macro or type of a C header can be meant by the name."""
    return (
        name.isascii()
        and name.isidentifier()
        and name[0].islower()
        and name not in _RESERVED
        and not name.startswith("x07_")
        and not name.endswith("_t")
        and "__" not in name
    )


def local_name(name: str) -> str:
    """The C name of a local, before it is made unique in its function."""
    return name if _is_safe(name) else "v_" + re.sub("_{2,}", "_", name).lstrip("_")


def function_name(name: str) -> str:
    """`app.text.split` -> `app__text__split`: locals have no two underscores before a letter."""
    mangled = name.replace(".", "__").replace("-", "_")
    return mangled if "__" in mangled and mangled[0].islower() else f"f__{mangled}"


class Names:
    """Hands out names, each once."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._next: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        name = wanted
        while name in self._used:
            self._next[wanted] = self._next.get(wanted, 1) + 1
            name = f"{wanted}_{self._next[wanted]}"
        self._used.add(name)
        return name
