"""The canonical form of an x07AST document (contract/language.md §13).

`canonical` is total: what it does not understand it leaves where it is, so that every pointer of
a diagnostic refers to the document that it returns, in a wrong file too.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

CLAUSES: Final = ("requires", "ensures", "invariant", "decreases")
PROTOCOL: Final = ("await_invariant", "scope_invariant", "cancellation_ensures")
OPTIONAL: Final = (
    *CLAUSES,
    "doc",
    "type_params",
    "loop_contracts",
    "protocol",
    "result_brand",
    "link_name",
)
"""Members of a declaration that are left out when they hold nothing."""

FUNCTION: Final = (
    "kind",
    "name",
    "params",
    "result",
    "result_brand",
    "body",
    "doc",
    "type_params",
    *CLAUSES,
    "loop_contracts",
)
MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "export": ("kind", "names"),
    "extern": ("kind", "abi", "name", "link_name", "params", "result"),
    "defn": FUNCTION,
    "defasync": (*FUNCTION, "protocol"),
    "defrecord": ("kind", "name", "fields"),
    "defenum": ("kind", "name", "variants"),
}
"""The members that each kind of declaration has; any other is dropped."""

ORDER: Final = {kind: rank for rank, kind in enumerate(MEMBERS)}
SORTED_BY_NAME: Final = frozenset({"extern", "defn", "defasync"})
TOP: Final = ("schema_version", "kind", "module_id", "imports", "decls", "solve", "meta")


def canonical(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in canonical order, without unknown and empty optional members."""
    kept = {key: document[key] for key in TOP if key in document}
    if not kept.get("meta", True):
        del kept["meta"]
    if "imports" in kept:
        kept["imports"] = _names(kept["imports"])
    if isinstance(kept.get("decls"), list):
        is_entry = document.get("kind") == "entry"
        kept["decls"] = _declarations(kept["decls"], is_entry)
    return dict(sorted(kept.items()))


def dump(document: Mapping[str, Any], pretty: bool = False) -> bytes:
    """The bytes of a file: UTF-8, keys sorted by their bytes, newline at the end."""
    separators = (",", ": ") if pretty else (",", ":")
    indent = 2 if pretty else None
    text = json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=separators, indent=indent
    )
    return text.encode("utf-8") + b"\n"


def _names(names: object) -> object:
    """Sorted by bytes, each once; a list that holds anything but names stays as it is."""
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return sorted(set(names))
    return names


def _declarations(declarations: Iterable[Any], is_entry: bool) -> list[Any]:
    cleaned = [_declaration(declaration) for declaration in declarations]
    kept = [declaration for declaration in cleaned if not _is_dropped(declaration, is_entry)]
    return sorted(kept, key=_position)


def _is_dropped(declaration: object, is_entry: bool) -> bool:
    if not isinstance(declaration, dict) or declaration.get("kind") != "export":
        return False
    return is_entry or declaration.get("names") == []


def _position(declaration: object) -> tuple[int, str]:
    if not isinstance(declaration, dict):
        return len(ORDER), ""
    kind, name = declaration.get("kind"), declaration.get("name")
    is_named = kind in SORTED_BY_NAME if isinstance(kind, str) else False
    rank = ORDER.get(kind, len(ORDER)) if isinstance(kind, str) else len(ORDER)
    return rank, name if is_named and isinstance(name, str) else ""


def _declaration(declaration: object) -> object:
    if not isinstance(declaration, dict) or not isinstance(declaration.get("kind"), str):
        return declaration
    members = MEMBERS.get(declaration["kind"])
    if members is None:
        return declaration
    kept = _members(declaration, members)
    for key, clean in CLEANERS.items():
        if key in kept:
            kept[key] = clean(kept[key])
    return {key: kept[key] for key in sorted(kept) if key not in OPTIONAL or _holds(kept[key])}


def _members(value: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value[key] for key in keys if key in value}


def _holds(value: object) -> bool:
    """Whether an optional member says anything. Wrong types are kept, to be reported."""
    return value is not None and value not in ("", [], {})


def _each(clean: Callable[[dict[str, Any]], object]) -> Callable[[object], object]:
    def cleaned(values: object) -> object:
        if not isinstance(values, list):
            return values
        return [clean(value) if isinstance(value, dict) else value for value in values]

    return cleaned


def _object_of(
    required: tuple[str, ...], optional: tuple[str, ...]
) -> Callable[[dict[str, Any]], object]:
    keys = (*required, *optional)

    def cleaned(value: dict[str, Any]) -> dict[str, Any]:
        kept = _members(value, sorted(keys))
        return {key: kept[key] for key in kept if key in required or _holds(kept[key])}

    return cleaned


_clauses: Final = _each(_object_of(("expr",), ("id", "witness")))


def _loop_contract(value: dict[str, Any]) -> dict[str, Any]:
    kept = {"decreases": [], "invariant": [], **_members(value, ("ptr",))}
    for key in ("decreases", "invariant"):
        kept[key] = _clauses(value[key]) if value.get(key) is not None else []
    return kept


def _protocol(value: object) -> object:
    if not isinstance(value, dict):
        return value
    kept = {key: _clauses(value[key]) for key in sorted(PROTOCOL) if key in value}
    return {key: clauses for key, clauses in kept.items() if _holds(clauses)}


def _trimmed(doc: object) -> object:
    return doc.strip() if isinstance(doc, str) else doc


CLEANERS: Final[Mapping[str, Callable[[object], object]]] = {
    "names": _names,
    "doc": _trimmed,
    "params": _each(_object_of(("name", "ty"), ("brand",))),
    "type_params": _each(_object_of(("name",), ("bound",))),
    "requires": _clauses,
    "ensures": _clauses,
    "invariant": _clauses,
    "decreases": _clauses,
    "loop_contracts": _each(_loop_contract),
    "protocol": _protocol,
    "fields": _each(_object_of(("name", "ty"), ())),
    "variants": _each(_object_of(("name",), ("payload",))),
}
