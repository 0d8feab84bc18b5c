"""Short ways to write down calls and what they must return."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tests.unit.std.calls import Argument, Call, Value

TEXTS: Final = (b"", b"a", b"banana", b"\0\xff\x80", bytes(range(256)))
"""Some bytes for functions that take any."""

NUMBERS: Final = (0, 1, 9, 10, 0x7FFFFFFF, -0x80000000, -1, 0x12345678, 65535, 65536)


def expect(function: str, *args: Argument, gives: Value) -> Call:
    return Call(function, args, gives)


def each(
    function: str, inputs: Iterable[tuple[Argument, ...]], model: Callable[..., Value]
) -> Iterator[Call]:
    """A call for each tuple of arguments; the model says what it must return."""
    for args in inputs:
        yield Call(function, args, model(*args))


def singles(*values: Argument) -> list[tuple[Argument, ...]]:
    return [(value,) for value in values]
