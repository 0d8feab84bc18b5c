"""The sandbox of a run. What it takes is imported for sandboxed runs alone."""

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from x07bundle.cli.options import sandbox_flags, sandbox_values
from x07bundle.contract.worlds import SANDBOXED
from x07bundle.errors import UsageError
from x07bundle.project.profiles import Profile
from x07bundle.run.job import Job
from x07bundle.run.target import Target
from x07bundle.run.worlds import check_sandbox_flags, check_world, refuse_artifact

if TYPE_CHECKING:
    from x07bundle.run.sandbox import Sandbox


class Place(NamedTuple):
    """What is run, and in which world."""

    target: Target
    profile: Profile | None
    world: str

    @property
    def is_sandboxed(self) -> bool:
        return self.world == SANDBOXED


def sandbox_of(program: str, place: Place) -> "Sandbox | None":
    """The sandbox that options and profile choose; None for `run-os`.

    Raises:
        X07Error: the world, the backend or the policy cannot be had.
    """
    check_world(place.world)
    check_sandbox_flags(place.world, sandbox_flags())
    if not place.is_sandboxed:
        return None
    if place.target.kind == "artifact":
        raise refuse_artifact()
    _refuse_attestation()
    from x07bundle.policy import choice, overrides
    from x07bundle.run.sandbox import Origin, Sandbox

    of_profile = place.profile.policy if place.profile else None
    where = choice.Place(place.target.working_folder, of_profile)
    chosen = choice.choose(sandbox_values(), where, os.environ)
    overrides.keep(chosen.effective)
    if chosen.effective.derived:
        click.echo(f"{program}: using derived policy {chosen.effective.path}", err=True)
    policy, path, _, data, base_data = chosen.effective
    origin = Origin(chosen.base, base_data, path, data)
    return Sandbox(
        chosen.backend,
        policy,
        chosen.required_layers,
        origin,
        collects="--collect-denials" in sandbox_flags(),
        accepted=chosen.accepted,
        pull=sandbox_values().get("--pull", "never"),
    )


def _refuse_attestation() -> None:
    if "--attest-runtime" in sandbox_flags():
        raise UsageError(
            "`--attest-runtime`: not available in this version",
            hint="the report says what confined the program: `sandbox_layers`",
        )


def confined(job: Job, sandbox: "Sandbox | None") -> Job:
    """The job in its sandbox, if it has one."""
    if sandbox is None:
        return job
    from x07bundle.run import sandbox as room

    return room.confined(job, sandbox)
