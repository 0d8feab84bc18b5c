"""Does a job: compile, run, report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from x07bundle.contract.compile_report import CompileResult
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.run.compilation import Compilation, compile_target
from x07bundle.run.execution import child_environment, execute
from x07bundle.run.job import Job
from x07bundle.run.report import artifact_report, compiled_report
from x07bundle.run.verdict import Solve


class Outcome(NamedTuple):
    """`document` is the runner's report; the rest is for what is said on stderr. `said`: by guests,
    as it is.
    """

    document: Mapping[str, Any]
    compiled: CompileResult | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    solve: Solve | None = None
    said: bytes = b""

    @property
    def exit_code(self) -> int:
        code = self.document["exit_code"]
        assert isinstance(code, int)
        return code


def run_job(job: Job, environment: Mapping[str, str]) -> Outcome:
    """Compile what has to be compiled, run it, and judge it.

    Raises:
        X07Error: there is no verdict: no C compiler, a file that cannot be read or written, no
            guest in which it could run.
    """
    if job.sandbox is not None and job.sandbox.backend == "vm":
        return _run_in_guests(job, environment)
    entry = job.target.entry
    if entry is None:
        solve = _execute(job, job.target.path, environment)
        return Outcome(_with_sandbox(job, artifact_report(job.world, solve), solve), solve=solve)
    done = compile_target(job, entry, environment)
    ran = _run_compiled(job, done, environment)
    document = compiled_report(job.target, job.world, done.result, ran)
    document = _with_sandbox(job, document, ran, done.diagnostics)
    return Outcome(document, done.result, done.diagnostics, ran)


def _run_in_guests(job: Job, environment: Mapping[str, str]) -> Outcome:
    from x07bundle.run import guest_run

    assert job.sandbox is not None
    done = guest_run.run(job, job.sandbox, environment)
    return Outcome(done.document, solve=done.solve, said=done.said)


def _with_sandbox(
    job: Job, document: dict[str, Any], ran: Solve | None, found: tuple[Diagnostic, ...] = ()
) -> dict[str, Any]:
    """The report with what a sandboxed run adds to it."""
    if job.sandbox is None:
        return document
    from x07bundle.run.sandbox import report_members

    stderr = ran.stderr if ran is not None else None
    return document | report_members(job.sandbox, stderr, found, job.limits)


def _run_compiled(job: Job, done: Compilation, environment: Mapping[str, str]) -> Solve | None:
    if done.executable is None or job.compile_only:
        return None
    return _execute(job, done.executable, environment)


def _execute(job: Job, executable: Path, environment: Mapping[str, str]) -> Solve:
    seen, folder = _visible(job, environment), job.target.working_folder
    leaves_none = job.sandbox is not None and job.sandbox.leaves_none
    return execute(executable, job.input, job.limits, seen, folder, ends_descendants=leaves_none)


def _visible(job: Job, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that the program sees."""
    if job.sandbox is None:
        return child_environment(environment, job.world)
    from x07bundle.run import sandbox

    return sandbox.child_environment(job.sandbox, environment)
