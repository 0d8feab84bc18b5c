"""What `x07 vm backends` prints: each backend, whether it is usable here, what it enforces."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from x07bundle.contract.consent import ACCEPT
from x07bundle.errors import X07Error
from x07bundle.vm import choose
from x07bundle.vm.backend import Caps
from x07bundle.vm.backends import table
from x07bundle.vm.preflight import Machine, Verdict, preflight
from x07bundle.vm.probes import DRIVEN, Probe, probes

SCHEMA: Final = "x07.vm.backends.report@0.1.0"
NOT_DRIVEN: Final = "no guests are started in it yet"


class Row(NamedTuple):
    """`caps`: None where no guests are started in it yet."""

    probe: Probe
    verdict: Verdict
    caps: Caps | None


class Overview(NamedTuple):
    """`chosen`: what a guest would run in now. `problem`: why in none."""

    rows: tuple[Row, ...]
    chosen: str | None
    problem: str | None


def look(machine: Machine, accepted: bool) -> Overview:
    """Asks every engine at the same time."""
    known = probes(machine.env, machine.host.arch)
    with ThreadPoolExecutor(len(known)) as pool:
        verdicts = pool.map(lambda probe: preflight(probe, machine), known)
        rows = tuple(map(lambda probe, verdict: _row(probe, verdict, machine), known, verdicts))
    try:
        chosen = choose.choose(machine.env, machine.host, accepted).name
    except X07Error as error:
        return Overview(rows, None, error.brief)
    row = next(row for row in rows if row.probe.backend == chosen)
    if not row.verdict.is_usable:
        return Overview(rows, None, f"{chosen}: {row.verdict.detail}")
    return Overview(rows, chosen, None)


def _row(probe: Probe, verdict: Verdict, machine: Machine) -> Row:
    name = probe.backend
    return Row(probe, verdict, table.from_env(name, machine.env).caps if name in DRIVEN else None)


def document(found: Overview) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        "chosen": found.chosen,
        "problem": found.problem,
        "backends": [_document(row) for row in found.rows],
    }


def _document(row: Row) -> dict[str, Any]:
    caps = row.caps
    return {
        "name": row.probe.backend,
        "isolation": row.probe.isolation,
        "needs_consent": row.probe.isolation == "container",
        "usable": row.verdict.is_usable,
        "driven": caps is not None,
        "detail": row.verdict.detail,
        "fix": row.verdict.fix,
        "caps": None if caps is None else {**caps._asdict(), "digest_kinds": [*caps.digest_kinds]},
    }


def text(found: Overview) -> str:
    """What guests run in, a line for each backend, and what mends it below."""
    lines = [_first(found), "", *_table(found.rows), ""]
    for row in found.rows:
        lines.append(f"{row.probe.backend}: {_said(row)}")
        lines += [f"  fix: {row.verdict.fix}"] if row.verdict.fix else []
    return "\n".join(lines) + "\n"


def _first(found: Overview) -> str:
    if found.chosen is not None:
        return f"guests run in {found.chosen}"
    return f"guests run in no backend: {found.problem}"


def _said(row: Row) -> str:
    detail = row.verdict.detail
    if row.caps is None:
        return f"{detail}; {NOT_DRIVEN}" if row.verdict.is_usable else detail
    if row.probe.isolation == "container":
        return f"{detail}; it is no VM, so it needs {ACCEPT}=1"
    return detail


HEADING: Final = ("backend", "usable", "isolation", "files by", "processes", "hosts", "pinned by")


def _table(rows: Sequence[Row]) -> list[str]:
    cells = [HEADING, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADING))]
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _cells(row: Row) -> tuple[str, ...]:
    usable = "yes" if row.verdict.is_usable else "no"
    head = (row.probe.backend, usable, row.probe.isolation)
    caps = row.caps
    if caps is None:
        return (*head, "-", "-", "-", "-")
    return (
        *head,
        "mounts" if caps.host_mounts else "stream",
        "limited" if caps.pids else "-",
        "filtered" if caps.allow_hosts else "none",
        " or ".join(caps.digest_kinds),
    )
