"""JSON values -> named tuples, as their annotations say, or every problem with its JSON pointer.

The annotation of a field is a rule (`policy_rules`), `bool`, or a named tuple of its own. A field
without a default must be written. Nothing is ignored: an unknown field is a problem, named with the
known one that is nearest.
"""

from collections.abc import Mapping
from typing import Any, Final

from x07bundle.contract.policy_problems import Problem
from x07bundle.contract.policy_rules import Flag, Many, OrNull, Rule, Table, described

NEAR: Final = 0.5
MOST_SEARCHES: Final = 20
"""For near names in one file: a file that is of another kind may have thousands of fields."""

FLAG: Final = Flag()


class Reader:
    """Reads values; `problems` grows."""

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
        if isinstance(rule, OrNull):
            return None if value is None else self._value(rule.item, value, at)
        problem = rule.problem(value)
        if problem:
            self._refuse(at, problem)
        if isinstance(rule, Many) and isinstance(value, list):
            kept = enumerate(value[: rule.most])
            return tuple(self._value(rule.item, item, f"{at}/{index}") for index, item in kept)
        if isinstance(rule, Table) and isinstance(value, dict):
            return self._members(rule, value, at)
        return value

    def _members(self, rule: Table, value: Mapping[str, object], at: str) -> dict[str, object]:
        members = {}
        for key in list(value)[: rule.most]:
            place = f"{at}/{escaped(key)}"
            problem = rule.key.problem(key)
            if problem:
                self._refuse(place, f"the name {problem}")
            members[key] = self._value(rule.item, value[key], place)
        return members

    def _refuse_unknown(self, value: Mapping[str, object], known: tuple[str, ...], at: str) -> None:
        for name in value:
            if name not in known:
                self._refuse(f"{at}/{escaped(name)}", f"unknown field; {self._near(name, known)}")

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


def escaped(name: str) -> str:
    """A key as part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
