"""What a sandboxed run adds to a run: its policy, what confines it, and what the program sees.

The program gets no variable of the caller that its policy does not name: an environment holds
credentials, and the names of files that nobody granted.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from x07bundle.contract.consent import Backend
from x07bundle.contract.granted_variables import granted_variables
from x07bundle.contract.layers import OF_BACKEND
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_environment import variables
from x07bundle.files import sha256_bytes
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.run.compile_denials import compile_denials
from x07bundle.run.job import Job
from x07bundle.run.limits import COLLECTED_STDERR_CAP_BYTES, RunLimits
from x07bundle.run.told import denials, layers, limit

AUTHORITIES: Final = "X07_CA_FILE"
"""Names the certificates that TLS trusts: the one variable of the caller that needs no grant."""
Pull = Literal["never", "missing"]


class Origin(NamedTuple):
    """Where a policy comes from: its file with its bytes, and those of the one that it is derived
    from; the same where it is not.
    """

    base: Path
    base_data: bytes
    effective: Path
    effective_data: bytes

    def as_json(self) -> dict[str, str]:
        return {
            "base": os.path.abspath(self.base),  # noqa: PTH100  links stay
            "base_sha256": sha256_bytes(self.base_data),
            "effective": os.path.abspath(self.effective),  # noqa: PTH100
            "effective_sha256": sha256_bytes(self.effective_data),
        }


class Sandbox(NamedTuple):
    """`required_layers`: without one of them the program does not start. `collects`: the program
    goes on past each denial that it gets as an error. `accepted`: weaker isolation than a VM's.
    `pull`: whether a guest image that is not there is got.
    """

    backend: Backend
    policy: Policy
    required_layers: tuple[str, ...] = ()
    origin: Origin | None = None
    collects: bool = False
    accepted: bool = False
    pull: Pull = "never"

    @property
    def leaves_none(self) -> bool:
        """Whether nothing may outlive the program, and it can start something. Native code can
        where no filter is in force."""
        process, language = self.policy.process, self.policy.language
        starts = (process.enabled and process.allow_spawn) or language.allow_ffi
        return starts and process.kill_on_drop and process.kill_tree


def child_environment(sandbox: Sandbox, environment: Mapping[str, str]) -> dict[str, str]:
    """All that the program sees: the variables that its policy names, the file of certificates
    that TLS trusts, and the policy."""
    return {
        **granted_variables(sandbox.policy.env, environment),
        **_authorities(sandbox, environment),
        **variables(sandbox.policy),
        **_confinement(sandbox),
    }


def _authorities(sandbox: Sandbox, environment: Mapping[str, str]) -> dict[str, str]:
    """A guest has its own."""
    is_here = sandbox.backend != "vm" and sandbox.policy.net.enabled
    has_any = is_here and AUTHORITIES in environment
    return {AUTHORITIES: environment[AUTHORITIES]} if has_any else {}


def _confinement(sandbox: Sandbox) -> dict[str, str]:
    """What `main` of the program is told of its limits and layers (x07_sandbox.h)."""
    limits = sandbox.policy.limits._asdict().items()
    return {
        **{f"X07_OS_LIMITS_{name.upper()}": str(int(value)) for name, value in limits},
        "X07_OS_LAYERS": ",".join(OF_BACKEND[sandbox.backend]),
        "X07_OS_REQUIRE_LAYERS": ",".join(sandbox.required_layers),
        **({"X07_OS_DENIALS": "collect"} if sandbox.collects else {}),
        **({"X07_OS_KEEPS_TIME": "1"} if sandbox.backend == "vm" else {}),
    }


def confined(job: Job, sandbox: Sandbox) -> Job:
    """The job in a sandbox: what its policy lets it be written with, and its limits.

    Options cannot raise a limit of the policy: both hold.

    Raises:
        X07Error: a program cannot be started with this policy.
    """
    variables(sandbox.policy)
    language = sandbox.policy.language
    allowed = job.options._replace(allow_unsafe=language.allow_unsafe, allow_ffi=language.allow_ffi)
    limits = job.limits._replace(policy=sandbox.policy.limits)
    sandbox = sandbox._replace(policy=sandbox.policy._replace(limits=limits.of_program))
    if sandbox.collects:
        limits = limits._replace(stderr_cap_bytes=COLLECTED_STDERR_CAP_BYTES)
    return job._replace(sandbox=sandbox, options=allowed, limits=limits)


def report_members(
    sandbox: Sandbox,
    stderr: bytes | None,
    found: Iterable[Diagnostic] = (),
    limits: RunLimits | None = None,
) -> dict[str, Any]:
    """What a sandboxed run adds to its report. `stderr` is None where nothing ran; `found` is what
    the compiler found.
    """
    return {
        "limit_exceeded": _as_it_was_set(limit(stderr or b""), limits),
        "policy_denials": [*compile_denials(found), *denials(stderr or b"")],
        "policy_denials_collected": sandbox.collects,
        "sandbox_backend": sandbox.backend,
        "sandbox_layers": layers(stderr or b""),
        "sandbox_policy": sandbox.origin.as_json() if sandbox.origin else None,
    }


def _as_it_was_set(met: dict[str, Any] | None, limits: RunLimits | None) -> dict[str, Any] | None:
    """No policy has to be changed for the limit of an option or a profile."""
    if met is None or limits is None or not limits.is_of_option(met["field"]):
        return met
    return {"field": "cpu_time_limit_seconds", "value": limits.cpu_time_limit_seconds}
