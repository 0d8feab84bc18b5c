"""What a sweep did, for people and as `x07.vm.sweep.report@0.1.0`."""

from typing import Any, Final

from x07bundle.vm.state import State
from x07bundle.vm.sweep import Report, Swept

SCHEMA_VERSION: Final = "x07.vm.sweep.report@0.1.0"


def document(report: Report, state: State, *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "state_dir": str(state.root),
        "dry_run": dry_run,
        "jobs": [_row(one) for one in report.swept],
        "foreign": report.foreign,
        "problems": list(report.problems),
    }


def _row(one: Swept) -> dict[str, Any]:
    finding = one.finding
    return {
        "run_id": finding.run_id,
        "backend": finding.backend,
        "container_id": finding.container_id,
        "folder": None if finding.path is None else str(finding.path),
        "outcome": one.outcome,
        "why": finding.why,
    }


def text(report: Report) -> str:
    """A line for each job, and one of how many there were of each kind."""
    lines = [_line(one) for one in report.swept]
    lines.append(_sum(report))
    return "".join(f"{line}\n" for line in lines)


def _line(one: Swept) -> str:
    outcome = one.outcome.replace("_", " ")
    where = f" ({one.finding.backend})" if one.finding.backend else ""
    return f"{outcome:<12} {one.finding.run_id}{where}: {one.finding.why}"


def _sum(report: Report) -> str:
    outcomes = [one.outcome for one in report.swept]
    counts = [
        f"{outcomes.count(each)} {each.replace('_', ' ')}" for each in dict.fromkeys(outcomes)
    ]
    if report.foreign:
        counts.append(f"{report.foreign} of others not touched")
    return ", ".join(counts) or "nothing was left behind"
