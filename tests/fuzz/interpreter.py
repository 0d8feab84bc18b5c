"""A small reference interpreter of x07AST documents, written from contract/language.md alone.

It is the oracle of the property tests: nothing here comes from the compiler. It trusts programs
to be well-typed (IllTyped says where one is not) and leaves alone what the contract leaves open
(Unspecified). Module documents are canonical, so its pointers are those of traps.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fuzz import forms, heads
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
    stuck,
    u32,
)
from tests.fuzz.values import (
    MASK,
    Bytes,
    ContractViolation,
    IllTyped,
    Open,
    Result,
    Trap,
    Unspecified,
    Value,
    Vec,
    View,
    deep_recursion,
    emptied,
    is_owned,
    number_of,
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
        self.fuel_used = 0
        self.fuel_is_open = False
        self.costs: dict[int, int] = {}
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
        return Outcome(result.data + self.assertion(result.data), self.exit_code, self.fuel)

    @property
    def fuel(self) -> int | None:
        return None if self.fuel_is_open else self.fuel_used

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

    def scoped(self, node: Node, at: Place, wanted: bool = True) -> Value:
        with self.scope():
            return self.value(node, at, wanted)

    def value(self, node: Node, at: Place, wanted: bool = True) -> Value:
        """Evaluates in value position: an identifier of an owned value gives it away.

        `wanted` is False in statement position, where some forms cost no fuel
        (contract/abi.md §6).
        """
        self.step()
        self.fuel_used += self.cost(node, wanted)
        if isinstance(node, int):
            return node & MASK
        if isinstance(node, str):
            return self.take(node)
        try:
            return self.form(node, at, wanted)
        except Trap as trap:
            if not trap.function:
                trap.at, trap.function = pointer(at), self.frame.function
            raise

    def cost(self, node: Node, wanted: bool) -> int:
        """One for each expression whose value is asked for.

        Whether one costs anything that stops half way for good is open.
        """
        if not isinstance(node, list):
            return 1
        if id(node) not in self.costs:
            self.costs[id(node)] = int(node[0] not in forms.UNCHARGED)
            self.fuel_is_open |= stuck(node)
        return self.costs[id(node)] if wanted or node[0] not in forms.STATEMENTS else 0

    def step(self) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            raise Unspecified("too many steps")

    def take(self, name: str) -> Value:
        if name == "input" and self.frame.find(name) is None:
            return self.input
        cell = self.cell(name)
        value = cell.value
        if is_owned(value):
            cell.value = emptied(value)
        return value

    def peek(self, name: str) -> Value:
        cell = self.frame.find(name)
        return self.input if cell is None else cell.value

    def cell(self, name: str) -> Cell:
        cell = self.frame.find(name)
        if cell is None:
            raise IllTyped(f"unknown name {name}")
        return cell

    def looked(self, node: Node, at: Place) -> Value:
        """Evaluates where a value is only inspected: an identifier keeps it."""
        if isinstance(node, str) and node != "input":
            self.fuel_used += 1
            return self.cell(node).value
        return self.value(node, at)

    def number(self, node: Node, at: Place) -> int:
        return number_of(self.value(node, at))

    def data(self, node: Node, at: Place) -> bytes:
        value = self.looked(node, at)
        if not isinstance(value, Bytes | View | Vec):
            raise IllTyped(f"{pointer(at)} is no view")
        return value.data

    def form(self, node: Sequence[Node], at: Place, wanted: bool) -> Value:
        head = node[0]
        special = forms.FORMS.get(head)
        if special is not None:
            return special(self, node, at, wanted)
        if head in heads.OPERATORS:
            left = self.number(node[1], (at, 1))
            return heads.OPERATORS[head](left, self.number(node[2], (at, 2)))
        if head in self.heads:
            return self.primitive(head, node, at)
        if head in self.declared.functions:
            return self.call(self.declared.functions[head], node, at)
        return self.aggregate(head, node, at)

    def primitive(self, head: str, node: Sequence[Node], at: Place) -> Value:
        words, function = self.heads[head]
        if len(words) != len(node) - 1:
            raise IllTyped(f"{head} takes {len(words)} arguments")
        args = [self.argument(word, node[i], (at, i)) for i, word in enumerate(words, 1)]
        if head == "process.set_exit_code_v1":
            self.exit_code = args[0] if args[0] <= 255 else 255
            return Open()
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
            case "i":
                return self.number(node, at)
            case _:
                return self.value(node, at)

    def call(self, declared: Declared, node: Sequence[Node], at: Place) -> Value:
        decl = declared.decl
        names: dict[str, Cell] = {}
        for index, parameter in enumerate(decl["params"], 1):
            kind = kind_of(parameter["ty"])
            read = self.looked if kind == "bytes_view" else self.value
            names[parameter["name"]] = Cell(coerced(read(node[index], (at, index)), kind))
        return self.checked(declared, names)

    def checked(self, declared: Declared, names: dict[str, Cell]) -> Value:
        """Runs a body between its clauses."""
        decl = declared.decl
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

    def cast(self, node: Sequence[Node], at: Place) -> Value:
        """`[head, brand, validator, value]`: the validator's verdict on the value's bytes."""
        value = self.looked(node[3], (at, 3)) if "view" in node[0] else self.value(node[3], (at, 3))
        if not isinstance(value, Bytes | View | Vec):
            raise IllTyped(f"{pointer(at)} casts no bytes")
        validator = self.declared.functions[node[2]].decl
        names = {validator["params"][0]["name"]: Cell(View(value.data))}
        verdict = self.checked(self.declared.functions[node[2]], names)
        if not isinstance(verdict, Result):
            raise IllTyped(f"{node[2]} is no validator")
        element = "bytes_view" if node[0] == "std.brand.cast_view_v1" else "bytes"
        made = View(value.data) if element == "bytes_view" else Bytes(value.data)
        return Result(element, verdict.is_ok, made if verdict.is_ok else verdict.value)

    def clauses(
        self, frame: Frame, decl: Mapping[str, Any], member: str, kind: str, at: Place
    ) -> None:
        for index, clause in enumerate(decl.get(member, ())):
            place = ((at, member), index)
            caller, self.frame = self.frame, frame
            fuel_used = self.fuel_used
            try:
                with self.scope():
                    if self.number(clause["expr"], (place, "expr")) == 0:
                        raise self.violation(clause, kind, index, place)
            finally:
                self.frame = caller
                self.fuel_used = fuel_used  # a clause has fuel of its own

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

    def aggregate(self, head: str, node: Sequence[Node], at: Place) -> Value:
        """`R.make`, `R.field` and `E.Variant` (contract/language.md §5)."""
        declared = self.declared
        if head in declared.records:
            members = [self.number(node[i], (at, i)) for i in range(1, len(node))]
            return Bytes(b"".join(map(u32, members)))
        if head in declared.fields:
            start = 4 * declared.fields[head]
            data = self.data(node[1], (at, 1))[start : start + 4]
            if len(data) < 4:
                raise Unspecified("a field of bytes that are no record")
            return int.from_bytes(data, "little")
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
