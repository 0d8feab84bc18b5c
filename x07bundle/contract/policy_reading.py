"""Bytes of a file -> policy, or every problem that it has, each with its JSON pointer.

Nothing is ignored: an unknown field is a problem, named with the known one that is nearest. The
published schema, schemas/run-os-policy.schema.json, accepts and refuses the same documents, but for
what a JSON Schema cannot say: a key twice, `1.0` for an integer, hosts and patterns in detail.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_conflicts import conflicts
from x07bundle.contract.policy_problems import PolicyError, Problem
from x07bundle.contract.policy_rules import Flag, Many, Rule, described
from x07bundle.files import read_bytes

NEAR: Final = 0.5
MOST_SEARCHES: Final = 20
"""For near names in one file: a file that is no policy may have thousands of fields."""

FLAG: Final = Flag()


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
    reader = _Reader()
    policy = reader.section(Policy, document, "")
    problems = reader.problems
    if isinstance(document, dict):
        problems += conflicts(document)
    return (policy if isinstance(policy, Policy) and not problems else None), problems


class _Reader:
    """Reads values as their annotations say; `problems` grows."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.searches = 0

    def section(self, kind: type[Any], value: object, at: str) -> object:
        """The named tuple of an object; None where something was refused before its end."""
        if not isinstance(value, dict):
            self._refuse(at, f"must be an object, this is {described(value)}")
            return None
        self._refuse_unknown(value, kind._fields, at)
        fields = {}
        for name, annotation in kind.__annotations__.items():
            if name in value:
                fields[name] = self._value(annotation, value[name], f"{at}/{name}")
            elif name not in kind._field_defaults:
                self._refuse(f"{at}/{name}", "is missing")
        return None if self.problems else kind(**fields)

    def _value(self, annotation: Any, value: object, at: str) -> object:  # noqa: ANN401  as it says
        rule = _rule(annotation)
        if rule is None:
            return self.section(annotation, value, at)
        problem = rule.problem(value)
        if problem:
            self._refuse(at, problem)
        if isinstance(rule, Many) and isinstance(value, list):
            kept = enumerate(value[: rule.most])
            return tuple(self._value(rule.item, item, f"{at}/{index}") for index, item in kept)
        return value

    def _refuse_unknown(self, value: Mapping[str, object], known: tuple[str, ...], at: str) -> None:
        for name in value:
            if name not in known:
                self._refuse(f"{at}/{_escaped(name)}", f"unknown field; {self._near(name, known)}")

    def _near(self, name: str, known: tuple[str, ...]) -> str:
        self.searches += 1
        if self.searches <= MOST_SEARCHES:
            from difflib import get_close_matches  # only to word an error

            for near in get_close_matches(name[:80], known, n=1, cutoff=NEAR):
                return f"did you mean `{near}`?"
        return f"known here: {', '.join(known)}"

    def _refuse(self, at: str, message: str) -> None:
        self.problems.append(Problem(at, message))


def _rule(annotation: object) -> Rule | None:
    """The rule of an annotation; None for an object with fields of its own."""
    if annotation is bool:
        return FLAG
    metadata: tuple[Rule, ...] = getattr(annotation, "__metadata__", ())
    return metadata[0] if metadata else None


def _escaped(name: str) -> str:
    """A key as part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
