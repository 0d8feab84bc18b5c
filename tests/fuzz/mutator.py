"""Damage to programs: to the JSON of a file, or to its bytes. The same seed does the same."""

import copy
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from tests.fuzz import corpus, names
from tests.fuzz.compiled import Sources, encoded
from tests.fuzz.values import deep_recursion

Slot = tuple[Any, Any]
"""A container and the key or index in it."""

MAX_SLOTS: Final = 100_000
"""A program that has become larger than this is not damaged further."""

TYPES: Final = (
    "i32 u32 f64 bytes bytes_view vec_u8 option_i32 option_bytes option_bytes_view result_i32 "
    "result_bytes result_bytes_view result_result_bytes iface ptr_const_u8 ptr_mut_u8 "
    "ptr_const_void ptr_mut_void ptr_const_i32 ptr_mut_i32 void never"
).split()
NUMBERS: Final = (
    *(0, 1, -1, 2, 31, 32, 255, 256, 65535, 65536, 2147483647, -2147483648, 2147483648, 4294967295),
    *(-2147483649, 1 << 63, 1 << 64, 10**30, 0.5, 1e308, -0.0),
)
ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, {}, [], "", " ", "a b", [[]], [1], [["begin", 0]], {"a": 1}, "input"),
    *("é", "\x00", "a\nb", "__result", "*", ".", "main.", "std.", "x" * 3000, "\ud800", [""], "?"),
)
HEADS: Final = (
    "begin unsafe let set set0 if for while return match try try_doc + - / = <u >=u && || "
    "bytes.lit bytes.view_lit bytes.view bytes.len bytes.concat bytes.set_u8 bytes.copy "
    "vec_u8.push vec_u8.len vec_u8.as_view vec_u8.into_bytes view.slice view.to_bytes "
    "option_bytes.some option_bytes.none option_i32.some result_bytes.ok result_bytes.err "
    "result_i32.err result_bytes.unwrap_or option_bytes_view.some result_result_bytes.is_ok "
    "await task.spawn budget.scope_v1 tapp ty.size std.stream.pipe_v1 std.rr.with_v1 i32.lit "
    "bytes.as_ptr ptr.cast ptr.add ptr.read_u8 memcpy addr_of ptr.null std.brand.cast_bytes_v1 "
    "std.brand.view_v1 std.brand.assume_bytes_v1 f64.add std.brand.to_bytes_preserve_if_full_v1 "
    "vec_value.push_i32_v1 bufread.fill fs.read kv.get os.env.get rr.open_v1 "
    "scratch_u8_fixed_v1.as_view io.read iface.make_v1 map_u32.new map_u32.dump_kv_u32le_u32le "
    "process.set_exit_code_v1 json.jcs.canon_doc_v1 math.f64.add_v1 regex.compile_opts_v1 "
    "no.such.head"
).split()


def mutate(seed: int) -> Sources:
    rng = Random(seed)
    whole = corpus.pick(rng)
    files = {"": whole.entry, **whole.modules}
    for _ in range(rng.choice((1, 1, 1, 2))):
        chosen = rng.choice(sorted(files))
        damage = damaged_bytes if rng.random() < 0.05 else damaged_document
        files[chosen] = damage(rng, files[chosen])
    return Sources(files.pop(""), files, b"some input")


def damaged_bytes(rng: Random, data: bytes) -> bytes:
    """A cut, a splice, a changed byte, or bytes that are no text."""
    start = rng.randrange(len(data) + 1)
    end = min(len(data), start + rng.choice((0, 1, 2, 20, 500)))
    insert = rng.choice((b"", b"", b"\xff", b"\x00", b"[", b"{", b'"', b"\xed\xa0\x80", b"1e999"))
    return rng.choice((data[:start] + insert + data[end:], data[:start], data[:end] + data[start:]))


def damaged_document(rng: Random, data: bytes) -> bytes:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return damaged_bytes(rng, data)
    with deep_recursion():
        steps = GENTLE if rng.random() < 0.6 else STEPS
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            every = slots(document)
            if 0 < len(every) < MAX_SLOTS:
                rng.choice(steps)(rng, every)
    return encoded(document)


def slots(document: Any) -> list[Slot]:  # noqa: ANN401
    """Every place in a document that holds a value."""
    found: list[Slot] = []
    waiting = [document]
    while waiting:
        container = waiting.pop()
        keys = range(len(container)) if isinstance(container, list) else list(container)
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], list | dict):
                waiting.append(container[key])
    return found


Step = Callable[[Random, list[Slot]], None]


def value(slot: Slot) -> Any:  # noqa: ANN401
    return slot[0][slot[1]]


def put(slot: Slot, new: object) -> None:
    slot[0][slot[1]] = new


def swap(rng: Random, every: list[Slot]) -> None:
    one, other = rng.choice(every), rng.choice(every)
    first, second = copy.deepcopy(value(one)), copy.deepcopy(value(other))
    put(one, second)
    if other[1] in other[0] if isinstance(other[0], dict) else other[1] < len(other[0]):
        put(other, first)


def splice(rng: Random, every: list[Slot]) -> None:
    put(rng.choice(every), copy.deepcopy(value(rng.choice(every))))


def splice_expression(rng: Random, every: list[Slot]) -> None:
    """One expression over another: more often than not the program stays well-formed."""
    found = expressions(every)
    if found:
        put(rng.choice(found), copy.deepcopy(value(rng.choice(found))))


def splice_in_kind(rng: Random, every: list[Slot]) -> None:
    """An argument over one of the same head in the same position: types agree, moves may not."""
    found = [slot for slot in expressions(every) if isinstance(slot[0][0], str)]
    if found:
        slot = rng.choice(found)
        kin = [other for other in found if (other[0][0], other[1]) == (slot[0][0], slot[1])]
        put(slot, copy.deepcopy(value(rng.choice(kin))))


def repeat_statement(rng: Random, every: list[Slot]) -> None:
    """A statement once more, somewhere else in its block: borrows and moves come twice."""
    blocks = [value(slot) for slot in every if isinstance(value(slot), list)]
    found = [block for block in blocks if len(block) > 2 and block[0] in ("begin", "unsafe")]
    if found:
        block = rng.choice(found)
        block.insert(rng.randrange(1, len(block)), copy.deepcopy(rng.choice(block[1:])))


def drop_statement(rng: Random, every: list[Slot]) -> None:
    found = [slot for slot in every if isinstance(slot[0], list) and slot[0][0] == "begin"]
    found = [slot for slot in found if 0 < slot[1] < len(slot[0]) - 1]
    if found:
        delete(rng, [rng.choice(found)])


def swap_arguments(rng: Random, every: list[Slot]) -> None:
    """Two arguments of one call: the order of evaluation changes."""
    calls = [value(slot) for slot in every if isinstance(value(slot), list)]
    found = [call for call in calls if len(call) > 2 and isinstance(call[0], str)]
    if found:
        call = rng.choice(found)
        one, other = rng.sample(range(1, len(call)), 2)
        call[one], call[other] = call[other], call[one]


def nudge(rng: Random, every: list[Slot]) -> None:
    """Another small number."""
    found = [slot for slot in expressions(every) if type(value(slot)) is int]
    if found:
        put(rng.choice(found), rng.choice((0, 1, 2, 3, 4, 5, 7, 8, 16, -1, 255, 256)))


def expressions(every: list[Slot]) -> list[Slot]:
    return [s for s in every if isinstance(s[0], list) and s[1] and is_expression(value(s))]


def is_expression(node: object) -> bool:
    return isinstance(node, int | str) or (isinstance(node, list) and bool(node))


def graft(rng: Random, every: list[Slot]) -> None:
    """An expression of another program."""
    donor = corpus.pick(rng)
    try:
        found = expressions(slots(json.loads(donor.entry)))
    except ValueError:
        return
    here = expressions(every)
    if found and here:
        put(rng.choice(here), value(rng.choice(found)))


def delete(rng: Random, every: list[Slot]) -> None:
    container, key = rng.choice(every)
    del container[key]


def duplicate(rng: Random, every: list[Slot]) -> None:
    container, key = rng.choice(every)
    if isinstance(container, list):
        container.insert(rng.randrange(len(container) + 1), copy.deepcopy(container[key]))


def rename(rng: Random, every: list[Slot]) -> None:
    """One name to another that the program has, or to a dangerous one; here or everywhere."""
    texts = [slot for slot in every if isinstance(value(slot), str)]
    if not texts:
        return
    old = value(rng.choice(texts))
    new = value(rng.choice(texts)) if rng.random() < 0.6 else rng.choice(names.LOCALS)
    same = [slot for slot in texts if value(slot) == old]
    for slot in same if rng.random() < 0.5 else [rng.choice(same)]:
        put(slot, new)


def retype(rng: Random, every: list[Slot]) -> None:
    typed = [slot for slot in every if slot[1] in ("ty", "result", "payload", "brand")]
    if typed:
        kind = rng.choice(TYPES)
        put(rng.choice(typed), rng.choice((kind, kind, kind, ["option", kind], ["t", "A"])))


def number(rng: Random, every: list[Slot]) -> None:
    found = [slot for slot in every if isinstance(value(slot), int)]
    if found:
        put(rng.choice(found), rng.choice(NUMBERS))


def odd(rng: Random, every: list[Slot]) -> None:
    put(rng.choice(every), copy.deepcopy(rng.choice(ODD)))


def rehead(rng: Random, every: list[Slot]) -> None:
    every = [slot for slot in every if isinstance(slot[0], list) and slot[1] == 0]
    found = [slot for slot in every if isinstance(value(slot), str)]
    if found:
        chosen = rng.choice(found)
        put(chosen, rng.choice(HEADS) if rng.random() < 0.7 else value(rng.choice(found)))


def wrap(rng: Random, every: list[Slot]) -> None:
    """An expression inside another."""
    found = expressions(every)
    if not found:
        return
    slot = rng.choice(found)
    inner = value(slot)
    makers: tuple[Any, ...] = (
        *(["begin", inner], ["return", inner], ["let", "w", inner], ["if", 1, inner, inner]),
        *(["while", inner, 0], ["try", inner], ["bytes.view", inner], ["set", "w", inner], [inner]),
        *(
            ["begin", ["let", "w", inner], "w"],
            ["unsafe", inner],
            ["&&", 1, inner],
            ["+", inner, 1],
        ),
        *(["for", "w", 0, inner, inner], ["bytes.len", inner], ["begin", inner, inner]),
    )
    put(slot, copy.deepcopy(rng.choice(makers)))


def unwrap(rng: Random, every: list[Slot]) -> None:
    found = [slot for slot in expressions(every) if isinstance(value(slot), list)]
    if found:
        slot = rng.choice(found)
        put(slot, rng.choice(value(slot)))


def nest(rng: Random, every: list[Slot]) -> None:
    found = expressions(every)
    if not found or rng.random() < 0.8:
        return
    slot = rng.choice(found)
    inner = value(slot)
    head = rng.choice((["begin"], ["+", 1], ["if", 1, 2], ["bytes.concat", ["bytes.empty"]]))
    for _ in range(rng.choice((50, 100, 220, 1000))):
        inner = [*head, inner]
    put(slot, inner)


def stray(rng: Random, every: list[Slot]) -> None:
    """A member that was not there."""
    objects = [slot[0] for slot in every if isinstance(slot[0], dict)]
    keys = ("requires", "ensures", "invariant", "decreases", "type_params", "brand", "doc", "meta")
    if not objects:
        return
    member: Mapping[str, Any] = rng.choice(objects)
    clause = {"id": "c", "expr": rng.choice((0, 1, "__result", ["=", 1, 1])), "witness": ["n"]}
    made: tuple[Any, ...] = ([clause], [], "x", [{"name": "A"}], None)
    put((member, rng.choice((*keys, "unknown"))), rng.choice(made))


STEPS: Final[tuple[Step, ...]] = (
    *(swap, splice, splice_expression, splice_expression, splice_expression, graft, graft, delete),
    *(duplicate, rename, rename, retype, number, number, odd, rehead, rehead, wrap, wrap, unwrap),
    *(nest, stray, splice_in_kind, splice_in_kind, splice_in_kind, number, unwrap),
)
GENTLE: Final[tuple[Step, ...]] = (
    *(splice_in_kind, splice_in_kind, splice_in_kind, repeat_statement, drop_statement, nudge),
    *(unwrap, wrap, rename, swap_arguments),
)
"""Steps after which a program is often accepted still."""
