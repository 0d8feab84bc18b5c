"""Members of a JSON object, read with a finding for each that is missing or of a wrong shape."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from x07bundle.lang import types
from x07bundle.lang.expressions import describe, quoted
from x07bundle.lang.findings import Findings, add, remove
from x07bundle.lang.names import WORD

CODE: Final = "X07-SCHEMA-0001"
BRAND_CODE: Final = "E_BRAND_BAD_TY"
STRUCTURED: Final[Mapping[str, frozenset[str]]] = {
    "option": frozenset({"i32", "u32", "bytes", "bytes_view"}),
    "result": frozenset({"i32", "u32", "bytes", "bytes_view", "result_bytes"}),
}
"""Structured types, and what each may hold."""
UNKNOWN: Final = "?"
"""Stands for a type that is missing or wrong, so that one mistake is one finding."""

JsonObject = Mapping[str, Any]


def objects(value: object, at: str, what: str, findings: Findings) -> list[tuple[str, JsonObject]]:
    """The objects of an array, each with its pointer."""
    if not isinstance(value, list):
        findings.add(CODE, f"{what} must be an array, not {describe(value)}", at)
        return []
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            message = f"{what} must hold objects, not {describe(item)}"
            findings.add(CODE, message, f"{at}/{index}")
    return [(f"{at}/{index}", item) for index, item in enumerate(value) if isinstance(item, dict)]


def array(owner: JsonObject, key: str, at: str, findings: Findings) -> list[tuple[str, JsonObject]]:
    """A required array of objects."""
    if key not in owner:
        missing(key, at, findings)
        return []
    return objects(owner[key], f"{at}/{key}", f"`{key}`", findings)


def missing(key: str, at: str, findings: Findings, default: object = None) -> None:
    """Finds that a member is not there; with `default`, there is a quick fix."""
    fix = None if default is None else add(f"{at}/{key}", default, f"add an empty `{key}`")
    findings.add(CODE, f"`{key}` is missing", at, fix=fix)


def name(
    owner: JsonObject, key: str, at: str, findings: Findings, form: Callable[[str], object]
) -> str:
    """A required name, of the form that `form` accepts; "" where there is none."""
    if key not in owner:
        missing(key, at, findings)
        return ""
    value = owner[key]
    if isinstance(value, str) and form(value):
        return value
    findings.add(CODE, f"`{key}` must be a name, not {describe(value)}", f"{at}/{key}")
    return ""


def text(owner: JsonObject, key: str, at: str, findings: Findings) -> str | None:
    """An optional string."""
    value = owner.get(key)
    if value is None or isinstance(value, str):
        return value
    findings.add(CODE, f"`{key}` must be a string, not {describe(value)}", f"{at}/{key}")
    return None


def brand(owner: JsonObject, key: str, ty: object, at: str, findings: Findings) -> str | None:
    """An optional brand of a value of type `ty`."""
    value = text(owner, key, at, findings)
    if value is None:
        return None
    place = f"{at}/{key}"
    if not WORD(value):
        findings.add(CODE, f"`{key}` must be a name, not {quoted(value)}", place)
        return None
    if _cannot_be_branded(ty):
        findings.add(
            BRAND_CODE,
            f"a value of type `{type_text(ty)}` cannot have a brand",
            place,
            hint="brands are for bytes, bytes_view, and options and results of them",
            fix=remove(place, "remove the brand"),
        )
        return None
    return value


def _cannot_be_branded(ty: object) -> bool:
    if isinstance(ty, list):
        return ty[-1] in ("i32", "u32")
    return ty not in types.BRANDABLE and ty != UNKNOWN


def declared_type(
    owner: JsonObject, key: str, at: str, findings: Findings, variables: frozenset[str]
) -> object:
    """A required type as written, or UNKNOWN. `variables`: the type parameters in scope."""
    if key not in owner:
        missing(key, at, findings)
        return UNKNOWN
    if _is_type(owner[key], variables):
        return owner[key]
    _refuse_type(owner[key], f"{at}/{key}", findings)
    return UNKNOWN


def _is_type(value: object, variables: frozenset[str]) -> bool:
    if isinstance(value, str):
        return value in types.NAMED
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return False
    kind, inner = value
    if kind == "t":
        return isinstance(inner, str) and inner in variables
    if isinstance(inner, list):
        return kind in STRUCTURED and len(inner) == 2 and _is_type(inner, variables)
    return isinstance(inner, str) and inner in STRUCTURED.get(kind, ())


def _refuse_type(value: object, at: str, findings: Findings) -> None:
    hint = None
    if isinstance(value, str):
        from difflib import get_close_matches

        near = get_close_matches(value[:40], sorted(types.NAMED), n=1)
        hint = f"did you mean `{near[0]}`?" if near else None
    findings.add(CODE, f"`{type_text(value)}` is not a type", at, hint=hint)


def type_text(ty: object) -> str:
    """A type as a message shows it."""
    if isinstance(ty, str):
        return ty if len(ty) <= 40 else ty[:39] + "…"
    if isinstance(ty, list) and ty:
        return f"[{', '.join(type_text(item) for item in ty)}]"
    return describe(ty).strip("`")
