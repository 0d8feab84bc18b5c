"""Std modules for generated programs: what they may call, and the documents that run it."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from tests.fuzz.program import kind_of
from tests.fuzz.writer import Signature
from x07bundle.lang.canonical import canonical
from x07bundle.lang.modules import SourceFile
from x07bundle.std import find

IDS: Final = (
    *("std.bytes", "std.text.ascii", "std.text.utf8", "std.codec", "std.parse", "std.fmt"),
    *("std.hash", "std.bit", "std.u32", "std.path", "std.vec", "std.slice", "std.doc"),
    *("std.option", "std.result", "std.view", "std.test"),
)
TYPES: Final = frozenset("i32 bytes bytes_view vec_u8 result_i32 result_bytes option_i32".split())


@cache
def document(module_id: str) -> Mapping[str, Any]:
    found = find(module_id, "run-os")
    assert isinstance(found, SourceFile), module_id
    return canonical(json.loads(found.data))


def closure(imports: Iterable[str]) -> list[Mapping[str, Any]]:
    """The std modules among these imports, and those that they import."""
    found: dict[str, Mapping[str, Any]] = {}
    waiting = [module_id for module_id in imports if module_id.startswith("std.")]
    while waiting:
        module_id = waiting.pop()
        if module_id not in found:
            found[module_id] = document(module_id)
            waiting += found[module_id]["imports"]
    return list(found.values())


@cache
def signatures(module_id: str) -> tuple[Signature, ...]:
    """Exports without brands; a view result must have one view to borrow from."""
    decls = document(module_id)["decls"]
    exported = {name for decl in decls for name in decl.get("names", ())}
    found = [signature(decl) for decl in decls if decl.get("name") in exported]
    return tuple(each for each in found if each is not None)


def signature(decl: Mapping[str, Any]) -> Signature | None:
    params = tuple((p["name"], kind_of(p["ty"])) for p in decl["params"])
    result = kind_of(decl["result"])
    branded = decl.get("result_brand") or any("brand" in p for p in decl["params"])
    if branded or not TYPES.issuperset({result, *(ty for _, ty in params)}):
        return None
    if result != "bytes_view":
        return Signature(decl["name"], params, result)
    views = [index for index, (_, ty) in enumerate(params) if ty == "bytes_view"]
    return Signature(decl["name"], params, result, views[0]) if len(views) == 1 else None
