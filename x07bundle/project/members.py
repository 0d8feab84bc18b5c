"""Members of a JSON object that people wrote, read with a line for each problem.

Strings are trimmed and blank ones are as good as missing (contract/project.md §1 and §2).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from x07bundle.errors import ProjectError, X07Error
from x07bundle.files import read_bytes
from x07bundle.lang import document
from x07bundle.lang.findings import Findings


class Members:
    """`value` and where it stands; problems go to the list that all members of a file share."""

    def __init__(
        self, value: Mapping[str, Any], at: str = "", problems: list[str] | None = None
    ) -> None:
        self.value = value
        self.at = at
        self.problems: list[str] = [] if problems is None else problems

    def refuse(self, key: str, problem: str) -> None:
        self.problems.append(f"{self.at}/{key}: {problem}")

    def text(self, key: str) -> str | None:
        value = self.value.get(key)
        if isinstance(value, str):
            return value.strip() or None
        if value is not None:
            self.refuse(key, "must be a string")
        return None

    def required(self, key: str) -> str:
        """A string that must be there; "", and a problem, where it is not."""
        if self.value.get(key) is None:
            self.refuse(key, "is missing")
            return ""
        text = self.text(key)
        if text is None and isinstance(self.value[key], str):
            self.refuse(key, "is blank")
        return text or ""

    def choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        text = self.text(key)
        if text is None or text in choices:
            return text
        self.refuse(key, f"`{text}` is none of {', '.join(choices)}")
        return None

    def flag(self, key: str, default: bool) -> bool:
        value = self.value.get(key, default)
        if isinstance(value, bool):
            return value
        self.refuse(key, "must be true or false")
        return default

    def count(self, key: str) -> int | None:
        value = self.value.get(key)
        if value is None or (type(value) is int and value >= 0):
            return value
        self.refuse(key, "must be an integer from 0 up")
        return None

    def checked(self, key: str, problem_of: Callable[[str], str | None]) -> str | None:
        """A string that `problem_of` finds nothing wrong with."""
        text = self.text(key)
        problem = problem_of(text) if text is not None else None
        if problem is not None:
            self.refuse(key, problem)
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of strings, trimmed, none blank."""
        values = self.value.get(key)
        if values is None:
            return ()
        if isinstance(values, list) and all(isinstance(v, str) and v.strip() for v in values):
            return tuple(value.strip() for value in values)
        self.refuse(key, "must be an array of strings that are not blank")
        return ()

    def child(self, key: str) -> "Members":
        value = self.value.get(key)
        if value is not None and not isinstance(value, dict):
            self.refuse(key, "must be an object")
        kept = value if isinstance(value, dict) else {}
        return Members(kept, f"{self.at}/{key}", self.problems)

    def children(self, key: str) -> list["Members"]:
        """An array of objects."""
        values = self.value.get(key)
        if values is None:
            return []
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.refuse(key, "must be an array of objects")
            return []
        return [
            Members(value, f"{self.at}/{key}/{index}", self.problems)
            for index, value in enumerate(values)
        ]


def read_object(file: Path, what: str, read_tag: str, parse_tag: str) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        ProjectError: the file cannot be read, or holds something else. The tags are the ones that
            scripts look for in the message.
    """
    try:
        data = read_bytes(file)
    except X07Error as error:
        brief = f"cannot read the {what} `{file}` [{read_tag}]"
        raise ProjectError(brief, error.brief, error.hint) from error
    findings = Findings(str(file))
    value = document.read(data, findings)
    if isinstance(value, dict):
        return value
    reasons = [found.message for found in findings.found] or ["it does not hold an object"]
    raise ProjectError(f"the {what} `{file}` cannot be read [{parse_tag}]", "\n".join(reasons))
