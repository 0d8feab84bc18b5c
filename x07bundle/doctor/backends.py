"""The VM boundary: a check for each backend, and one for whether programs get one."""

from typing import Final

from x07bundle.contract.consent import ACCEPT, YES, flags
from x07bundle.doctor.check import Check
from x07bundle.vm import choose
from x07bundle.vm.failures import NoBackendError
from x07bundle.vm.preflight import Machine, preflight
from x07bundle.vm.probes import DRIVEN, Probe, probes

BOUNDARY: Final = "vm"
OF_BACKEND: Final = "vm."
WEAK: Final = "no VM, so it needs consent"
NOT_DRIVEN: Final = "this version starts no guests in it yet"
NONE: Final = "no backend is usable"


def backend(probe: Probe, machine: Machine) -> Check:
    verdict = preflight(probe, machine)
    detail = verdict.detail
    if verdict.is_usable and probe.isolation == "container":
        detail += f"; {WEAK}: {ACCEPT}=1"
    if verdict.is_usable and probe.backend not in DRIVEN:
        detail += f"; {NOT_DRIVEN}"
    return Check(OF_BACKEND + probe.backend, verdict.is_usable, detail, verdict.fix)


def kvm(machine: Machine) -> Check:
    problem = machine.kvm.problem
    return Check("kvm", problem is None, problem or "usable", machine.kvm.fix)


def boundary(found: tuple[Check, ...], machine: Machine, driven: frozenset[str] = DRIVEN) -> Check:
    """Whether a sandboxed program gets a VM here, by what the environment names and accepts."""
    try:
        named = choose.named_backend(machine.env)
    except NoBackendError as error:
        return Check(BOUNDARY, False, f"{error.brief}; {error.hint}")
    known = driven if named is None else driven & {named}
    usable = [probe for probe in probes(machine.env, machine.host.arch) if _is_usable(probe, found)]
    ours = [probe for probe in usable if probe.backend in known]
    accepted = machine.env.get(ACCEPT, "").strip() in YES
    for probe in ours:
        if accepted or probe.isolation == "vm":
            return Check(BOUNDARY, True, f"sandboxed programs run in {probe.backend}")
    return Check(BOUNDARY, False, f"{_why_none(ours, named)}; {_instead(accepted)}")


def _instead(accepted: bool) -> str:
    """Weaker, so it is a choice to make, and no fix to paste."""
    return f"confined by the kernel alone, if that is enough: {flags(accepted=accepted)}"


def _why_none(weak: list[Probe], named: str | None) -> str:
    """`weak`: what nobody accepted."""
    if weak:
        names = " or ".join(probe.backend for probe in weak)
        return f"no VM is usable; a container in {names}, if that is enough: {ACCEPT}=1"
    return NONE if named is None else f"{choose.VARIABLE} names {named}, which is not usable"


def _is_usable(probe: Probe, found: tuple[Check, ...]) -> bool:
    return any(one.ok and one.name == OF_BACKEND + probe.backend for one in found)
