"""What a sandboxed program told of its sandbox: layers in force, denials, the limit that it met.

All are members of its metrics line, or of a line before the text of a trap. A program may write
anything there, so what does not have the shape that reports promise is left out.
"""

import json
from typing import Any, Final

from x07bundle.contract.layers import NAMES
from x07bundle.run.traps import EXCEEDED

DENIALS: Final = "policy_denials"
LAYERS: Final = "sandbox_layers"
LIMIT: Final = "limit_exceeded"
MEMBERS: Final = ("operation", "target", "field", "grant")
MOST: Final = 4096
"""The runtime remembers no more (`X07_COLLECTED_MAX`)."""


def denials(stderr: bytes) -> list[dict[str, str]]:
    """Each with its operation, target, policy field and smallest grant, in their order."""
    found = _member(stderr, DENIALS)
    listed = found[:MOST] if isinstance(found, list) else []
    return [_denial(one) for one in listed if _is_denial(one)]


def layers(stderr: bytes) -> dict[str, dict[str, Any]]:
    """Layer -> whether it is in force, and how far or why not."""
    found = _member(stderr, LAYERS)
    known = found if isinstance(found, dict) else {}
    return {name: _layer(known[name]) for name in NAMES if isinstance(known.get(name), dict)}


def limit(stderr: bytes) -> dict[str, Any] | None:
    """The limit of the policy that was met first, by its field, with its value; None where none.
    A program that ended before it could tell said so when it met the limit.
    """
    found = _member(stderr, LIMIT, missing=_limit_met(stderr))
    if not isinstance(found, dict):
        return None
    field, value = found.get("field"), found.get("value")
    known = isinstance(field, str) and type(value) is int
    return {"field": field, "value": value} if known else None


def _limit_met(stderr: bytes) -> dict[str, Any] | None:
    met = EXCEEDED.search(stderr)
    return {"field": met[1].decode(), "value": int(met[2])} if met else None


def _layer(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "detail": str(value.get("detail", "")),
        "in_force": value.get("in_force") is True,
    }


def _member(stderr: bytes, name: str, missing: object = None) -> object:
    """What the last line that has this member says; `missing` where none has it."""
    for line in reversed(stderr.splitlines()):
        if name.encode() in line and line.lstrip().startswith(b"{"):
            found = _object(line)
            if name in found:
                return found[name]
    return missing


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_denial(value: object) -> bool:
    """What a program is written with is for the compiler to tell: one that runs was granted it."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key), str) for key in MEMBERS)
        and not value["field"].startswith("language.")
    )


def _denial(value: dict[str, str]) -> dict[str, str]:
    return {key: value[key] for key in MEMBERS}
