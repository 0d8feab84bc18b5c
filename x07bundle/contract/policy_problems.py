"""What is wrong with a policy: for people, and as an x07diag document (contract/reports.md §7)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from x07bundle.contract.policy_rules import shown
from x07bundle.errors import X07Error
from x07bundle.files import json_compact

MOST_LINES: Final = 100
"""Of an error for people: a file that is no policy may have thousands of problems."""
CODE: Final = "X07-POLICY-SCHEMA-0001"
DIAGNOSTICS: Final = "x07.x07diag@0.1.0"
HINT: Final = "docs/reference/policy.md lists every field; `x07 policy init` writes a whole policy"


class Problem(NamedTuple):
    """`at` is a JSON pointer into the policy; "" is the policy itself."""

    at: str
    message: str

    def __str__(self) -> str:
        return f"{shown(self.at)}: {self.message}" if self.at else self.message


class PolicyError(X07Error):
    """A policy that is not valid. `problems` are all of them; `file` is its name for people."""

    exit_code = 3

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        lines = [str(problem) for problem in problems[:MOST_LINES]]
        if len(problems) > MOST_LINES:
            left = len(problems) - MOST_LINES
            lines.append(f"and {left} more: `x07 policy check` says all of them")
        details = "\n".join(lines)
        super().__init__(f"the policy `{file}` has {count}", details, HINT)
        self.file = file
        self.problems = tuple(problems)


class PolicySchemaError(PolicyError):
    """The same, said to programs: where options change a policy (contract/policy.md §4)."""

    def render(self) -> str:
        return json_compact(diagnostics([self])).decode("utf-8")


def diagnostics(errors: Iterable[PolicyError], inputs: Sequence[str] = ()) -> dict[str, Any]:
    """The x07diag document of some policies, keys in the contract's order."""
    found = [_diagnostic(error.file, problem) for error in errors for problem in error.problems]
    meta = {"meta": {"inputs": list(inputs)}} if inputs else {}
    return {"schema_version": DIAGNOSTICS, "ok": not found, "diagnostics": found, **meta}


def _diagnostic(file: str, problem: Problem) -> Mapping[str, Any]:
    return {
        "code": CODE,
        "severity": "error",
        "stage": "parse",
        "message": problem.message,
        "loc": {"kind": "x07ast", "ptr": problem.at},
        "data": {"file": file},
    }
