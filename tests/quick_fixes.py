"""Applies quick fixes, as a program that repairs sources would."""

import copy
from collections.abc import Mapping
from typing import Any

from x07bundle.lang.diagnostics import QuickFix


def patched(document: Mapping[str, Any], fix: QuickFix) -> dict[str, Any]:
    """A canonical document after the `add`, `remove` and `replace` steps of a fix."""
    result = copy.deepcopy(dict(document))
    for step in fix.patch:
        _apply(result, step)
    return result


def _apply(document: dict[str, Any], step: Mapping[str, Any]) -> None:
    *path, last = step["path"].split("/")[1:]
    target: Any = document
    for part in path:
        target = target[int(part)] if isinstance(target, list) else target[part]
    key = int(last) if isinstance(target, list) else last
    if step["op"] == "remove":
        del target[key]
    elif step["op"] == "add" and isinstance(target, list):
        target.insert(key, step["value"])
    else:
        target[key] = step["value"]
