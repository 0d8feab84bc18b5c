"""What a sandboxed bundle adds to a bundle: policy, limits and layers, which its `main` carries.

Imported for the world `run-os-sandboxed` alone. Relative roots of the policy start from wherever
the executable is started.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from x07bundle.bundle.plan import Plan
from x07bundle.bundle.request import Request
from x07bundle.contract import layers
from x07bundle.contract.policy_environment import pairs
from x07bundle.native.main_text import c_string
from x07bundle.policy import choice
from x07bundle.policy.choice import Choice
from x07bundle.project.clashes import refuse_clashes, refuse_within
from x07bundle.project.manifest import Link
from x07bundle.project.profiles import Profile

FILES: Final = ("--sign-key", "--password-file", "--embed-guest")
"""Options of VM bundles that name a file."""
TEMPLATE: Final = "native_main_sandboxed.c.j2"


def sandboxed(
    plan: Plan, request: Request, profile: Profile | None, environment: Mapping[str, str]
) -> Plan:
    """The plan with its sandbox, in which the policy says what the program may be written with.
    Without native code it links with no library: those of a project need not be called to run.

    Raises:
        UsageError, NoVmError: there is no such backend, or it was not accepted; or an output would
            replace the policy.
        X07Error: the policy cannot be used.
    """
    place = choice.Place(plan.target.policy_root, profile.policy if profile else None)
    chosen = choice.choose(request.sandbox, place, environment)
    _check_places(plan._replace(sandbox=chosen), request)
    language = chosen.effective.policy.language
    allowed = plan.source_limits._replace(
        allow_unsafe=language.allow_unsafe, allow_ffi=language.allow_ffi
    )
    link = plan.link if language.allow_ffi else Link()
    linked = plan._replace(link=link, auto_ffi=plan.auto_ffi and language.allow_ffi)
    return linked._replace(sandbox=chosen, source_limits=allowed)


def _check_places(plan: Plan, request: Request) -> None:
    """Raises UsageError: an output would replace the policy, or a file that an option names."""
    assert plan.sandbox is not None
    given = (plan.sandbox.base, *(request.sandbox.get(flag) for flag in FILES))
    refuse_clashes(plan.outputs, (*plan.target.inputs, *given))
    if plan.kind == "vm":
        _check_folder(plan, given)


def _check_folder(plan: Plan, given: tuple[Path | None, ...]) -> None:
    """The folder of a VM bundle is replaced as a whole; an image that is embedded is copied before.

    Raises:
        UsageError: an input, or another output, is in it.
        OutputError: it is something else than the folder of a bundle.
    """
    from x07bundle.bundle import sidecar  # bundles of the kernel have none

    folder = sidecar.folder_of(plan.out)
    roots = plan.target.module_roots
    refuse_within(folder, (*plan.target.inputs, *roots, *given[:-1], *plan.outputs[1:]))
    sidecar.refuse_others(folder)


def main_values(chosen: Choice) -> dict[str, str]:
    """What the sandboxed `main` has more than the plain one."""
    policy = chosen.effective.policy
    limits = policy.limits._asdict()
    return {
        "policy_pairs": "\n        ".join(_pair(*pair) for pair in pairs(policy)),
        **{name: f"{int(value)}u" for name, value in limits.items()},
        "layers": f"{layers.bits(layers.OF_BACKEND[chosen.backend])}u",
        "required_layers": f"{layers.bits(chosen.required_layers)}u",
    }


def report_json(chosen: Choice) -> dict[str, Any]:
    """The `policy` of a bundle's report (contract/reports.md §4)."""
    return {
        "base_policy": os.fspath(chosen.base),
        "effective_policy": os.fspath(chosen.effective.path),
        "embedded_env_keys": [name for name, _ in pairs(chosen.effective.policy)],
    }


def plan_json(chosen: Choice) -> dict[str, Any]:
    """What the plan says of the sandbox."""
    return {
        "backend": chosen.backend,
        "required_layers": list(chosen.required_layers),
        "base_policy": os.fspath(chosen.base),
        "effective_policy": os.fspath(chosen.effective.path),
    }


def _pair(name: str, value: str) -> str:
    return f"{{{c_string(os.fsencode(name))}, {c_string(os.fsencode(value))}}},"
