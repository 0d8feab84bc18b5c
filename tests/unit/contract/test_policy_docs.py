"""The tables of docs/reference/policy.md are those of the format and its schema."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.unit.contract.policies import SCHEMA
from x07bundle.contract.policy_environment import ROWS

REFERENCE: Final = Path(__file__).resolve().parents[3] / "docs/reference/policy.md"
ROW: Final = re.compile(r"\| `([a-z_.\[\]]+)` \| (.*) \| (required|`.*`) \| (.*) \|")

VARIABLE: Final = re.compile(r"^\| `([a-z_.]+)` \| `X07_OS_([A-Z_]+)` \|$", re.MULTILINE)


def written() -> dict[str, tuple[str, str]]:
    """Field -> what holds where it is left out, and what it says."""
    rows = ROW.findall(REFERENCE.read_text(encoding="utf-8"))
    assert len({row[0] for row in rows}) == len(rows)
    return {field: (default.strip("`"), text) for field, _, default, text in rows}


def of_schema(schema: Any, section: Any, prefix: str) -> Iterator[tuple[str, tuple[str, str]]]:  # noqa: ANN401
    """The same, of one object of a JSON Schema and what is inside of it."""
    for name, rule in section["properties"].items():
        reference = rule.get("$ref") or rule.get("items", {}).get("$ref", "")
        inner = schema["$defs"].get(reference.rpartition("/")[2], {})
        if "$ref" not in rule:
            is_required = name in section.get("required", ())
            default = "required" if is_required else json.dumps(rule["default"])
            yield prefix + name, (default, rule["description"])
        if inner.get("type") == "object":
            suffix = "." if "$ref" in rule else "[]."
            yield from of_schema(schema, inner, f"{prefix}{name}{suffix}")


def test_every_field_is_in_the_reference() -> None:
    schema = json.loads(SCHEMA.read_bytes())
    assert written() == dict(of_schema(schema, schema, ""))


def test_the_names_of_variables_are_as_the_reference_says() -> None:
    by_table = dict(VARIABLE.findall(REFERENCE.read_text(encoding="utf-8")))
    by_rule = {field: variable(field) for _, field in ROWS}
    assert {field: name for name, field in ROWS} == {**by_rule, **by_table}
    assert all(by_rule[field] != name for field, name in by_table.items())


def variable(field: str) -> str:
    section, _, rest = field.replace("process", "proc").partition(".")
    return (section if rest == "enabled" else f"{section}_{rest.replace('.', '_')}").upper()
