"""What machine it is, by os-release and its relatives."""

import sys
from pathlib import Path

import pytest

from x07bundle import host

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads files of Linux")


def files(root: Path, **contents: str) -> Path:
    names = {"release": "etc/os-release", "kernel": "proc/sys/kernel/osrelease"}
    for key, content in contents.items():
        path = root / names[key]
        path.parent.mkdir(parents=True)
        path.write_text(content)
    return root


@pytest.mark.parametrize(
    ("release", "distro", "manager"),
    [
        ("ID=debian\n", "debian", "apt"),
        ("NAME='Ubuntu'\nID=ubuntu\nID_LIKE=debian\n", "ubuntu", "apt"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "linuxmint", "apt"),
        ("ID=fedora\n", "fedora", "dnf"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "rocky", "dnf"),
        ("ID=alpine\n", "alpine", "apk"),
        ("ID=arch\n", "arch", None),
        ("# nothing\n", None, None),
    ],
)
def test_distributions(tmp_path: Path, release: str, distro: str | None, manager: str) -> None:
    found = host.read(files(tmp_path, release=release))
    assert (found.system, found.distro, found.manager) == ("linux", distro, manager)


def test_a_machine_without_os_release(tmp_path: Path) -> None:
    found = host.read(tmp_path)
    assert (found.distro, found.manager, found.init, found.is_wsl) == (None, None, "", False)


def test_os_release_of_the_vendor(tmp_path: Path) -> None:
    path = tmp_path / "usr/lib/os-release"
    path.parent.mkdir(parents=True)
    path.write_text("ID=fedora\n")
    assert host.read(tmp_path).distro == "fedora"


def test_wsl(tmp_path: Path) -> None:
    files(tmp_path, kernel="5.15.90.1-microsoft-standard-WSL2\n")
    assert host.read(tmp_path).is_wsl


@pytest.mark.parametrize(
    ("folder", "init"), [("run/systemd/system", "systemd"), ("run/openrc", "openrc")]
)
def test_what_starts_services(tmp_path: Path, folder: str, init: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    assert host.read(tmp_path).init == init
