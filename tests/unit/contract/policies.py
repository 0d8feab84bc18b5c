"""Policies for tests: one of a template with some fields changed, and what the schema says."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema

from x07bundle.contract.policy_reading import parse
from x07bundle.policy.templates import base_policy

SCHEMA: Final = Path(__file__).resolve().parents[3] / "x07bundle/schemas/run-os-policy.schema.json"
GONE: Final = object()
"""As a new value: the field is taken out."""


def policy(template: str = "cli", /, **changes: object) -> dict[str, Any]:
    """A template's policy; `process__allow_spawn=True` changes a field below a section."""
    document: dict[str, Any] = json.loads(base_policy(template))
    for name, value in changes.items():
        *sections, field = name.split("__")
        place = document
        for section in sections:
            place = place.setdefault(section, {})
        if value is GONE:
            del place[field]
        else:
            place[field] = copy.deepcopy(value)
    return document


def problems(document: object) -> list[str]:
    """What the loader says, a line for each."""
    found, said = parse(document)
    assert (found is None) == bool(said)
    return [str(problem) for problem in said]


@cache
def validator() -> jsonschema.Draft202012Validator:
    """Patterns of a schema are of ECMAScript, where `$` is the end of the text and nothing else."""
    schema = json.loads(SCHEMA.read_bytes(), object_hook=_with_pythons_end)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def schema_errors(document: object) -> list[str]:
    return [error.json_path for error in validator().iter_errors(document)]


def _with_pythons_end(members: dict[str, Any]) -> dict[str, Any]:
    pattern = members.get("pattern")
    if isinstance(pattern, str) and pattern.endswith("$"):
        members["pattern"] = pattern[:-1] + r"\Z"
    return members
