"""Values of the reference interpreter, and the signals that leave an expression early.

An i32 is a Python int in 0..2**32-1, an f64 a float. A view is a copy of what it looks at: the
ownership rules (contract/language.md §5) forbid any change under a live view, so nothing can tell.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

MASK: Final = 0xFFFFFFFF
MAX_VALUE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Bytes:
    data: bytes


@dataclass(frozen=True, slots=True)
class View:
    data: bytes


@dataclass(frozen=True, slots=True)
class Vec:
    data: bytes
    capacity: int


@dataclass(frozen=True, slots=True)
class Option:
    """`element` is the kind of what it may hold: i32, bytes or bytes_view."""

    element: str
    value: "Value | None"


@dataclass(frozen=True, slots=True)
class Result:
    """`value` is the ok value, or the error code."""

    element: str
    is_ok: bool
    value: "Value"


@dataclass(slots=True, eq=False)
class Reader:
    """An iface: an in-memory reader, shared by all copies of the handle."""

    data: bytes
    position: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """An i32 that the contract does not fix."""


Value = int | float | Bytes | View | Vec | Option | Result | Reader | Open


class Trap(Exception):
    """The program stops. `message` None: the contract names the condition and no message."""

    def __init__(self, message: str | None, at: str = "", function: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.function = function


class ContractViolation(Trap):
    """`facts`: the members of the X07T_CONTRACT_V1 object (contract/abi.md §10)."""

    def __init__(self, facts: dict[str, object]) -> None:
        super().__init__(None)
        self.facts = facts


class Unspecified(Exception):
    """The program observes what the contract leaves open, or runs for too long."""


class IllTyped(Exception):
    """The program is none that a compiler accepts."""


def signed(value: int) -> int:
    return value - (1 << 32) if value & 0x80000000 else value


def number_of(value: Value) -> int:
    if isinstance(value, Open):
        raise Unspecified("an i32 that the contract does not fix")
    if not isinstance(value, int):
        raise IllTyped(f"{value!r} is no i32")
    return value


def is_owned(value: Value) -> bool:
    """Move-only: bytes, vec_u8, option_bytes, result_bytes (contract/language.md §1)."""
    match value:
        case Bytes() | Vec():
            return True
        case Option(element=element) | Result(element=element):
            return element == "bytes"
        case _:
            return False


def emptied(value: Value) -> Value:
    """What a variable holds after its value was moved away."""
    match value:
        case Bytes():
            return Bytes(b"")
        case Vec():
            return Vec(b"", 0)
        case Option(element=element):
            return Option(element, None)
        case Result(element=element):
            return Result(element, False, 0)
        case _:
            return value


def trap(message: str | None) -> NoReturn:
    raise Trap(message)


def checked_size(data: bytes) -> bytes:
    if len(data) > MAX_VALUE_BYTES:
        raise Unspecified("a value of more than 1 MiB")
    return data


@contextmanager
def deep_recursion(frames: int = 12_000) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(frames)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
