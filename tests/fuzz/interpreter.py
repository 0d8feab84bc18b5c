"""A small reference interpreter of x07AST documents, written from contract/language.md alone.

It is the oracle of the property tests: nothing here comes from the compiler. It trusts programs
to be well-typed (IllTyped says where one is not) and leaves alone what the contract leaves open
(Unspecified). Module documents are canonical, so its pointers are those of traps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from tests.fuzz import heads
from tests.fuzz.program import (
    Cell,
    Declarations,
    Declared,
    Frame,
    Node,
    Outcome,
    Place,
    Return,
    coerced,
    kind_of,
    pointer,
    u32,
)
from tests.fuzz.values import (
    MASK,
    Bytes,
    ContractViolation,
    IllTyped,
    Result,
    Trap,
    Unspecified,
    Value,
    Vec,
    View,
    deep_recursion,
    emptied,
    is_owned,
    signed,
)


class Interpreter:
    """Runs one program once: the entry document and every module that it may call."""

    def __init__(
        self,
        entry: Mapping[str, Any],
        modules: Sequence[Mapping[str, Any]] = (),
        max_steps: int = 200_000,
    ) -> None:
        self.entry = entry
        self.declared = Declarations()
        for document in (entry, *modules):
            self.declared.add(document)
        self.heads = heads.rows()
        self.exit_code = 0
        self.mismatch: tuple[bytes, ...] | None = None
        self.steps_left = max_steps
        self.input = View(b"")
        self.frame = Frame("", "bytes", [])

    def run(self, program_input: bytes = b"") -> Outcome:
        self.input = View(program_input)
        frame = Frame("main.solve", "bytes", [{}])
        try:
            with deep_recursion():
                result = self.enter(frame, self.entry["solve"], ((), "solve"))
        except Trap as trap:
            return Outcome(b"", trap=trap)
        except RecursionError as error:
            raise Unspecified("deep recursion") from error
        if not isinstance(result, Bytes):
            raise IllTyped(f"solve gives {result!r}")
        return Outcome(result.data + self.assertion(result.data), self.exit_code)

    def assertion(self, output: bytes) -> bytes:
        """What a failed comparison of bytes adds to a failed test's status (contract/abi.md §5)."""
        if self.mismatch is None or output != b"\0" + u32(1003):
            return b""
        sizes = b"".join(u32(len(side)) for side in self.mismatch)
        return b"X7T1\x40" + sizes + b"".join(side[:64] for side in self.mismatch)

    def enter(self, frame: Frame, body: Node, at: Place) -> Value:
        caller, self.frame = self.frame, frame
        try:
            return self.scoped(body, at)
        except Return as early:
            return early.value
        finally:
            self.frame = caller

    @contextmanager
    def scope(self) -> Iterator[dict[str, Cell]]:
        names: dict[str, Cell] = {}
        self.frame.scopes.append(names)
        try:
            yield names
        finally:
            self.frame.scopes.pop()

    def scoped(self, node: Node, at: Place) -> Value:
        with self.scope():
            return self.value(node, at)

    def value(self, node: Node, at: Place) -> Value:
        """Evaluates in value position: an identifier of an owned value gives it away."""
        self.steps_left -= 1
        if self.steps_left < 0:
            raise Unspecified("too many steps")
        if isinstance(node, int):
            return node & MASK
        if isinstance(node, str):
            return self.take(node)
        try:
            return self.form(node, at)
        except Trap as trap:
            if not trap.function:
                trap.at, trap.function = pointer(at), self.frame.function
            raise

    def take(self, name: str) -> Value:
        if name == "input" and self.frame.find(name) is None:
            return self.input
        cell = self.cell(name)
        value = cell.value
        if is_owned(value):
            cell.value = emptied(value)
        return value

    def cell(self, name: str) -> Cell:
        cell = self.frame.find(name)
        if cell is None:
            raise IllTyped(f"unknown name {name}")
        return cell

    def looked(self, node: Node, at: Place) -> Value:
        """Evaluates where a value is only inspected: an identifier keeps it."""
        if isinstance(node, str) and node != "input":
            return self.cell(node).value
        return self.value(node, at)

    def number(self, node: Node, at: Place) -> int:
        value = self.value(node, at)
        if not isinstance(value, int):
            raise IllTyped(f"{pointer(at)} is no i32")
        return value

    def data(self, node: Node, at: Place) -> bytes:
        value = self.looked(node, at)
        if not isinstance(value, Bytes | View | Vec):
            raise IllTyped(f"{pointer(at)} is no view")
        return value.data

    def form(self, node: Sequence[Any], at: Place) -> Value:
        head = node[0]
        special = FORMS.get(head)
        if special is not None:
            return special(self, node, at)
        if head in heads.OPERATORS:
            left = self.number(node[1], (at, 1))
            return heads.OPERATORS[head](left, self.number(node[2], (at, 2)))
        if head in self.heads:
            return self.primitive(head, node, at)
        if head in self.declared.functions:
            return self.call(self.declared.functions[head], node, at)
        return self.aggregate(head, node, at)

    def primitive(self, head: str, node: Sequence[Any], at: Place) -> Value:
        words, function = self.heads[head]
        if len(words) != len(node) - 1:
            raise IllTyped(f"{head} takes {len(words)} arguments")
        args = [self.argument(word, node[i], (at, i)) for i, word in enumerate(words, 1)]
        if head == "process.set_exit_code_v1":
            self.exit_code = args[0] if args[0] <= 255 else 255
            return 0
        if head == "bytes.eq":
            self.mismatch = tuple(args) if args[0] != args[1] else None
        return function(*args)

    def argument(self, word: str, node: Node, at: Place) -> Node:
        match word:
            case "V":
                return self.data(node, at)
            case "v":
                return View(self.data(node, at))
            case "&":
                return self.looked(node, at)
            case _:
                return self.value(node, at)

    def call(self, declared: Declared, node: Sequence[Any], at: Place) -> Value:
        decl = declared.decl
        names: dict[str, Cell] = {}
        for index, parameter in enumerate(decl["params"], 1):
            kind = kind_of(parameter["ty"])
            read = self.looked if kind == "bytes_view" else self.value
            names[parameter["name"]] = Cell(coerced(read(node[index], (at, index)), kind))
        frame = Frame(decl["name"], kind_of(decl["result"]), [names])
        self.clauses(frame, decl, "requires", "requires", declared.at)
        self.clauses(frame, decl, "invariant", "invariant_entry", declared.at)
        result = self.enter(frame, decl["body"], (declared.at, "body"))
        del frame.scopes[1:]
        if decl.get("ensures"):
            frame.scopes.append({"__result": Cell(result)})
            self.clauses(frame, decl, "ensures", "ensures", declared.at)
            frame.scopes.pop()
        self.clauses(frame, decl, "invariant", "invariant_exit", declared.at)
        return result

    def clauses(
        self, frame: Frame, decl: Mapping[str, Any], member: str, kind: str, at: Place
    ) -> None:
        for index, clause in enumerate(decl.get(member, ())):
            place = ((at, member), index)
            caller, self.frame = self.frame, frame
            try:
                with self.scope():
                    if self.number(clause["expr"], (place, "expr")) == 0:
                        raise self.violation(clause, kind, index, place)
            finally:
                self.frame = caller

    def violation(
        self, clause: Mapping[str, Any], kind: str, index: int, at: Place
    ) -> ContractViolation:
        witness = [
            witnessed(self.looked(node, (((at, "witness"), i))))
            for i, node in enumerate(clause.get("witness", ()))
        ]
        facts: dict[str, object] = {
            "contract_kind": kind,
            "fn": self.frame.function,
            "clause_id": clause.get("id"),
            "clause_index": index,
            "clause_ptr": pointer(at),
            "witness": witness,
        }
        return ContractViolation(facts)

    def aggregate(self, head: str, node: Sequence[Any], at: Place) -> Value:
        """`R.make`, `R.field` and `E.Variant` (contract/language.md §5)."""
        declared = self.declared
        if head in declared.records:
            members = [self.number(node[i], (at, i)) for i in range(1, len(node))]
            return Bytes(b"".join(map(u32, members)))
        if head in declared.fields:
            start = 4 * declared.fields[head]
            return int.from_bytes(self.data(node[1], (at, 1))[start : start + 4], "little")
        if head in declared.variants:
            payload = u32(self.number(node[1], (at, 1))) if len(node) > 1 else b""
            return Bytes(u32(declared.variants[head]) + payload)
        raise IllTyped(f"unknown head {head}")


def witnessed(value: Value) -> dict[str, object]:
    """A witness entry of contract/abi.md §10, as far as that page fixes it."""
    match value:
        case int():
            return {"ty": "i32", "value_i32": signed(value)}
        case Bytes() | View():
            shown = value.data[:256]
            kind = "bytes" if isinstance(value, Bytes) else "bytes_view"
            facts: dict[str, object] = {"ty": kind, "len": len(value.data), "hex": shown.hex()}
            return {**facts, "truncated": int(len(value.data) > 256)}
        case _:
            return {}


Form = Callable[[Interpreter, Sequence[Any], Place], Value]


def sequence(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    result: Value = 0
    with run.scope():
        for index in range(1, len(node)):
            result = run.value(node[index], (at, index))
    return result


def bind(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    value = run.value(node[2], (at, 2))
    scope = run.frame.scopes[-1]
    if node[1] in scope:
        raise IllTyped(f"{node[1]} is bound twice")
    scope[node[1]] = Cell(value)
    return value


def assign(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    cell = run.cell(node[1])
    value = cell.value = run.value(node[2], (at, 2))
    return value if node[0] == "set" else 0


def choose(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    chosen = 2 if run.number(node[1], (at, 1)) else 3
    return run.scoped(node[chosen], (at, chosen))


def count(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    start = run.number(node[2], (at, 2))
    end = run.number(node[3], (at, 3))
    counter = run.frame.find(node[1])
    if counter is None or not isinstance(counter.value, int):
        counter = run.frame.scopes[-1][node[1]] = Cell(0)
    counter.value = start
    while int_of(counter.value) < end:
        run.scoped(node[4], (at, 4))
        counter.value = (int_of(counter.value) + 1) & MASK
    return 0


def int_of(value: Value) -> int:
    if not isinstance(value, int):
        raise IllTyped(f"{value!r} is no i32")
    return value


def repeat(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    while run.number(node[1], (at, 1)):
        run.scoped(node[2], (at, 2))
    return 0


def leave(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    raise Return(run.value(node[1], (at, 1)))


def attempt(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    result = run.value(node[1], (at, 1))
    if not isinstance(result, Result):
        raise IllTyped(f"{pointer(at)} tries no result")
    if not result.is_ok:
        raise Return(Result(run.frame.result.removeprefix("result_"), False, result.value))
    return result.value


def attempt_doc(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    document = run.value(node[1], (at, 1))
    if not isinstance(document, Bytes | View):
        raise IllTyped(f"{pointer(at)} tries no document")
    if document.data[:1] == b"\x01":
        return Bytes(document.data[1:])
    raise Return(Bytes(document.data))


def select(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    data = run.data(node[1], (at, 1))
    if len(data) < 4:
        raise Unspecified("a match on bytes that are no enum value")
    chosen = int.from_bytes(data[:4], "little")
    for index in range(2, len(node)):
        arm = node[index]
        if run.declared.variants[arm[0]] != chosen:
            continue
        with run.scope() as names:
            if len(arm) == 3:
                names[arm[1]] = Cell(int.from_bytes(data[4:8], "little"))
            return run.scoped(arm[-1], ((at, index), len(arm) - 1))
    raise Unspecified("a match on bytes that are no enum value")


def short_circuit(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    left = run.number(node[1], (at, 1))
    if bool(left) is (node[0] == "||"):
        return int(bool(left))
    return int(run.number(node[2], (at, 2)) != 0)


def text(run: Interpreter, node: Sequence[Any], at: Place) -> Value:
    data = node[1].encode()
    return Bytes(data) if node[0] == "bytes.lit" else View(data)


FORMS: Final[Mapping[str, Form]] = {
    "begin": sequence,
    "unsafe": sequence,
    "let": bind,
    "set": assign,
    "set0": assign,
    "if": choose,
    "for": count,
    "while": repeat,
    "return": leave,
    "try": attempt,
    "try_doc": attempt_doc,
    "match": select,
    "&&": short_circuit,
    "||": short_circuit,
    "bytes.lit": text,
    "bytes.view_lit": text,
}
