"""`x07 bundle`, verb by verb: compile, wrap, link, report, place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from x07bundle import files
from x07bundle.bundle import attest
from x07bundle.bundle.build import Made, Say, make, make_again
from x07bundle.bundle.outputs import Output, check, place
from x07bundle.bundle.plan import Plan, decide
from x07bundle.bundle.report import MODES, bundle_report, compile_result
from x07bundle.bundle.request import Request
from x07bundle.bundle.target import find
from x07bundle.contract.compile_report import CompileResult, host_report
from x07bundle.contract.worlds import SANDBOXED
from x07bundle.errors import X07Error
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.project import profiles
from x07bundle.project.roots import warnings


class Outcome(NamedTuple):
    """`report` is for stdout; the rest is what people are told."""

    report: Mapping[str, Any]
    result: CompileResult
    diagnostics: tuple[Diagnostic, ...]


def plan(request: Request, environment: Mapping[str, str]) -> Plan:
    """What will be done. Reads the project; writes nothing.

    Raises:
        UsageError, ProjectError: nothing can be made of the request.
        OutputError: an output cannot be written, whatever is made.
    """
    decided = decision(request, environment)
    check([*decided.outputs, *_derived(decided)])
    return decided


def decision(request: Request, environment: Mapping[str, str]) -> Plan:
    """As `plan`, without a look at where outputs go."""
    target = find(request, environment)
    profile = profiles.select(target.project, request.profile)
    decided = decide(request, target, profile)
    if decided.world == SANDBOXED:
        from x07bundle.bundle.sandbox import sandboxed

        decided = sandboxed(decided, request, profile, environment)
    return decided


def _derived(plan: Plan) -> list[Path]:
    """The policy that options made, which is kept in the project."""
    used = plan.sandbox.effective if plan.sandbox is not None else None
    return [used.path] if used is not None and used.derived else []


def bundle(plan: Plan, environment: Mapping[str, str], say: Say) -> Outcome:
    """Makes the executable, and what was asked for beside it: all of it, or nothing.

    Raises:
        X07Error: what is needed is missing, or an output cannot be written.
    """
    made = make(plan, environment, say)
    result = compile_result(plan, made)
    report = bundle_report(plan, host_report(MODES[plan.target.kind], result))
    if made.executable is not None:
        place(outputs(plan, made, report, environment, say))
    elif plan.attestation is not None:
        raise X07Error("`--emit-attestation` requires a successful bundle", result.compile_error)
    return Outcome(report, result, (*made.front.compiled.diagnostics, *_warnings(plan)))


def _warnings(plan: Plan) -> tuple[Diagnostic, ...]:
    """Of the project, where it is what is bundled."""
    return warnings(plan.target.project) if plan.target.kind == "project" else ()


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
    contents = {"report.json": files.json_pretty(report), **made.linked.texts.files}
    if plan.sandbox is not None:
        contents["policy.used.json"] = plan.sandbox.effective.data
    return [Output(plan.emit_folder / name, data) for name, data in contents.items()]


def _attested(plan: Plan, made: Made, environment: Mapping[str, str], say: Say) -> list[Output]:
    if plan.attestation is None or made.linked is None:
        return []
    again = make_again(plan, environment, say)
    document = attest.attestation(plan, made.front.entry, made.linked, again)
    return [Output(plan.attestation, files.json_pretty_sorted(document))]
