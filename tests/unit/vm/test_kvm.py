"""KVM: that there is a device is not enough."""

import errno
from pathlib import Path

import pytest

from tests.unit.vm.machines import ALPINE, DEBIAN, MAC, file
from x07bundle.host import Host
from x07bundle.vm import kvm
from x07bundle.vm.kvm import Kvm

INTEL = "processor : 0\nflags : fpu vme vmx sse\n"
AMD = "flags : fpu svm\n"
GUEST = "flags : fpu hypervisor\n"


def look(folder: Path, host: Host = DEBIAN, answer: int | None = None) -> Kvm:
    """`answer`: of the device; None asks the file that stands for it."""
    ask = kvm.ask_device if answer is None else lambda _device: answer
    return kvm.look(host._replace(root=folder / "root"), ask)


def test_only_on_linux(tmp_path: Path) -> None:
    assert look(tmp_path, MAC) == Kvm("only on Linux")


@pytest.mark.parametrize(
    ("processor", "fix"),
    [
        (INTEL, "sudo modprobe kvm_intel"),
        (AMD, "sudo modprobe kvm_amd"),
        (GUEST, None),
    ],
)
def test_no_device(tmp_path: Path, processor: str, fix: str | None) -> None:
    file(tmp_path, "proc/cpuinfo", processor)
    assert look(tmp_path) == Kvm("there is no /dev/kvm", fix)


def test_a_device_that_is_none(tmp_path: Path) -> None:
    file(tmp_path, "proc/cpuinfo", INTEL)
    file(tmp_path, "dev/kvm")
    found = look(tmp_path)
    assert (found.problem or "").startswith("/dev/kvm does not answer: ")


@pytest.mark.parametrize(
    ("host", "fix"),
    [(DEBIAN, 'sudo usermod -aG kvm "$(id -un)"'), (ALPINE, 'doas addgroup "$(id -un)" kvm')],
)
def test_a_device_of_others(tmp_path: Path, host: Host, fix: str) -> None:
    file(tmp_path, "dev/kvm")
    file(tmp_path, "proc/cpuinfo", AMD)
    assert look(tmp_path, host, errno.EACCES) == Kvm("/dev/kvm may not be opened by this user", fix)


@pytest.mark.parametrize(
    ("processor", "problem"),
    [(INTEL, None), (GUEST, "there is a /dev/kvm, but the processor shows neither vmx nor svm")],
)
def test_the_processor_decides(tmp_path: Path, processor: str, problem: str | None) -> None:
    file(tmp_path, "dev/kvm")
    file(tmp_path, "proc/cpuinfo", processor)
    assert look(tmp_path, answer=0) == Kvm(problem)
    assert look(tmp_path, DEBIAN._replace(arch="aarch64"), answer=0) == Kvm()
