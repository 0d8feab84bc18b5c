"""What a policy is at the VM boundary: mounts, limits, a network or none; or a refusal.

A field that the backend cannot enforce, and that grants something, is refused by its name. What is
enforced in the guest alone (times, variables, programs) is not looked at here.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.contract.consent import ACCEPT
from x07bundle.contract.policy import DbNet, Policy
from x07bundle.errors import RefusedError
from x07bundle.host import text
from x07bundle.vm import roots
from x07bundle.vm.backend import Caps
from x07bundle.vm.job import GuestLimits, Mount

TASKS_BESIDE: Final = 8
"""Of what starts the program in the guest, and of the program itself."""
MOUNTS: Final = Path("/proc/self/mountinfo")
FILES_BESIDE: Final = 32
"""That an agent holds open; the program has its own limit."""


class Confined(NamedTuple):
    """`network`: the engine's default one. `told`: lines for people, on what is not enforced."""

    mounts: tuple[Mount, ...]
    limits: GuestLimits
    network: bool
    told: tuple[str, ...]


def confine(
    policy: Policy,
    caps: Caps,
    cwd: str,
    accepted: bool,
    *,
    state: str | None = None,
    backend: str = "this backend",
    is_question: bool = False,
) -> Confined:
    """A guest for the policy. Makes missing write roots, when nothing is refused.

    `cwd`: the folder that relative roots start from. `accepted`: consent to weaker isolation.
    `state`: the folder of all jobs, which no guest sees. `is_question`: nothing is made.

    Raises:
        RefusedError: the backend cannot enforce it, or a root cannot be mounted: all reasons; or a
            write root cannot be made.
    """
    mounted = roots.mounted(text(MOUNTS))
    place = roots.Place(str(Path(cwd).absolute()), state, caps, mounted)
    found = roots.find(policy, place)
    asked = tuple(_hosts_asked(policy))
    problems = {**found.problems, **_unenforced(policy, caps, accepted, backend)}
    if problems:
        raise _refusal(problems, asked)
    if not is_question:
        _make(found.missing)
    told = tuple(_told(policy, caps, asked, backend))
    return Confined(found.mounts, limits(policy, caps), bool(asked), told)


def here() -> str:
    """The folder that relative roots start from. Raises RefusedError: it was removed."""
    try:
        return str(Path.cwd())
    except OSError as error:
        raise RefusedError(
            "the current folder is not there any more", hint="change to another one: `cd ..`"
        ) from error


def _make(missing: Mapping[str, Path]) -> None:
    for field, path in missing.items():
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = (files.why_no_folder(path, error).strerror or "").lower()
            raise _refusal({field: f"`{path}` cannot be made: {why}"}, ()) from error


def refuse_unenforced(policy: Policy, caps: Caps, accepted: bool, backend: str) -> None:
    """What can be said of a policy before anything starts, on whatever machine.

    Raises:
        RefusedError: the backend cannot enforce a field, or a root is nowhere in a guest.
    """
    problems = {**roots.nowhere(policy.fs), **_unenforced(policy, caps, accepted, backend)}
    if problems:
        raise _refusal(problems, tuple(_hosts_asked(policy)))


def refuse_everywhere(policy: Policy) -> None:
    """What can be said of it in whatever backend.

    Raises:
        RefusedError: no backend can enforce a field.
    """
    problems = {**roots.nowhere(policy.fs), **_paths_without_root(policy)}
    if problems:
        raise _refusal(problems, ())


def _unenforced(policy: Policy, caps: Caps, accepted: bool, backend: str) -> dict[str, str]:
    is_open = caps.allow_hosts or accepted
    hosts = {} if is_open else dict.fromkeys(_hosts_asked(policy), _unfiltered(backend))
    return {**_paths_without_root(policy), **hosts}


def limits(policy: Policy, caps: Caps) -> GuestLimits:
    """Of the whole guest. Those of the program are set in it."""
    found = policy.limits
    return GuestLimits(
        mem_bytes=max(found.mem_bytes, caps.least_mem_bytes),
        pids=found.procs + TASKS_BESIDE,
        open_files=found.fds + FILES_BESIDE,
    )


def _hosts_asked(policy: Policy) -> Iterator[str]:
    """The fields that grant a host: a network is needed for them."""
    if policy.net.enabled and policy.net.allow_hosts:
        yield "net.allow_hosts"
    drivers = policy.db.drivers
    if policy.db.enabled and (drivers.postgres or drivers.mysql or drivers.redis):
        yield from _servers(policy.db.net)


def _servers(net: DbNet) -> Iterator[str]:
    if net.allow_dns:
        yield "db.net.allow_dns"
    if net.allow_cidrs:
        yield "db.net.allow_cidrs"


def _unfiltered(backend: str) -> str:
    return f"{backend} does not enforce the allowlist at the VM boundary: a guest has no network"


def _paths_without_root(policy: Policy) -> dict[str, str]:
    """Database files that do not reach the guest."""
    if not (policy.db.enabled and policy.db.drivers.sqlite):
        return {}
    places = [*policy.fs.read_roots, *policy.fs.write_roots] if policy.fs.enabled else []
    mounted = [roots.guest_path(place) for place in places]
    return {
        f"db.sqlite.allow_paths[{number}]": f"`{path}` is below no root, so no guest has it"
        for number, path in enumerate(policy.db.sqlite.allow_paths)
        if not any(roots.is_below(roots.guest_path(path), place) for place in mounted)
    }


def _refusal(problems: Mapping[str, str], asked: tuple[str, ...]) -> RefusedError:
    lines = [f"{field}: {why}" for field, why in problems.items()]
    first = next(iter(problems))
    hint = "change the policy, or what is there: relative roots start from the working folder"
    if any(field in problems for field in asked):
        hint = f"if any host may be reached, set {ACCEPT}=1; else take the hosts out of the policy"
    return RefusedError(f"the policy is refused at `{first}`", "\n".join(lines), hint)


def _told(policy: Policy, caps: Caps, asked: tuple[str, ...], backend: str) -> Iterator[str]:
    if asked and not caps.allow_hosts:
        fields = ", ".join(asked)
        yield f"{fields}: not enforced by {backend}, as accepted: the guest reaches any host"
    if caps.isolation == "container" and not caps.pids:
        yield f"limits.procs: {policy.limits.procs} is not enforced by {backend}"
