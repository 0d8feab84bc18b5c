"""What the kernel's answers mean, and that this one gives some."""

import errno
import sys
from pathlib import Path

import pytest

from tests.unit.vm.machines import DEBIAN, MAC, file
from x07bundle import host
from x07bundle.doctor import kernel
from x07bundle.doctor.check import Check
from x07bundle.doctor.kernel import Answer

FIX = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"


@pytest.mark.parametrize(
    ("abi", "lacks"),
    [
        (1, "renames between folders, truncation, TCP ports, device ioctls, signals and"),
        (3, "TCP ports, device ioctls, signals and abstract sockets"),
        (5, "signals and abstract sockets"),
        (6, ""),
        (9, ""),
    ],
)
def test_landlock_lacks(abi: int, lacks: str) -> None:
    found = kernel.landlock(Answer(abi))
    assert found.ok
    assert found.detail.startswith(f"abi {abi}" + (f"; does not confine {lacks}" if lacks else ""))
    assert ("does not confine" in found.detail) == bool(lacks)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (errno.ENOSYS, "not in this kernel: needs Linux 5.13"),
        (errno.EOPNOTSUPP, "off at boot: add landlock to the kernel's lsm= list"),
        (errno.EPERM, "refused: operation not permitted"),
    ],
)
def test_no_landlock(error: int, detail: str) -> None:
    assert kernel.landlock(Answer(-1, error)) == Check("landlock", False, detail)


def test_no_seccomp() -> None:
    found = kernel.seccomp(Answer(-1, errno.EINVAL))
    assert found == Check("seccomp", False, "no filters: invalid argument")


def test_seccomp_of_another_processor() -> None:
    assert kernel.ask_seccomp("riscv64") == Answer(-1, errno.ENOSYS)


def test_no_openat2() -> None:
    found = kernel.openat2(Answer(-1, errno.EPERM))
    assert not found.ok
    assert found.detail.startswith("operation not permitted; paths are walked name by name")


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1\n", FIX),
        (
            "kernel/unprivileged_userns_clone",
            "0\n",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        ("user/max_user_namespaces", "0\n", "sudo sysctl -w user.max_user_namespaces=10000"),
        ("kernel/apparmor_restrict_unprivileged_userns", "0\n", None),
        ("user/max_user_namespaces", "7000\n", None),
        ("unheard/of", "0\n", None),
    ],
)
def test_user_namespaces(tmp_path: Path, name: str, value: str, fix: str | None) -> None:
    file(tmp_path, f"proc/sys/{name}", value)
    user = DEBIAN._replace(root=tmp_path / "root")
    found = kernel.user_namespaces(user)
    assert (found.ok, found.fix) == (fix is None, fix)
    assert kernel.user_namespaces(user._replace(is_root=True)).ok


def test_macos_has_none_of_them() -> None:
    assert {check.detail for check in kernel.checks(MAC)} == {"only on Linux"}


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_this_kernel_answers() -> None:
    names = [check.name for check in kernel.checks(host.read())]
    assert names == ["landlock", "seccomp", "openat2", "user_namespaces"]
    assert kernel.ask_seccomp(host.read().arch).value == 0
    assert kernel.ask_openat2().value >= 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_asking_leaves_nothing_open() -> None:
    before = sorted(Path("/proc/self/fd").iterdir())
    kernel.ask_openat2()
    assert sorted(Path("/proc/self/fd").iterdir()) == before
