"""Declarations of a canonical document -> surface tree (contract/language.md §1, decl kinds)."""

from collections.abc import Iterable, Mapping
from typing import Final

from x07bundle.lang import expressions, shapes, types
from x07bundle.lang.expressions import describe, quoted
from x07bundle.lang.findings import Findings, replace
from x07bundle.lang.names import LOCAL, MODULE_ID
from x07bundle.lang.shapes import CODE, JsonObject
from x07bundle.lang.source import (
    Clause,
    Enum,
    Extern,
    Function,
    LoopContract,
    Param,
    Record,
    Variant,
)
from x07bundle.lang.versions import SINCE, SINCE_KIND, require

KINDS: Final = ("export", "extern", "defn", "defasync", "defrecord", "defenum")
EXTERN_TYPES: Final = types.POINTERS | {"i32", "u32"}
CELLS: Final = ("i32", "u32")
"""What a record's field and a variant's payload may be."""
BOUNDS: Final = frozenset({"any", "bytes_like", "num_like", "value", "hashable", "orderable"})
NOT_GENERIC: Final[frozenset[str]] = frozenset()


class Declarations:
    """What a file declares, in canonical order. `exports`: a name to its pointer."""

    def __init__(self) -> None:
        self.exports: dict[str, str] = {}
        self.functions: list[Function] = []
        self.externs: list[Extern] = []
        self.records: list[Record] = []
        self.enums: list[Enum] = []


def read(values: object, minor: int, findings: Findings) -> Declarations:
    """All declarations of a file; `minor` is the minor version of its schema."""
    declared = Declarations()
    names: dict[str, str] = {}
    export_at: str | None = None
    for at, value in shapes.objects(values, "/decls", "`decls`", findings):
        kind = value.get("kind")
        if kind not in KINDS:
            _refuse_kind(value, at, findings)
            continue
        if kind == "export":
            if export_at is not None:
                findings.add(CODE, f"a second `export` declaration (first: {export_at})", at)
            export_at = export_at or at
            _read_exports(value, at, declared, findings)
            continue
        require(kind, SINCE_KIND.get(kind, 0), minor, at, findings)
        _read_named(kind, value, at, minor, declared, findings)
        _refuse_twice(value, at, names, findings)
    _warn_about_exports(declared, names, findings)
    return declared


def _refuse_kind(value: JsonObject, at: str, findings: Findings) -> None:
    if "kind" not in value:
        shapes.missing("kind", at, findings)
        return
    message = f"no declaration is of the kind {describe(value['kind'])}"
    findings.add(CODE, message, f"{at}/kind", hint=f"kinds: {', '.join(KINDS)}")


def _read_named(
    kind: str, value: JsonObject, at: str, minor: int, declared: Declarations, findings: Findings
) -> None:
    if kind == "defrecord":
        declared.records.append(_record(value, at, findings))
    elif kind == "defenum":
        declared.enums.append(_enum(value, at, findings))
    elif kind == "extern":
        declared.externs.append(_extern(value, at, findings))
    else:
        declared.functions.append(_function(value, at, minor, findings))
    findings.function = None


def _refuse_twice(value: JsonObject, at: str, names: dict[str, str], findings: Findings) -> None:
    name = value.get("name")
    if not isinstance(name, str):
        return
    if name in names:
        findings.add(CODE, f"`{name}` is declared twice (first: {names[name]})", f"{at}/name")
    names.setdefault(name, at)


def _read_exports(value: JsonObject, at: str, declared: Declarations, findings: Findings) -> None:
    if not isinstance(value.get("names"), list):
        findings.add(CODE, "an `export` needs `names`, an array of names", at)
        return
    for index, name in enumerate(value["names"]):
        place = f"{at}/names/{index}"
        if isinstance(name, str) and MODULE_ID(name):
            declared.exports[name] = place
        else:
            findings.add(CODE, f"an exported name cannot be {describe(name)}", place)


def _warn_about_exports(
    declared: Declarations, names: Mapping[str, str], findings: Findings
) -> None:
    for name, place in declared.exports.items():
        if name not in names:
            message = f"`{name}` is exported, but this file does not declare it"
            findings.add("X07-EXPORT-0001", message, place, severity="warning")


def _function_name(value: JsonObject, at: str, findings: Findings) -> str:
    name = shapes.name(value, "name", at, findings, MODULE_ID)
    prefix = f"{findings.module_id}."
    if not name or not findings.module_id or name.startswith(prefix):
        findings.function = name or None
        return name
    last = name.rpartition(".")[2]
    findings.add(
        CODE,
        f"the name of `{name}` must begin with `{prefix}`",
        f"{at}/name",
        hint="a file declares names of its own module only",
        fix=replace(f"{at}/name", prefix + last, f"call it `{prefix}{last}`"),
    )
    return name


def _function(value: JsonObject, at: str, minor: int, findings: Findings) -> Function:
    name = _function_name(value, at, findings)
    is_async = value["kind"] == "defasync"
    _check_members(value, at, minor, is_async, findings)
    type_params = _type_params(value, at, findings)
    variables = frozenset(parameter.get("name", "") for parameter in type_params)
    result = shapes.declared_type(value, "result", at, findings, variables)
    return Function(
        name=name,
        params=_params(value, at, findings, variables),
        result=result,
        result_brand=shapes.brand(value, "result_brand", result, at, findings),
        body=expressions.read(value.get("body", 0), f"{at}/body", findings),
        at=at,
        doc=shapes.text(value, "doc", at, findings),
        type_params=type_params,
        requires=_clauses(value, "requires", at, findings),
        ensures=_clauses(value, "ensures", at, findings),
        invariant=_clauses(value, "invariant", at, findings),
        decreases=_clauses(value, "decreases", at, findings),
        loop_contracts=_loop_contracts(value, at, findings),
        is_async=is_async,
        protocol=_protocol(value, at, findings) if is_async else None,
    )


def _check_members(
    value: JsonObject, at: str, minor: int, is_async: bool, findings: Findings
) -> None:
    for member, since in SINCE.items():
        if member in value:
            require(member, since, minor, f"{at}/{member}", findings)
    if is_async and "decreases" in value:
        findings.add(CODE, "a `defasync` cannot have `decreases`", f"{at}/decreases")
    if "body" not in value:
        shapes.missing("body", at, findings)


def _type_params(value: JsonObject, at: str, findings: Findings) -> tuple[JsonObject, ...]:
    if "type_params" not in value:
        return ()
    found = []
    for place, parameter in shapes.array(value, "type_params", at, findings):
        name = shapes.name(parameter, "name", place, findings, LOCAL)
        bound = shapes.text(parameter, "bound", place, findings)
        if bound is not None and bound not in BOUNDS:
            message = f"{quoted(bound)} is not a bound"
            hint = f"bounds: {', '.join(sorted(BOUNDS))}"
            findings.add(CODE, message, f"{place}/bound", hint=hint)
        found.append({"name": name, "bound": bound} if bound else {"name": name})
    _refuse_repeats("type parameter", [p["name"] for p in found], f"{at}/type_params", findings)
    return tuple(found)


def _params(
    value: JsonObject, at: str, findings: Findings, variables: frozenset[str]
) -> tuple[Param, ...]:
    found = []
    for place, parameter in shapes.array(value, "params", at, findings):
        name = shapes.name(parameter, "name", place, findings, LOCAL)
        if name == "input":
            message = "a parameter cannot be called `input`"
            hint = "every body sees the program's input under that name"
            findings.add(CODE, message, f"{place}/name", hint=hint)
        ty = shapes.declared_type(parameter, "ty", place, findings, variables)
        brand = shapes.brand(parameter, "brand", ty, place, findings)
        found.append(Param(name, ty, brand, place))
    _refuse_repeats("parameter", [param.name for param in found], f"{at}/params", findings)
    return tuple(found)


def _refuse_repeats(what: str, names: Iterable[str], at: str, findings: Findings) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            findings.add(CODE, f"{what} `{name}` is there twice", f"{at}/{index}/name")
        seen.add(name)


def _clauses(value: JsonObject, key: str, at: str, findings: Findings) -> tuple[Clause, ...]:
    if key not in value:
        return ()
    clauses = shapes.array(value, key, at, findings)
    return tuple(_clause(clause, place, findings) for place, clause in clauses)


def _clause(value: JsonObject, at: str, findings: Findings) -> Clause:
    if "expr" not in value:
        shapes.missing("expr", at, findings)
    expr = expressions.read(value.get("expr", 0), f"{at}/expr", findings)
    witness = value.get("witness", [])
    if not isinstance(witness, list):
        findings.add(CODE, "`witness` must be an array of expressions", f"{at}/witness")
        witness = []
    shown = [
        expressions.read(item, f"{at}/witness/{index}", findings)
        for index, item in enumerate(witness)
    ]
    return Clause(shapes.text(value, "id", at, findings), expr, tuple(shown), at)


def _loop_contracts(value: JsonObject, at: str, findings: Findings) -> tuple[LoopContract, ...]:
    if "loop_contracts" not in value:
        return ()
    return tuple(
        LoopContract(
            ptr=shapes.name(contract, "ptr", place, findings, bool),
            invariant=_clauses(contract, "invariant", place, findings),
            decreases=_clauses(contract, "decreases", place, findings),
            at=place,
        )
        for place, contract in shapes.array(value, "loop_contracts", at, findings)
    )


def _protocol(value: JsonObject, at: str, findings: Findings) -> JsonObject | None:
    protocol = value.get("protocol")
    if protocol is None:
        return None
    if not isinstance(protocol, dict):
        findings.add(CODE, "`protocol` must be an object", f"{at}/protocol")
        return None
    return {key: _clauses(protocol, key, f"{at}/protocol", findings) for key in protocol}


def _extern(value: JsonObject, at: str, findings: Findings) -> Extern:
    name = _function_name(value, at, findings)
    if value.get("abi") != "C":
        fix = replace(f"{at}/abi", "C", 'set it to "C"') if "abi" in value else None
        findings.add(CODE, 'the `abi` of an extern must be "C"', at, fix=fix)
    params = _params(value, at, findings, NOT_GENERIC)
    for param in params:
        _refuse_foreign_type(param.ty, f"{param.at}/ty", findings)
    return Extern(
        name, _link_name(value, name, at, findings), params, _result(value, at, findings), at
    )


def _link_name(value: JsonObject, name: str, at: str, findings: Findings) -> str:
    written = shapes.text(value, "link_name", at, findings)
    link_name = written if written is not None else name.rpartition(".")[2]
    if name and not LOCAL(link_name):
        message = f"the link name {quoted(link_name)} is not a C identifier"
        place = at if written is None else f"{at}/link_name"
        findings.add(CODE, message, place, hint="state the C function's name as `link_name`")
    return link_name


def _result(value: JsonObject, at: str, findings: Findings) -> object:
    if value.get("result") == "void":
        return "void"
    result = shapes.declared_type(value, "result", at, findings, NOT_GENERIC)
    _refuse_foreign_type(result, f"{at}/result", findings)
    return result


def _refuse_foreign_type(ty: object, at: str, findings: Findings) -> None:
    if ty != shapes.UNKNOWN and (not isinstance(ty, str) or ty not in EXTERN_TYPES):
        message = f"a value of type `{shapes.type_text(ty)}` cannot cross to C"
        findings.add(CODE, message, at, hint="externs take and give i32 and raw pointers")


def _record(value: JsonObject, at: str, findings: Findings) -> Record:
    name = shapes.name(value, "name", at, findings, MODULE_ID)
    fields = []
    for place, member in shapes.array(value, "fields", at, findings):
        fields.append(shapes.name(member, "name", place, findings, LOCAL))
        _refuse_cell(member.get("ty"), f"{place}/ty", findings)
        if fields[-1] == "make":
            message = f"a field cannot be called `make`: `{name}.make` makes the record"
            findings.add(CODE, message, f"{place}/name")
    _refuse_none(value, "fields", at, findings)
    _refuse_repeats("field", fields, f"{at}/fields", findings)
    return Record(name, tuple(fields), at)


def _enum(value: JsonObject, at: str, findings: Findings) -> Enum:
    name = shapes.name(value, "name", at, findings, MODULE_ID)
    variants = []
    for place, member in shapes.array(value, "variants", at, findings):
        variant = shapes.name(member, "name", place, findings, LOCAL)
        if "payload" in member:
            _refuse_cell(member["payload"], f"{place}/payload", findings)
        variants.append(Variant(variant, "payload" in member, place))
    _refuse_none(value, "variants", at, findings)
    _refuse_repeats("variant", [v.name for v in variants], f"{at}/variants", findings)
    return Enum(name, tuple(variants), at)


def _refuse_cell(ty: object, at: str, findings: Findings) -> None:
    if ty not in CELLS:
        findings.add(CODE, f"must be `i32` or `u32`, not {describe(ty)}", at)


def _refuse_none(value: JsonObject, key: str, at: str, findings: Findings) -> None:
    if value.get(key) == []:
        findings.add(CODE, f"`{key}` must hold at least one", f"{at}/{key}")
