"""A sandboxed run in VMs: one guest compiles, a fresh one runs (contract/vm.md §10).

The first has the sources and no policy's folders, the second the program and its policy's folders.
What was compiled runs by itself: its limits, layers and verdicts are compiled in, its policy comes
in its environment, and what it says is judged here, as for a program that ran on this machine.
"""

import os
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from x07bundle import files, process
from x07bundle.contract import consent
from x07bundle.process import Finished
from x07bundle.run import guest_compile, guest_words, verdict
from x07bundle.run.frame import framed
from x07bundle.run.guest_compile import Compiled
from x07bundle.run.job import Job
from x07bundle.run.report import OS_REPORT, solve_json
from x07bundle.run.sandbox import Sandbox, child_environment, report_members
from x07bundle.run.verdict import Solve
from x07bundle.vm import boundary, confine, folder, guest
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.confine import Confined
from x07bundle.vm.job import GUEST_IN, GUEST_OUT, Mount
from x07bundle.vm.job import Job as GuestJob
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Captured
from x07bundle.vm.users import caller

OWN_WALL_MS: Final = 2000
"""A program that meets its wall limit says so; then there is no need to end its guest."""
KILLED: Final = {128 + 9: 9, 128 + 24: 24, 128 + 25: 25}
"""Exit codes of engines for a program that a limit of the kernel ended."""


class Done:
    """What the report and its reader get."""

    def __init__(self, document: dict[str, Any], solve: Solve | None, said: bytes) -> None:
        self.document = document
        self.solve = solve
        self.said = said


def run(job: Job, sandbox: Sandbox, environment: Mapping[str, str]) -> Done:
    """Both phases. The policy is refused, where it has to be, before anything is compiled.

    Raises:
        NoVmError: there is no backend.
        RefusedError: the backend cannot enforce the policy.
        X07Error: a guest was not started.
    """
    place = boundary.find(
        consent.told(environment, accepted=sandbox.accepted),
        boundary.Wanted(sandbox.accepted, sandbox.pull),
    )
    confined = _confined(job, sandbox, place)
    compiled = guest_compile.compiled(job, place, _policy(sandbox), environment)
    if compiled.artifact is None:
        return Done(_failed(job, sandbox, compiled), None, compiled.said)
    if job.compiled_out is not None:
        files.write_atomic(job.compiled_out, compiled.artifact, 0o777, parents=True)
    if job.compile_only:
        return Done(_document(job, sandbox, compiled, None), None, compiled.said)
    solve = _solve(job, sandbox, place, confined, compiled.artifact)
    told = "".join(f"x07 run: {line}\n" for line in confined.told)
    return Done(_document(job, sandbox, compiled, solve), solve, told.encode() + compiled.said)


def _policy(sandbox: Sandbox) -> bytes:
    assert sandbox.origin is not None
    return sandbox.origin.effective_data


def _confined(job: Job, sandbox: Sandbox, place: Boundary) -> Confined:
    cwd = os.path.abspath(job.target.working_folder)  # noqa: PTH100  links stay
    backend = place.backend
    return confine.confine(
        sandbox.policy,
        backend.caps,
        cwd,
        sandbox.accepted,
        state=str(place.state.root),
        backend=backend.name,
    )


def _solve(
    job: Job, sandbox: Sandbox, place: Boundary, confined: Confined, artifact: bytes
) -> Solve:
    limits = job.limits
    streams = Captured(framed(job.input), limits.stdout_cap_bytes, limits.stderr_cap_bytes)
    with folder.opened(place.state, "run") as job_folder:
        program = job_folder.inputs / guest_words.ARTIFACT
        folder.put(program, artifact, 0o755)
        guest_job = _guest_job(job, sandbox, place, confined, job_folder)
        with boundary.explained(place.backend, place.env):
            ended = guest.run(place.backend, guest_job, job_folder, streams, place.env)
    return verdict.judge(_finished(ended), limits)


def _guest_job(
    job: Job,
    sandbox: Sandbox,
    place: Boundary,
    confined: Confined,
    job_folder: folder.JobFolder,
) -> GuestJob:
    now_ms = time.time_ns() // 1_000_000
    wall_ms = job.limits.wall_ms or sandbox.policy.limits.wall_ms
    own = (
        Mount(str(job_folder.inputs), GUEST_IN),
        Mount(str(job_folder.outputs), GUEST_OUT, writable=True),
    )
    return GuestJob(
        run_id=job_folder.run_id,
        image=place.image,
        argv=(f"{GUEST_IN}/{guest_words.ARTIFACT}",),
        created_unix_ms=now_ms,
        deadline_unix_ms=now_ms + wall_ms + OWN_WALL_MS,
        limits=confined.limits,
        mounts=(*own, *confined.mounts),
        env=child_environment(sandbox, place.env),
        network=confined.network,
        has_input=True,
        user=caller(place.backend),
    )


def _finished(ended: Ended) -> Finished:
    """As a process of this machine would have ended."""
    return process.Finished(
        exit_status=ended.exit_status,
        signal=KILLED.get(ended.exit_status),
        stdout=ended.stdout,
        stderr=ended.stderr,
        stdout_over=ended.stdout_over,
        stderr_over=ended.stderr_over,
        timed_out=ended.timed_out,
    )


def _failed(job: Job, sandbox: Sandbox, compiled: Compiled) -> dict[str, Any]:
    """The guest's own report, as it stands; ours where it made none."""
    if compiled.document is not None:
        return dict(compiled.document)
    return _document(job, sandbox, compiled, None)


def _document(
    job: Job, sandbox: Sandbox, compiled: Compiled, solve: Solve | None
) -> dict[str, Any]:
    """`compile` as the first guest said, `solve` as the second's program did."""
    ran_well = solve.ok if solve is not None else compiled.artifact is not None
    return {
        "compile": compiled.compile,
        "exit_code": 0 if ran_well else 1,
        "mode": "project-compile-run" if job.target.kind == "project" else "compile-run",
        "schema_version": OS_REPORT,
        "solve": solve_json(solve) if solve is not None else None,
        "solve_output_b64": b64encode(solve.output).decode() if solve is not None else "",
        "world": job.world,
        **report_members(sandbox, solve.stderr if solve is not None else None),
    }
