"""Documents that the tests of reading files start from."""

import copy
import json
from typing import Any, Final

from x07bundle.lang.modules import SourceFile

FUNCTION: Final[dict[str, Any]] = {
    "kind": "defn",
    "name": "m.f",
    "params": [{"name": "a", "ty": "i32"}],
    "result": "bytes",
    "body": ["bytes.alloc", "a"],
}
MODULE: Final[dict[str, Any]] = {
    "schema_version": "x07.x07ast@0.9.0",
    "kind": "module",
    "module_id": "m",
    "imports": [],
    "decls": [FUNCTION],
}
ENTRY: Final[dict[str, Any]] = {
    "schema_version": "x07.x07ast@0.8.0",
    "kind": "entry",
    "module_id": "main",
    "imports": [],
    "decls": [],
    "solve": ["bytes.empty"],
}


def module(**members: object) -> dict[str, Any]:
    return {**copy.deepcopy(MODULE), **members}


def entry(**members: object) -> dict[str, Any]:
    return {**copy.deepcopy(ENTRY), **members}


def function(**members: object) -> dict[str, Any]:
    return {**copy.deepcopy(FUNCTION), **members}


def source(document: object, file: str = "m.x07.json") -> SourceFile:
    return SourceFile(file, json.dumps(document).encode())
