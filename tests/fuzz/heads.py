"""Built-in heads of the reference interpreter, from the tables of contract/language.md §4.

A row is `head: (parameters, function)`. Parameter letters: `i` i32, `f` f64, `m` any value that
moves or is copied, `V` and `v` a view (an identifier of bytes or vec_u8 stays), `&` looked at (an
identifier stays). The function gets plain Python data: ints, floats, bytes for `V`, values for
the others.
"""

import math
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tests.fuzz.values import (
    MASK,
    Bytes,
    Option,
    Reader,
    Result,
    Unspecified,
    Value,
    Vec,
    View,
    checked_size,
    signed,
    trap,
)

Row = tuple[str, Callable[..., Value]]

OPERATORS: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": lambda a, b: (a + b) & MASK,
    "-": lambda a, b: (a - b) & MASK,
    "*": lambda a, b: (a * b) & MASK,
    "/": lambda a, b: a // b if b else 0,
    "%": lambda a, b: a % b if b else a,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<u": lambda a, b: (a << (b & 31)) & MASK,
    ">>u": lambda a, b: a >> (b & 31),
    "=": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(signed(a) < signed(b)),
    "<=": lambda a, b: int(signed(a) <= signed(b)),
    ">": lambda a, b: int(signed(a) > signed(b)),
    ">=": lambda a, b: int(signed(a) >= signed(b)),
    "<u": lambda a, b: int(a < b),
    "<=u": lambda a, b: int(a <= b),
    ">u": lambda a, b: int(a > b),
    ">=u": lambda a, b: int(a >= b),
}


def span(size: int, start: int, length: int, message: str) -> slice:
    if start + length > size:
        trap(message)
    return slice(start, start + length)


def get(message: str) -> Callable[[bytes, int], Value]:
    def read(data: bytes, index: int) -> Value:
        return data[index] if index < len(data) else trap(message)

    return read


def set_byte(owner: Bytes, index: int, value: int) -> Value:
    if index >= len(owner.data):
        trap("bytes.set_u8 oob")
    return Bytes(replaced(owner.data, index, value))


def replaced(data: bytes, index: int, value: int) -> bytes:
    return data[:index] + bytes([value & 255]) + data[index + 1 :]


def compare(message: str) -> Callable[..., Value]:
    def ranges(a: bytes, a_at: int, a_len: int, b: bytes, b_at: int, b_len: int) -> Value:
        left = a[span(len(a), a_at, a_len, message)]
        right = b[span(len(b), b_at, b_len, message)]
        return ((left > right) - (left < right)) & MASK

    return ranges


def copy(source: Bytes, target: Bytes) -> Value:
    if len(source.data) > len(target.data):
        trap("bytes.copy dst too small")
    return Bytes(source.data + target.data[len(source.data) :])


def alloc(size: int) -> Value:
    if size > 1 << 20:
        raise Unspecified("an allocation of more than 1 MiB")
    return Bytes(bytes(size))


def read_u32(data: bytes, offset: int) -> Value:
    part = data[span(len(data), offset, 4, "codec.read_u32_le oob")]
    return int.from_bytes(part, "little")


def parse_u32(data: bytes) -> Value:
    if not data:
        trap("parse.u32_dec empty")
    value = 0
    for digit in data:
        if not 48 <= digit <= 57:
            trap("parse.u32_dec non-digit")
        value = value * 10 + digit - 48
        if value > MASK:
            trap("parse.u32_dec overflow")
    return value


def parse_u32_at(data: bytes, offset: int) -> Value:
    if offset > len(data):
        trap("parse.u32_dec_at oob")
    if offset == len(data):
        trap(None)
    return parse_u32(data[offset:])


def reader_read(reader: Reader, limit: int) -> Value:
    chunk = reader.data[reader.position : reader.position + limit]
    reader.position += len(chunk)
    return Bytes(chunk)


def process_exit_code(code: int) -> Value:
    raise AssertionError("the interpreter keeps the exit code itself")


def grown(vec: Vec, needed: int) -> int:
    capacity = vec.capacity
    while capacity < needed:
        capacity = capacity * 2 or 1
    return capacity


def vec_extend(vec: Vec, data: bytes) -> Value:
    whole = checked_size(vec.data + data)
    return Vec(whole, grown(vec, len(whole)))


def vec_set(vec: Vec, index: int, value: int) -> Value:
    if index >= len(vec.data):
        trap("vec_u8.set oob")
    return Vec(replaced(vec.data, index, value), vec.capacity)


def vec_get(vec: Vec, index: int) -> Value:
    return vec.data[index] if index < len(vec.data) else trap("vec_u8.get oob")


def vec_extend_range(vec: Vec, data: bytes, start: int, length: int) -> Value:
    return vec_extend(vec, data[span(len(data), start, length, "vec_u8.extend_bytes_range oob")])


def vec_reserve(vec: Vec, more: int) -> Value:
    if more > 1 << 20:
        raise Unspecified("an allocation of more than 1 MiB")
    return Vec(vec.data, max(vec.capacity, len(vec.data) + more))


def vec_with_capacity(capacity: int) -> Value:
    if capacity > 1 << 20:
        raise Unspecified("an allocation of more than 1 MiB")
    return Vec(b"", capacity)


def vec_extend_zeroes(vec: Vec, count: int) -> Value:
    if count > 1 << 20:
        raise Unspecified("an allocation of more than 1 MiB")
    return vec_extend(vec, bytes(count))


def write_u32(data: bytes, offset: int, value: int) -> bytes:
    if offset + 4 > len(data):
        trap(None)
    return data[:offset] + value.to_bytes(4, "little") + data[offset + 4 :]


INTERNAL: Final[dict[str, Row]] = {
    "__internal.bytes.write_u32_le": (
        "mii",
        lambda b, at, x: Bytes(write_u32(b.data, at, x)),
    ),
    "__internal.vec_u8.write_u32_le": (
        "mii",
        lambda v, at, x: Vec(write_u32(v.data, at, x), v.capacity),
    ),
}
"""What std modules alone may use."""

BYTES: Final[dict[str, Row]] = {
    "bytes.alloc": ("i", alloc),
    "bytes.empty": ("", lambda: Bytes(b"")),
    "bytes1": ("i", lambda x: Bytes(bytes([x & 255]))),
    "bytes.len": ("V", len),
    "bytes.get_u8": ("Vi", get("view.get_u8 oob")),
    "bytes.set_u8": ("mii", set_byte),
    "bytes.eq": ("VV", lambda a, b: int(a == b)),
    "bytes.cmp_range": ("ViiVii", compare("bytes.cmp_range oob")),
    "bytes.copy": ("mm", copy),
    "bytes.concat": ("mm", lambda a, b: Bytes(checked_size(a.data + b.data))),
    "bytes.slice": ("Vii", lambda v, s, n: Bytes(v[span(len(v), s, n, "bytes.slice oob")])),
    "bytes.view": ("&", lambda b: View(b.data)),
    "bytes.subview": (
        "&ii",
        lambda b, s, n: View(b.data[span(len(b.data), s, n, "bytes.subview oob")]),
    ),
    "view.len": ("V", len),
    "view.get_u8": ("Vi", get("view.get_u8 oob")),
    "view.slice": ("Vii", lambda v, s, n: View(v[span(len(v), s, n, "view.slice oob")])),
    "view.to_bytes": ("V", Bytes),
    "view.eq": ("VV", lambda a, b: int(a == b)),
    "view.cmp_range": ("ViiVii", compare("view.cmp_range oob")),
    "codec.read_u32_le": ("Vi", read_u32),
    "codec.write_u32_le": ("i", lambda x: Bytes(x.to_bytes(4, "little"))),
    "fmt.u32_to_dec": ("i", lambda x: Bytes(str(x).encode())),
    "fmt.s32_to_dec": ("i", lambda x: Bytes(str(signed(x)).encode())),
    "parse.u32_dec": ("V", parse_u32),
    "parse.u32_dec_at": ("Vi", parse_u32_at),
    "prng.lcg_next_u32": ("i", lambda x: (x * 1103515245 + 12345) & MASK),
    "io.open_read_bytes": ("V", Reader),
    "io.read": ("mi", reader_read),
    "std.brand.erase_bytes_v1": ("m", lambda b: b),
    "std.brand.erase_view_v1": ("v", lambda v: v),
    "std.brand.view_v1": ("&", lambda b: View(b.data)),
    "process.set_exit_code_v1": ("i", process_exit_code),
}

VEC: Final[dict[str, Row]] = {
    "vec_u8.with_capacity": ("i", vec_with_capacity),
    "vec_u8.len": ("&", lambda v: len(v.data)),
    "vec_u8.cap": ("&", lambda v: v.capacity),
    "vec_u8.get": ("&i", vec_get),
    "vec_u8.set": ("mii", vec_set),
    "vec_u8.push": ("mi", lambda v, x: vec_extend(v, bytes([x & 255]))),
    "vec_u8.clear": ("m", lambda v: Vec(b"", v.capacity)),
    "vec_u8.reserve_exact": ("mi", vec_reserve),
    "vec_u8.extend_zeroes": ("mi", vec_extend_zeroes),
    "vec_u8.extend_bytes": ("mV", vec_extend),
    "vec_u8.extend_bytes_range": ("mVii", vec_extend_range),
    "vec_u8.into_bytes": ("m", lambda v: Bytes(v.data)),
    "vec_u8.as_view": ("&", lambda v: View(v.data)),
}


def containers(element: str) -> dict[str, Row]:
    """The option and result heads over i32, bytes or bytes_view."""
    option, result = f"option_{element}", f"result_{element}"
    word = "v" if element == "bytes_view" else "m"
    return {
        f"{option}.none": ("", lambda: Option(element, None)),
        f"{option}.some": (word, lambda x: Option(element, x)),
        f"{option}.is_some": ("&", lambda o: int(o.value is not None)),
        f"{option}.unwrap_or": ("m" + word, lambda o, d: d if o.value is None else o.value),
        f"{result}.ok": (word, lambda x: Result(element, True, x)),
        f"{result}.err": ("i", lambda code: Result(element, False, code)),
        f"{result}.is_ok": ("&", lambda r: int(r.is_ok)),
        f"{result}.err_code": ("&", lambda r: 0 if r.is_ok else r.value),
        f"{result}.unwrap_or": ("m" + word, lambda r, d: r.value if r.is_ok else d),
    }


def divide(a: float, b: float) -> float:
    if b == 0.0:
        if a == 0.0 or math.isnan(a):
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


def truncated(x: float) -> Value:
    if not -2147483648.0 < x < 2147483648.0:
        raise Unspecified("f64.to_i32_trunc out of range")
    return int(x) & MASK


def double(data: bytes) -> float:
    if len(data) != 8:
        raise Unspecified("an f64 of other than 8 bytes")
    return float(struct.unpack("<d", data)[0])


def packed(x: float) -> Value:
    """The sign and payload of a NaN are the machine's own."""
    if math.isnan(x):
        raise Unspecified("the bits of a NaN")
    return Bytes(struct.pack("<d", x))


def on_doubles(function: Callable[..., float]) -> Callable[..., Value]:
    return lambda *operands: packed(function(*map(double, operands)))


def rounding(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: math.copysign(function(x), x) if math.isfinite(x) else x


ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": divide,
}
SINGLE: Final[dict[str, Callable[[float], float]]] = {
    "neg": lambda a: -a,
    "abs": abs,
    "sqrt": lambda a: math.sqrt(a) if a >= 0 else math.nan,
    "floor": rounding(math.floor),
    "ceil": rounding(math.ceil),
}

FLOAT: Final[dict[str, Row]] = {
    **{f"f64.{name}": ("ff", function) for name, function in ARITHMETIC.items()},
    "f64.of_i32": ("i", lambda x: float(signed(x))),
    "f64.to_i32_trunc": ("f", truncated),
    **{f"math.f64.{name}_v1": ("VV", on_doubles(f)) for name, f in ARITHMETIC.items()},
    **{f"math.f64.{name}_v1": ("V", on_doubles(f)) for name, f in SINGLE.items()},
    "math.f64.from_i32_v1": ("i", lambda x: packed(float(signed(x)))),
}


class Table(dict[int, int]):
    def __init__(self, kind: str, capacity: int) -> None:
        super().__init__()
        self.kind = kind
        self.capacity = capacity


class Tables:
    """map_u32 and set_u32: a set is a map whose values nobody reads."""

    def __init__(self) -> None:
        self.tables: list[Table] = []

    def new(self, kind: str, capacity: int) -> Value:
        if capacity == 0 or capacity & (capacity - 1):
            trap(None)
        if capacity > 1 << 16:
            raise Unspecified("a large table")
        self.tables.append(Table(kind, capacity))
        return len(self.tables)

    def rows(self) -> dict[str, Row]:
        shared: dict[str, Row] = {}
        for kind in ("map_u32", "set_u32"):
            shared[f"{kind}.new"] = ("i", partial(self.new, kind))
            shared[f"{kind}.contains"] = ("ii", partial(self.contains, kind))
            shared[f"{kind}.remove"] = ("ii", partial(self.remove, kind))
        return {
            **shared,
            "map_u32.len": ("i", lambda h: len(self.table("map_u32", h))),
            "map_u32.get": ("iii", self.find),
            "map_u32.set": ("iii", partial(self.put, "map_u32")),
            "set_u32.add": ("ii", lambda h, k: self.put("set_u32", h, k, 0)),
        }

    def table(self, kind: str, handle: int) -> Table:
        if not 0 < handle <= len(self.tables) or self.tables[handle - 1].kind != kind:
            raise Unspecified("a handle that names no table")
        return self.tables[handle - 1]

    def at(self, kind: str, handle: int, key: int) -> Table:
        table = self.table(kind, handle)
        return trap(None) if key == MASK else table

    def contains(self, kind: str, handle: int, key: int) -> Value:
        return int(key in self.at(kind, handle, key))

    def find(self, handle: int, key: int, default: int) -> Value:
        return self.at("map_u32", handle, key).get(key, default)

    def put(self, kind: str, handle: int, key: int, value: int) -> Value:
        table = self.at(kind, handle, key)
        inserted = int(key not in table)
        if inserted and len(table) >= table.capacity:
            trap(f"{kind} full")
        table[key] = value
        return inserted

    def remove(self, kind: str, handle: int, key: int) -> Value:
        return int(self.at(kind, handle, key).pop(key, None) is not None)


def rows() -> dict[str, Row]:
    """A fresh table of heads: it holds the integer tables of one run."""
    found: dict[str, Row] = {**INTERNAL, **BYTES, **VEC, **FLOAT, **Tables().rows()}
    for element in ("i32", "bytes", "bytes_view"):
        found.update(containers(element))
    return found
