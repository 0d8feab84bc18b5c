"""What a report of `x07 run` or `x07-os-runner` says about its policy, read from untrusted JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.errors import X07Error
from x07bundle.policy.suggestion import Denial

RUNNER: Final = "x07-os-runner.report@"
WRAPPED: Final = "x07.run.report@"
HINT: Final = "name what `x07 run --profile sandbox` printed, or wrote with `--report-out`"


class Told(NamedTuple):
    """`base`: the file of the base policy, with its digest then; None where the report names none.
    `derived`: the policy that options made of it, where they did. `limit`: one that was met.
    """

    denials: tuple[Denial, ...]
    base: Path | None
    base_sha256: str | None
    derived: str | None
    limit: str | None


def read(data: bytes, name: str) -> Told:
    """What the report in `data` tells; `name` is its name for people.

    Raises:
        X07Error: it is no report of a sandboxed run.
    """
    report = _report(data, name)
    denials = report.get("policy_denials")
    if not isinstance(denials, list):
        raise X07Error(
            f"`{name}` reports no run in a sandbox: it has no `policy_denials`", hint=HINT
        )
    policy = _object(report.get("sandbox_policy"))
    base, effective = _text(policy, "base"), _text(policy, "effective")
    return Told(
        denials=tuple(_denial(one, name) for one in denials),
        base=Path(base) if base else None,
        base_sha256=_text(policy, "base_sha256"),
        derived=effective if effective != base else None,
        limit=_text(_object(report.get("limit_exceeded")), "field"),
    )


def _report(data: bytes, name: str) -> Mapping[str, Any]:
    """The runner's report, also where it is wrapped."""
    found = strict_json.read(data)
    if found.problems:
        raise X07Error(f"`{name}` is no report: {found.problems[0]}", hint=HINT)
    report = _object(found.value)
    if (_text(report, "schema_version") or "").startswith(WRAPPED):
        report = _object(report.get("report"))
    if not (_text(report, "schema_version") or "").startswith(RUNNER):
        raise X07Error(
            f"`{name}` is no report of a run: its `schema_version` is another", hint=HINT
        )
    return report


def _denial(value: object, name: str) -> Denial:
    one = _object(value)
    texts = [_text(one, member) for member in Denial._fields]
    if any(text is None for text in texts):
        raise X07Error(
            f"`{name}` has a denial without one of {', '.join(Denial._fields)}", hint=HINT
        )
    return Denial(*(text or "" for text in texts))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str | None:
    text = value.get(name)
    return text if isinstance(text, str) else None
