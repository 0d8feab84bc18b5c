"""Bytes of a file -> policy, or every problem that it has, each with its JSON pointer.

Nothing is ignored: an unknown field is a problem, named with the known one that is nearest. The
published schema, schemas/run-os-policy.schema.json, accepts and refuses the same documents, but for
what a JSON Schema cannot say: a key twice, `1.0` for an integer, hosts and patterns in detail.
"""

from pathlib import Path
from typing import Any, NamedTuple

from x07bundle import strict_json
from x07bundle.contract.document_reading import Reader
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_conflicts import conflicts
from x07bundle.contract.policy_problems import PolicyError, Problem
from x07bundle.files import read_bytes


class Loaded(NamedTuple):
    """`document` is the JSON that the policy was read from, `data` its bytes."""

    policy: Policy
    document: dict[str, Any]
    data: bytes


def load(path: Path) -> Loaded:
    """The policy in a file.

    Raises:
        PolicyError: it is not valid.
        X07Error: it cannot be read.
    """
    return read(read_bytes(path), str(path))


def read(data: bytes, file: str) -> Loaded:
    """The policy in the bytes of `file`.

    Raises:
        PolicyError: it is not valid.
    """
    document, unreadable, _ = strict_json.read(data)
    if unreadable:
        raise PolicyError(file, [Problem("", message) for message in unreadable])
    policy, problems = parse(document)
    if policy is None:
        raise PolicyError(file, problems)
    assert isinstance(document, dict)
    return Loaded(policy, document, data)


def parse(document: object) -> tuple[Policy | None, list[Problem]]:
    """The policy of a JSON value; None where there are problems."""
    reader = Reader()
    policy = reader.section(Policy, document, "")
    problems = reader.problems
    if isinstance(document, dict):
        problems += conflicts(document)
    return (policy if isinstance(policy, Policy) and not problems else None), problems
