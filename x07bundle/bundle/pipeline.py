"""`x07 bundle`, verb by verb: compile, wrap, link, report, place."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from x07bundle import files
from x07bundle.bundle import attest
from x07bundle.bundle.build import Made, Say, make, make_again
from x07bundle.bundle.outputs import Output, place
from x07bundle.bundle.plan import Plan, decide
from x07bundle.bundle.report import bundle_report, host_report
from x07bundle.bundle.request import Request
from x07bundle.bundle.target import find
from x07bundle.errors import X07Error
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.project import profiles


class Outcome(NamedTuple):
    """The report for stdout, and what the compiler found, for people."""

    report: Mapping[str, Any]
    ok: bool
    diagnostics: tuple[Diagnostic, ...]
    c_compiler_said: str = ""


def plan(request: Request, environment: Mapping[str, str]) -> Plan:
    """What will be done. Reads the project; writes nothing.

    Raises:
        UsageError, ProjectError: nothing can be made of the request.
    """
    target = find(request, environment)
    return decide(request, target, profiles.select(target.project, request.profile))


def bundle(plan: Plan, environment: Mapping[str, str], say: Say) -> Outcome:
    """Makes the executable, and what was asked for beside it: all of it, or nothing.

    Raises:
        X07Error: what is needed is missing, or an output cannot be written.
    """
    made = make(plan, environment, say)
    report = bundle_report(plan, host_report(plan, made))
    if made.executable is not None:
        place(outputs(plan, made, report, environment, say))
    elif plan.attestation is not None:
        error = report["report"]["compile"]["compile_error"]
        raise X07Error("`--emit-attestation` requires a successful bundle", error)
    return Outcome(
        report=report,
        ok=made.executable is not None,
        diagnostics=made.front.compiled.diagnostics,
        c_compiler_said=_c_compiler_said(made),
    )


def outputs(
    plan: Plan, made: Made, report: Mapping[str, Any], environment: Mapping[str, str], say: Say
) -> list[Output]:
    """Everything that is written, the executable first."""
    assert made.executable is not None
    return [
        Output(plan.out, made.executable, 0o777),
        *_emitted(plan, made, report),
        *_attested(plan, made, environment, say),
    ]


def _emitted(plan: Plan, made: Made, report: Mapping[str, Any]) -> list[Output]:
    """The files of `--emit-dir` (contract/cli.md §3)."""
    if plan.emit_folder is None or made.linked is None:
        return []
    texts = made.linked.texts
    contents = {
        "report.json": files.json_pretty(report),
        "program.freestanding.c": texts.program.encode(),
        "wrapper.main.c": texts.wrapper.encode(),
        "bundle.combined.c": texts.combined.encode(),
    }
    return [Output(plan.emit_folder / name, data) for name, data in contents.items()]


def _attested(plan: Plan, made: Made, environment: Mapping[str, str], say: Say) -> list[Output]:
    if plan.attestation is None or made.linked is None:
        return []
    again = make_again(plan, environment, say)
    document = attest.attestation(plan, made.front.entry, made.linked, again)
    return [Output(plan.attestation, files.json_pretty_sorted(document))]


def _c_compiler_said(made: Made) -> str:
    """What the C compiler wrote; nothing where it was content."""
    if made.linked is None or made.linked.built.ok:
        return ""
    return made.linked.built.stderr.decode("utf-8", "replace")
