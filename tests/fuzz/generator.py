"""Well-typed programs at random: the same seed gives the same program.

A program is an entry and a few modules, canonical documents all; every function but one template
calls only functions made before it, and every loop counts down, so all programs end.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.fuzz import arithmetic, expressions, names, standard, statements
from tests.fuzz.program import Node
from tests.fuzz.scope import VIEWS, Scopes, Variable, base
from tests.fuzz.writer import TEXTS, Shapes, Signature, Writer

Document = dict[str, Any]

SCHEMA: Final = "x07.x07ast@0.9.0"
PARAMETERS: Final = (
    *("i32", "i32", "i32", "u32", "bytes", "bytes", "bytes_view", "bytes_view", "vec_u8", "f64"),
    *("option_i32", "option_bytes", "result_i32", "result_bytes", "option_bytes_view", "iface"),
    "branded",
)
RESULTS: Final = (
    *("i32", "i32", "bytes", "bytes", "bytes_view", "vec_u8", "option_i32", "option_bytes"),
    *("result_i32", "result_i32", "result_bytes", "result_bytes", "option_bytes_view"),
    *("result_bytes_view", "branded", "iface"),
)


@dataclass(frozen=True, slots=True)
class Program:
    """`modules`: the documents that the entry reaches, by module id."""

    entry: Document
    modules: Mapping[str, Document]
    input: bytes

    def text(self) -> str:
        shown = {"input": self.input.hex(), "entry": self.entry, "modules": dict(self.modules)}
        return json.dumps(shown, ensure_ascii=False)


def generate(seed: int) -> Program:
    return Author(Random(seed)).program()


class Author:
    """Writes one program: what it has declared so far, and how large it may become."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.shapes = Shapes()
        self.functions: list[tuple[str, Signature]] = []
        """Every function so far, with the module that declares it."""
        self.heads: set[str] = set()
        self.standard = names.distinct(rng, standard.IDS, rng.choice((0, 0, 0, 1, 2)))
        """The std modules that every file imports."""
        self.size = rng.choice((15, 40, 40, 80, 80, 150, 300))

    def program(self) -> Program:
        module_ids = names.distinct(self.rng, names.MODULES, self.rng.choice((0, 0, 1, 2)))
        shape_decls = self.declare_shapes()
        modules: dict[str, Document] = {}
        for module_id in module_ids:
            modules[module_id] = self.module(module_id, list(modules))
        decls = self.define("main", list(modules), self.rng.choice((0, 1, 2, 4)))
        entry = {
            "schema_version": SCHEMA,
            "kind": "entry",
            "module_id": "main",
            "imports": sorted([*modules, *self.standard]),
            "decls": [*decls, *shape_decls],
            "solve": self.solve(),
        }
        given = self.rng.choice(TEXTS).encode() * self.rng.choice((1, 1, 5))
        return Program(entry, modules, given)

    def module(self, module_id: str, imports: list[str]) -> Document:
        decls = self.define(module_id, imports, self.rng.choice((1, 2, 3)))
        exported = {"kind": "export", "names": sorted(decl["name"] for decl in decls)}
        return {
            "schema_version": SCHEMA,
            "kind": "module",
            "module_id": module_id,
            "imports": sorted([*imports, *self.standard]),
            "decls": [exported, *decls],
        }

    def declare_shapes(self) -> list[Document]:
        """Records, then enums: their names are visible in every module."""
        rng = self.rng
        chosen = names.distinct(rng, names.TYPES, rng.choice((0, 0, 2, 3)))
        split = rng.randrange(len(chosen) + 1)
        records = tuple((name, self.members()) for name in chosen[:split])
        enums = tuple(
            (name, tuple((variant, rng.random() < 0.6) for variant in self.members()))
            for name in chosen[split:]
        )
        self.shapes = Shapes(records, enums)
        self.heads |= {f"{name}.{field}" for name, fields in records for field in fields}
        self.heads |= {f"{name}.{variant}" for name, variants in enums for variant, _ in variants}
        self.heads |= {f"{name}.make" for name, _ in records}
        return [*map(record_decl, records), *map(enum_decl, enums)]

    def members(self) -> tuple[str, ...]:
        return tuple(names.distinct(self.rng, names.MEMBERS, self.rng.randrange(1, 4)))

    def define(self, module_id: str, imports: list[str], count: int) -> list[Document]:
        made = []
        for tail in names.distinct(self.rng, names.TAILS, count):
            name = f"{module_id}.{tail}"
            if name not in self.heads:
                self.heads.add(name)
                made.append(self.function(name, module_id, imports))
        return sorted(made, key=lambda decl: str(decl["name"]).encode())

    def function(self, name: str, module_id: str, imports: list[str]) -> Document:
        if self.rng.random() < 0.1:
            return self.recursive(name, module_id)
        signature = self.signature(name)
        w = self.writer(signature.result, [module_id, *imports])
        declare_params(w, signature)
        body = w.block(signature.result, 5, w.root)
        self.functions.append((module_id, signature))
        return self.decl(signature, body)

    def recursive(self, name: str, module_id: str) -> Document:
        """Calls itself at most three times over, with a number that falls."""
        signature = Signature(name, (("n", "i32"), ("b", "bytes")), "bytes")
        w = self.writer("bytes", [])
        declare_params(w, signature)
        w.scopes.stack[0]["n"].fixed = True
        low = ["&", "n", 3]

        def deeper() -> Node:
            return w.call("bytes.concat", ["bytes", "bytes"], 3)

        again, end = w.scopes.branch([deeper, lambda: w.expr("bytes", 2)])
        rest = [name, ["-", low, 1], again]
        self.functions.append((module_id, signature))
        return self.decl(signature, ["if", low, rest, end])

    def signature(self, name: str) -> Signature:
        rng = self.rng
        result = self.typed(rng.choice(RESULTS))
        count = rng.choice((0, 1, 2, 2, 3, 5))
        params = [
            (param, self.typed(rng.choice(PARAMETERS)))
            for param in names.distinct(rng, tuple(dict.fromkeys(names.LOCALS)), count)
        ]
        if base(result) not in VIEWS:
            return Signature(name, tuple(params), result)
        source = rng.randrange(len(params) + 1)
        params.insert(source, ("source", "bytes_view"))
        return Signature(name, tuple(params), result, source)

    def typed(self, ty: str) -> str:
        if ty != "branded":
            return ty
        brands = [name for name, _ in (*self.shapes.records, *self.shapes.enums)]
        return f"bytes@{self.rng.choice(brands)}" if brands else "bytes"

    def writer(self, result: str, module_ids: list[str]) -> Writer:
        own = [f for module_id, f in self.functions if module_id in module_ids]
        callables = (*own, *(f for each in self.standard for f in standard.signatures(each)))
        return Writer(
            self.rng,
            result,
            shapes=self.shapes,
            callables=callables,
            budget=self.size,
            scopes=Scopes(),
            makers=expressions.makers,
            statement=statements.statement,
        )

    def decl(self, signature: Signature, body: Node) -> Document:
        result, _, brand = signature.result.partition("@")
        decl: Document = {
            "kind": "defn",
            "name": signature.name,
            "params": [param_decl(name, ty) for name, ty in signature.params],
            "result": self.spelled(result),
            "body": body,
        }
        if brand:
            decl["result_brand"] = brand
        if self.rng.random() < 0.25:
            decl.update(self.contracts(signature))
        return decl

    def spelled(self, ty: str) -> Node:
        """Some types have two spellings."""
        shape, _, element = ty.partition("_")
        if shape in ("option", "result") and self.rng.random() < 0.3:
            return [shape, element]
        return ty

    def contracts(self, signature: Signature) -> Document:
        copied = [(n, ty) for n, ty in signature.params if ty in ("i32", "u32", "bytes_view")]
        found: Document = {}
        for member in ("requires", "ensures", "invariant"):
            result = [("__result", signature.result)] if member == "ensures" else []
            known = [*copied, *(r for r in result if r[1] in ("i32", "bytes", "bytes_view"))]
            if known and self.rng.random() < 0.5:
                found[member] = [self.clause(f"{member}_1", known)]
        return found

    def clause(self, clause_id: str, known: list[tuple[str, str]]) -> Document:
        name, ty = self.rng.choice(known)
        number: Node = ["bytes.len", name] if ty.startswith("bytes") else name
        tests = [["=", ["&", number, 0], 0], ["<=", number, 2147483647], ["<u", number, 200]]
        witness = [name for name, _ in known if self.rng.random() < 0.5]
        clause: Document = {"id": clause_id, "expr": self.rng.choice(tests)}
        return {**clause, "witness": witness} if witness else clause

    def solve(self) -> Node:
        """`begin` that ends in bytes that show every variable still in scope."""
        w = self.writer("bytes", [module_id for module_id, _ in self.functions])
        w.budget = self.size * 2
        with w.scopes.inner():
            body = w.statements(self.rng.randrange(1, 7), 4)
            numbers = arithmetic.shown(w)
            shown: Node = w.expr("bytes", 4)
            for variable in w.scopes.visible()[:8]:
                piece = observed(variable)
                shown = ["bytes.concat", shown, piece] if piece is not None else shown
            return ["begin", *body, ["bytes.concat", numbers, shown]]


def declare_params(w: Writer, signature: Signature) -> None:
    for index, (name, ty) in enumerate(signature.params):
        variable = w.scopes.declare(name, "i32" if ty == "u32" else ty)
        variable.kind = "param"
        if base(ty) in VIEWS:
            variable.root = variable
        if index == signature.source:
            w.root = variable


def observed(variable: Variable) -> Node:
    """Bytes that depend on a variable, or None."""
    name = variable.name
    match variable.ty:
        case "i32":
            return ["codec.write_u32_le", name]
        case "bytes_view":
            return ["view.to_bytes", name]
        case "option_i32":
            return ["codec.write_u32_le", ["option_i32.unwrap_or", name, 77]]
        case "result_i32":
            return ["codec.write_u32_le", ["result_i32.err_code", name]]
        case "map":
            return ["bytes1", ["map_u32.len", name]]
        case "bytes" | "vec_u8" if not variable.moved:
            return ["view.to_bytes", name]
        case "option_bytes" if variable.can_move:
            return ["option_bytes.unwrap_or", name, ["bytes.lit", "none"]]
        case "result_bytes" if variable.can_move:
            return ["result_bytes.unwrap_or", name, ["bytes.lit", "err"]]
        case _:
            return None


def param_decl(name: str, ty: str) -> Document:
    kind, _, brand = ty.partition("@")
    return {"name": name, "ty": kind, **({"brand": brand} if brand else {})}


def record_decl(record: tuple[str, tuple[str, ...]]) -> Document:
    name, fields = record
    return {
        "kind": "defrecord",
        "name": name,
        "fields": [
            {"name": field, "ty": "u32" if i % 2 else "i32"} for i, field in enumerate(fields)
        ],
    }


def enum_decl(enum: tuple[str, tuple[tuple[str, bool], ...]]) -> Document:
    name, variants = enum
    return {
        "kind": "defenum",
        "name": name,
        "variants": [
            {"name": variant, **({"payload": "i32"} if has_payload else {})}
            for variant, has_payload in variants
        ],
    }
