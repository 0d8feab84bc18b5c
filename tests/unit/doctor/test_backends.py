"""Whether a sandboxed program gets a VM."""

from pathlib import Path

import pytest

from tests.unit.doctor.benches import real_compiler
from tests.unit.native.stub_sources import needs_cc
from tests.unit.vm.machines import HANGING, answers, machine, program, with_variables
from x07bundle.contract.consent import ACCEPT
from x07bundle.doctor import backends
from x07bundle.doctor.check import Check
from x07bundle.doctor.examine import examine
from x07bundle.doctor.needs import Needs
from x07bundle.doctor.report import is_well
from x07bundle.vm.kvm import Kvm
from x07bundle.vm.probes import probes

QEMU = Check("vm.qemu", True, "qemu 7.2.19")
DOCKER = Check("vm.docker", True, "docker 28.2.2")
EVERY = frozenset({"qemu", "docker", "firecracker-ctr"})


@pytest.mark.parametrize(
    ("found", "driven", "accepted", "ok"),
    [
        ((QEMU,), EVERY, "", True),
        ((DOCKER,), EVERY, "", False),
        ((DOCKER,), EVERY, "1", True),
        ((DOCKER,), EVERY, "maybe", False),
        ((QEMU._replace(ok=False),), EVERY, "1", False),
        ((QEMU,), frozenset({"docker"}), "1", False),
        ((QEMU, DOCKER), frozenset(), "1", False),
        ((), EVERY, "1", False),
    ],
)
def test_boundary(
    tmp_path: Path, found: tuple[Check, ...], driven: frozenset[str], accepted: str, ok: bool
) -> None:
    where = with_variables(tmp_path, {ACCEPT: accepted})
    check = backends.boundary(found, where, driven)
    assert check.ok == ok
    assert ("--sandbox-backend os" in check.detail) == (not ok)
    assert check.fix is None


def test_the_strongest_is_named(tmp_path: Path) -> None:
    check = backends.boundary((DOCKER, QEMU), with_variables(tmp_path, {ACCEPT: "1"}), EVERY)
    assert check.detail == "sandboxed programs run in qemu"


@pytest.mark.parametrize(
    ("named", "ok", "detail"),
    [
        ("docker", True, "sandboxed programs run in docker"),
        (" Docker ", True, "sandboxed programs run in docker"),
        ("auto", True, "sandboxed programs run in qemu"),
        ("podman", False, "X07_VM_BACKEND names podman, which is not usable; "),
        ("dokcer", False, "X07_VM_BACKEND: no backend `dokcer`; "),
    ],
)
def test_the_one_that_is_named(tmp_path: Path, named: str, ok: bool, detail: str) -> None:
    """As a run would have it, whichever is stronger."""
    where = with_variables(tmp_path, {ACCEPT: "1", "X07_VM_BACKEND": named})
    check = backends.boundary((QEMU, DOCKER), where, EVERY)
    assert check.ok == ok
    assert check.detail.startswith(detail)


def test_containers_are_no_boundary(tmp_path: Path) -> None:
    program(tmp_path, "docker", answers("28.2.2"))
    docker = next(one for one in probes({}, "x86_64") if one.backend == "docker")
    assert backends.backend(docker, machine(tmp_path)) == Check(
        "vm.docker",
        True,
        "docker 28.2.2; no VM, so it needs consent: X07_I_ACCEPT_WEAKER_ISOLATION=1",
    )


@needs_cc
def test_engines_in_every_state_at_once(tmp_path: Path) -> None:
    """One hangs, one is down, one says nothing that can be read: each is one line."""
    real_compiler(tmp_path)
    program(tmp_path, "docker", HANGING)
    program(tmp_path, "podman", "printf '\\377\\376' >&2; exit 3")
    found = examine(machine(tmp_path)._replace(wall_ms=500), Needs())
    by_name = {check.name: check for check in found}
    assert is_well(found)
    assert by_name["vm.docker"].detail.endswith("gave no answer within 0.5 s")
    assert not by_name["vm.podman"].ok


def test_kvm(tmp_path: Path) -> None:
    assert backends.kvm(machine(tmp_path)) == Check("kvm", True, "usable")
    check = backends.kvm(machine(tmp_path, kvm=Kvm("why", "command")))
    assert check == Check("kvm", False, "why", "command")


def test_what_is_usable_but_not_driven_is_told(tmp_path: Path) -> None:
    program(tmp_path, "qemu-system-x86_64", answers("QEMU emulator version 7.2.19"))
    program(tmp_path, "virtiofsd", "")
    qemu = next(one for one in probes({}, "x86_64") if one.backend == "qemu")
    check = backends.backend(qemu, machine(tmp_path))
    assert (check.ok, check.detail.endswith("; this version starts no guests in it yet")) == (
        True,
        True,
    )


def test_a_container_is_offered(tmp_path: Path) -> None:
    check = backends.boundary((DOCKER, QEMU._replace(ok=False)), machine(tmp_path))
    assert "a container in docker, if that is enough: X07_I_ACCEPT_WEAKER_ISOLATION=1" in (
        check.detail
    )


def test_containerd_with_a_runtime_that_is_no_vm_needs_consent(tmp_path: Path) -> None:
    found = (Check("vm.firecracker-ctr", True, "firecracker-ctr 1.6"),)
    runc = {"X07_VM_FIRECRACKER_RUNTIME": "io.containerd.runc.v2"}
    assert backends.boundary(found, machine(tmp_path)).ok
    assert not backends.boundary(found, with_variables(tmp_path, runc)).ok
    assert backends.boundary(found, with_variables(tmp_path, {**runc, ACCEPT: "1"})).ok
