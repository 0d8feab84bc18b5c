"""The VM boundary: a check for each backend, and one for whether programs get one."""

from typing import Final

from x07bundle.contract.consent import ACCEPT, FLAGS, YES
from x07bundle.doctor.check import Check
from x07bundle.vm.preflight import Machine, preflight
from x07bundle.vm.probes import DRIVEN, Probe, probes

BOUNDARY: Final = "vm"
OF_BACKEND: Final = "vm."
WEAK: Final = "no VM, so it needs consent"
NONE_DRIVEN: Final = "this version starts programs in no VM yet, whatever backend is usable"
INSTEAD: Final = f"confined by the kernel alone, if that is enough: {FLAGS}"
"""Weaker, so it is a choice to make, and no fix to paste."""


def backend(probe: Probe, machine: Machine) -> Check:
    verdict = preflight(probe, machine)
    is_weak = verdict.is_usable and probe.isolation == "container"
    detail = f"{verdict.detail}; {WEAK}: {ACCEPT}=1" if is_weak else verdict.detail
    return Check(OF_BACKEND + probe.backend, verdict.is_usable, detail, verdict.fix)


def kvm(machine: Machine) -> Check:
    problem = machine.kvm.problem
    return Check("kvm", problem is None, problem or "usable", machine.kvm.fix)


def boundary(found: tuple[Check, ...], machine: Machine, driven: frozenset[str] = DRIVEN) -> Check:
    """Whether a sandboxed program gets a VM here."""
    if not driven:
        return Check(BOUNDARY, False, f"{NONE_DRIVEN}; {INSTEAD}")
    accepted = machine.env.get(ACCEPT, "").strip() in YES
    for probe in probes(machine.env, machine.host.arch):
        is_usable = any(one.ok and one.name == OF_BACKEND + probe.backend for one in found)
        if probe.backend in driven and is_usable and (accepted or probe.isolation == "vm"):
            return Check(BOUNDARY, True, f"sandboxed programs run in {probe.backend}")
    return Check(BOUNDARY, False, f"no backend is usable; {INSTEAD}")
