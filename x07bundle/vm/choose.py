"""Which backend guests run in (contract/vm.md §2, decision 8).

A container shares the host's kernel: docker and podman, and containerd with a runtime that is no
VM's, need consent, on every system. Without it the choice is between VMs, and where there is none
nothing runs.
"""

from collections.abc import Mapping
from typing import Final

from x07bundle.contract.consent import ACCEPT, YES
from x07bundle.errors import RefusedError
from x07bundle.host import Host
from x07bundle.vm import kvm
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.failures import EngineError, NoBackendError
from x07bundle.vm.kvm import Kvm
from x07bundle.vm.preflight import WALL_MS, Machine, Verdict, preflight, present
from x07bundle.vm.probes import Probe, probes

VARIABLE: Final = "X07_VM_BACKEND"
VMS: Final[Mapping[str, tuple[str, ...]]] = {
    "linux": ("firecracker-ctr",),
    "macos": ("apple-container",),
}
"""What is tried, by system."""
CONTAINERS: Final = ("podman", "docker")
"""Tried after those, with consent."""
EXPECTED: Final[Mapping[str, str]] = {"linux": "firecracker-ctr", "macos": "apple-container"}


def choose(
    env: Mapping[str, str], host: Host, accepted: bool, wanted: str | None = None
) -> Backend:
    """The backend that the environment names, else the wanted one, else the best that is usable.

    `accepted`: consent to weaker isolation. `wanted`: what a bundle was made for. One that is named
    is not asked whether it answers, only looked for: the first question to it will tell, and then
    `explained` says why.

    Raises:
        RefusedError: it is another one than the wanted, or no VM, without consent.
        NoBackendError: there is none of that name, or none that is usable.
    """
    named = named_backend(env)
    if named is not None and wanted is not None and named != wanted and not accepted:
        raise _another(named, wanted)
    name = named or wanted
    if name is None:
        return _best(Machine(host, env, kvm.look(host)), accepted)
    machine = Machine(host, env, kvm.look(host) if name in VMS.get(host.system, ()) else Kvm())
    backend = table.from_env(name, env)
    if backend.caps.isolation == "container" and not accepted:
        raise _weak(backend, host, wanted)
    verdict = _looked(name, machine)
    if not verdict.is_usable:
        raise _unusable({name: verdict}, machine, accepted, wanted)
    return backend


def candidates(env: Mapping[str, str], host: Host, accepted: bool) -> tuple[str, ...]:
    """The names of which `choose` takes the first that answers. Nothing is asked here.

    Raises:
        RefusedError, NoBackendError: as `choose`; none is there.
    """
    if named_backend(env) is not None:
        return (choose(env, host, accepted).name,)
    machine = Machine(host, env, kvm.look(host))
    backends = [table.from_env(name, env) for name in _tried(machine, accepted)]
    verdicts = {
        each.name: _consented(each, accepted) or _looked(each.name, machine) for each in backends
    }
    found = tuple(name for name, verdict in verdicts.items() if verdict.is_usable)
    if not found:
        raise _unusable(verdicts, machine, accepted)
    return found


def named_backend(env: Mapping[str, str]) -> str | None:
    """What X07_VM_BACKEND says; None: it leaves the choice to us.

    Raises:
        NoBackendError: it names none.
    """
    text = env.get(VARIABLE, "").strip().lower()
    if text in ("", "auto"):
        return None
    name = table.ALIASES.get(text, text)
    if name not in table.BACKENDS:
        raise NoBackendError(f"{VARIABLE}: no backend `{env[VARIABLE].strip()}`", hint=table.WAYS)
    return name


def explained(
    error: EngineError,
    backend: Backend,
    env: Mapping[str, str],
    host: Host,
    wanted: str | None = None,
) -> NoBackendError:
    """Why an engine failed, as its preflight sees it; else what it said itself. `wanted`: as for
    `choose`."""
    machine = Machine(host, env, kvm.look(host))
    verdict = _asked(backend.name, machine)
    if verdict.is_usable:
        return error
    accepted = backend.caps.isolation == "container" or env.get(ACCEPT, "").strip() in YES
    return _unusable({backend.name: verdict}, machine, accepted, wanted)


def check_answer(
    backend: Backend, env: Mapping[str, str], host: Host, wall_ms: int = WALL_MS
) -> None:
    """Asks an engine how it is, before it is asked for what takes long. `wall_ms`: for the answer.

    Raises:
        NoBackendError: it does not answer.
    """
    machine = Machine(host, env, kvm.look(host), wall_ms)
    verdict = _asked(backend.name, machine)
    if not verdict.is_usable:
        raise _unusable({backend.name: verdict}, machine, accepted=True)


def _best(machine: Machine, accepted: bool) -> Backend:
    """The first that is usable. Where it is the only one, it is not asked."""
    names = _tried(machine, accepted)
    look = _asked if len(names) > 1 else _looked
    verdicts: dict[str, Verdict] = {}
    for name in names:
        backend = table.from_env(name, machine.env)
        verdicts[name] = _consented(backend, accepted) or look(name, machine)
        if verdicts[name].is_usable:
            return backend
    raise _unusable(verdicts, machine, accepted)


def _tried(machine: Machine, accepted: bool) -> tuple[str, ...]:
    """What may do, the strongest first."""
    vms = VMS.get(machine.host.system)
    if vms is None:
        raise NoBackendError(
            f"VM backend is not supported on this platform: `{machine.host.system}`",
            hint="run it on Linux or macOS",
        )
    return (*vms, *CONTAINERS) if accepted else vms


def _consented(backend: Backend, accepted: bool) -> Verdict | None:
    if accepted or backend.caps.isolation == "vm":
        return None
    return Verdict(False, f"its runtime is no VM's, so it needs consent: {ACCEPT}=1")


def _looked(name: str, machine: Machine) -> Verdict:
    return present(_probes(machine)[name], machine)


def _asked(name: str, machine: Machine) -> Verdict:
    return preflight(_probes(machine)[name], machine)


def _probes(machine: Machine) -> dict[str, Probe]:
    return {probe.backend: probe for probe in probes(machine.env, machine.host.arch)}


def _another(named: str, wanted: str) -> RefusedError:
    return RefusedError(
        f"this was made for the backend `{wanted}`, but {VARIABLE}={named} is set",
        "another backend isolates differently, which nobody accepted",
        f"unset {VARIABLE}, or accept it: {ACCEPT}=1",
    )


def _weak(backend: Backend, host: Host, wanted: str | None) -> RefusedError:
    vm = EXPECTED.get(host.system)
    is_made_for_it = vm is not None and wanted == backend.name
    other = f"bundle it with `--backend {vm}`" if is_made_for_it else f"name a VM in {VARIABLE}"
    return RefusedError(
        f"the backend `{backend.name}` isolates less than a VM, which nobody accepted",
        "its guests share the kernel with everything else on this machine",
        f"to accept that, set {ACCEPT}=1; else {other}",
    )


def _unusable(
    verdicts: Mapping[str, Verdict], machine: Machine, accepted: bool, wanted: str | None = None
) -> NoBackendError:
    """What is missing, and both ways out: a VM, or a container."""
    doctor = "`x07 doctor`" if wanted is None else "`X07_BUNDLE=doctor`"
    lines = [f"{name}: {verdict.detail}" for name, verdict in verdicts.items()]
    lines.append(f"in a VM: {_vm_way(machine.host, wanted, doctor)}")
    container = _container(verdicts, accepted)
    if container:
        why = "in a container" if accepted else "without one, if a container is enough"
        lines.append(f"{why}: {container}")
    fix = next((verdict.fix for verdict in verdicts.values() if verdict.fix), None)
    hint = f"to mend it: {fix}" if fix else _without_fix(container, accepted, doctor)
    one = next(iter(verdicts))
    if len(verdicts) > 1 or one in VMS.get(machine.host.system, ()):
        return NoBackendError("no VM backend is usable here", "\n".join(lines), hint)
    return NoBackendError(f"the backend `{one}` is not usable here", "\n".join(lines), hint)


def _vm_way(host: Host, wanted: str | None, doctor: str) -> str:
    """A bundle that was made for a container takes no VM."""
    expected = EXPECTED.get(host.system)
    if expected is None:
        return "none on this system"
    if wanted in (None, expected):
        return f"{expected}; {doctor} says what it lacks"
    return f"a bundle that is made with `--backend {expected}`"


def _container(looked_at: Mapping[str, Verdict], accepted: bool) -> str:
    """What takes the way out that is no VM; empty where that was tried. Nobody is asked for the
    consent that is there."""
    left = [name for name in CONTAINERS if name not in looked_at]
    way = f"{VARIABLE}={' or '.join(left)}" if left else ""
    return way if accepted else f"{ACCEPT}=1 and {way}"


def _without_fix(container: str, accepted: bool, doctor: str) -> str:
    if not container:
        return f"install or start one of them; {doctor} says how"
    what = "choose a container" if accepted else "accept weaker isolation"
    return f"{doctor}; or {what}: {container}"
