"""Preflight of each backend, with an engine in every state that it can be in."""

from pathlib import Path

import pytest

from tests.unit.vm.machines import (
    ALPINE,
    DEBIAN,
    FEDORA,
    HANGING,
    MAC,
    OTHER,
    answers,
    file,
    machine,
    program,
    verdict,
)
from x07bundle.host import Host
from x07bundle.vm.kvm import Kvm
from x07bundle.vm.preflight import Verdict
from x07bundle.vm.probes import DRIVEN, probes

NO_KVM = Kvm("there is no /dev/kvm")
REFUSED = "permission denied while trying to connect to the Docker daemon socket"
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
SOCKET = "run/firecracker-containerd/containerd.sock"


# -- not installed: the command is that of the distribution


@pytest.mark.parametrize(
    ("backend", "host", "fix"),
    [
        ("docker", DEBIAN, "sudo apt-get install docker.io"),
        ("docker", FEDORA, "sudo dnf install moby-engine"),
        ("docker", ALPINE, "doas apk add docker"),
        ("docker", MAC, "brew install --cask docker-desktop"),
        ("docker", OTHER, None),
        ("docker", DEBIAN._replace(is_root=True), "apt-get install docker.io"),
        ("podman", DEBIAN, "sudo apt-get install podman"),
        ("podman", MAC, "brew install podman"),
        ("qemu", DEBIAN, "sudo apt-get install qemu-system-x86"),
        ("qemu", DEBIAN._replace(arch="aarch64"), "sudo apt-get install qemu-system-arm"),
        ("qemu", FEDORA, "sudo dnf install qemu-system-x86-core virtiofsd"),
        ("qemu", ALPINE, "doas apk add qemu-system-x86_64 virtiofsd"),
        ("firecracker-ctr", DEBIAN, None),
        ("apple-container", MAC, "brew install container"),
        ("vz", MAC, None),
    ],
)
def test_not_installed(tmp_path: Path, backend: str, host: Host, fix: str | None) -> None:
    found = verdict(backend, machine(tmp_path, host))
    assert (found.is_usable, found.fix) == (False, fix)
    assert found.detail.startswith("not installed: no `")


@pytest.mark.parametrize(
    ("backend", "host", "detail"),
    [
        ("apple-container", DEBIAN, "only on macOS"),
        ("vz", DEBIAN, "only on macOS"),
        ("qemu", MAC, "only on Linux"),
        ("firecracker-ctr", MAC, "only on Linux"),
        ("apple-container", MAC._replace(release=(15, 4)), "needs macOS 26; this is macOS 15.4"),
    ],
)
def test_another_system(tmp_path: Path, backend: str, host: Host, detail: str) -> None:
    assert verdict(backend, machine(tmp_path, host)) == Verdict(False, detail)


# -- usable


@pytest.mark.parametrize(
    ("backend", "name", "said", "detail"),
    [
        ("docker", "docker", "28.2.2", "docker 28.2.2"),
        ("docker", "docker", "20.10.24+dfsg1", "docker 20.10.24"),
        ("podman", "podman", "4.3.1", "podman 4.3.1"),
    ],
)
def test_usable(tmp_path: Path, backend: str, name: str, said: str, detail: str) -> None:
    program(tmp_path, name, answers(said))
    assert verdict(backend, machine(tmp_path)) == Verdict(True, detail)


def test_usable_firecracker(tmp_path: Path) -> None:
    program(tmp_path, "firecracker-ctr", 'echo "$*" >&2; echo "  Version:  v1.7.2"')
    file(tmp_path, SOCKET)
    assert verdict("firecracker-ctr", machine(tmp_path)) == Verdict(True, "firecracker-ctr 1.7.2")


def test_usable_apple_container(tmp_path: Path) -> None:
    script = """case "$*" in
    "system status") echo running ;;
    --version) echo "container CLI version 1.2.2 (build: release)" ;;
    *) exit 64 ;;
    esac"""
    program(tmp_path, "container", script)
    assert verdict("apple-container", machine(tmp_path, MAC)) == Verdict(
        True, "apple-container 1.2.2"
    )


def test_usable_vz(tmp_path: Path) -> None:
    program(tmp_path, "helper", 'test "$*" = preflight')
    helper = str(tmp_path / "bin" / "helper")
    where = machine(tmp_path, MAC, X07_VM_VZ_HELPER_BIN=helper)
    assert verdict("vz", where) == Verdict(True, helper)


@pytest.mark.parametrize(
    ("kvm", "detail"),
    [
        (Kvm(), "qemu 7.2.19; with KVM"),
        (NO_KVM, "qemu 7.2.19; emulated, which is slow: there is no /dev/kvm"),
    ],
)
def test_usable_qemu(tmp_path: Path, kvm: Kvm, detail: str) -> None:
    qemu(tmp_path)
    program(tmp_path, "virtiofsd", "exit 0")
    assert verdict("qemu", machine(tmp_path, kvm=kvm)) == Verdict(True, detail)


def qemu(folder: Path, version: str = "7.2.19 (Debian 1:7.2+dfsg-7)") -> None:
    program(folder, "qemu-system-x86_64", answers(f"QEMU emulator version {version}"))


def test_virtiofsd_of_older_distributions(tmp_path: Path) -> None:
    qemu(tmp_path)
    file(tmp_path, "usr/lib/qemu/virtiofsd")
    assert not verdict("qemu", machine(tmp_path)).is_usable
    (tmp_path / "root/usr/lib/qemu/virtiofsd").chmod(0o755)
    assert verdict("qemu", machine(tmp_path)).is_usable


def test_virtiofsd_is_missing(tmp_path: Path) -> None:
    qemu(tmp_path)
    assert verdict("qemu", machine(tmp_path)) == Verdict(
        False,
        "`virtiofsd` is missing: folders are shared through it",
        "sudo apt-get install virtiofsd",
    )


# -- the socket refuses, the daemon is down


@pytest.mark.parametrize(
    ("host", "fix"),
    [
        (DEBIAN, 'sudo usermod -aG docker "$(id -un)" && newgrp docker'),
        (ALPINE, 'doas addgroup "$(id -un)" docker && newgrp docker'),
    ],
)
def test_no_right_to_the_socket(tmp_path: Path, host: Host, fix: str) -> None:
    program(tmp_path, "docker", answers(REFUSED, 1))
    detail = f"only root and the group docker may use its socket: {REFUSED}"
    assert verdict("docker", machine(tmp_path, host)) == Verdict(False, detail, fix)


@pytest.mark.parametrize(
    ("host", "fix"),
    [
        (DEBIAN, "sudo systemctl start docker"),
        (DEBIAN._replace(init=""), "sudo service docker start"),
        (ALPINE, "doas rc-service docker start"),
    ],
)
def test_the_daemon_is_down(tmp_path: Path, host: Host, fix: str) -> None:
    program(tmp_path, "docker", answers(DOWN, 1))
    program(tmp_path, "dockerd", "exit 0")
    detail = f"its daemon does not answer: {DOWN}"
    assert verdict("docker", machine(tmp_path, host)) == Verdict(False, detail, fix)


def test_a_client_without_a_daemon(tmp_path: Path) -> None:
    program(tmp_path, "docker", answers(DOWN, 1))
    assert verdict("docker", machine(tmp_path)).fix == "sudo apt-get install docker.io"


def test_a_daemon_elsewhere_is_not_started_here(tmp_path: Path) -> None:
    program(tmp_path, "docker", 'echo "Cannot connect to $DOCKER_HOST" >&2; exit 1')
    where = machine(tmp_path, DOCKER_HOST="tcp://127.0.0.1:1")
    assert verdict("docker", where) == Verdict(
        False, "its daemon does not answer: Cannot connect to tcp://127.0.0.1:1"
    )


def test_docker_on_macos(tmp_path: Path) -> None:
    program(tmp_path, "docker", answers(DOWN, 1))
    found = verdict("docker", machine(tmp_path, MAC))
    assert found.fix == "open -a Docker"


def test_podman_fails(tmp_path: Path) -> None:
    program(tmp_path, "podman", answers("Error: cannot find newuidmap", 125))
    assert verdict("podman", machine(tmp_path)) == Verdict(
        False, "`podman info --format {{.Version.Version}}` failed: Error: cannot find newuidmap"
    )
    mac = verdict("podman", machine(tmp_path, MAC))
    assert mac.fix == "podman machine init && podman machine start"


def test_apple_container_is_not_started(tmp_path: Path) -> None:
    program(tmp_path, "container", answers("apiserver is not running", 1))
    assert verdict("apple-container", machine(tmp_path, MAC)) == Verdict(
        False,
        "`container system status` failed: apiserver is not running",
        "container system start",
    )


def test_firecracker_without_kvm(tmp_path: Path) -> None:
    program(tmp_path, "firecracker-ctr", answers("Version: v1.7.2"))
    file(tmp_path, SOCKET)
    found = verdict("firecracker-ctr", machine(tmp_path, kvm=Kvm("there is no /dev/kvm", "fix")))
    assert found == Verdict(False, "needs KVM: there is no /dev/kvm", "fix")


def test_firecracker_without_a_daemon(tmp_path: Path) -> None:
    program(tmp_path, "firecracker-ctr", answers("Version: v1.7.2"))
    assert verdict("firecracker-ctr", machine(tmp_path)) == Verdict(
        False,
        f"its daemon is not running: no socket at /{SOCKET}",
        "sudo systemctl start firecracker-containerd",
    )


def test_firecracker_socket_refuses(tmp_path: Path) -> None:
    said = "ctr: failed to dial: dial unix: connect: permission denied"
    program(tmp_path, "firecracker-ctr", answers(said, 1))
    file(tmp_path, SOCKET)
    found = verdict("firecracker-ctr", machine(tmp_path))
    assert found == Verdict(False, f"only root may use its socket: {said}")


def test_firecracker_elsewhere(tmp_path: Path) -> None:
    """The variables of contract/vm.md §1 name program and socket."""
    program(tmp_path, "ctr", 'test "$1 $2 $5" = "--address /c.sock version" && echo v1.6.20')
    file(tmp_path, "c.sock")
    where = machine(
        tmp_path,
        X07_VM_FIRECRACKER_CTR_BIN=str(tmp_path / "bin/ctr"),
        X07_VM_FIRECRACKER_CONTAINERD_SOCK="/c.sock",
    )
    assert verdict("firecracker-ctr", where) == Verdict(True, "firecracker-ctr 1.6.20")


# -- it hangs, it is too old, it says nonsense


@pytest.mark.parametrize(
    ("backend", "fix"),
    [("docker", "sudo systemctl restart docker"), ("podman", None)],
)
def test_it_hangs(tmp_path: Path, backend: str, fix: str | None) -> None:
    program(tmp_path, backend, HANGING)
    program(tmp_path, "dockerd", "exit 0")
    found = verdict(backend, machine(tmp_path)._replace(wall_ms=200))
    assert (found.is_usable, found.fix) == (False, fix)
    assert found.detail.endswith("gave no answer within 0.2 s")


@pytest.mark.parametrize(
    ("backend", "name", "said", "detail"),
    [
        ("docker", "docker", "19.03.15", "docker 19.03.15 is too old: needs 20.10"),
        ("podman", "podman", "3.4.4", "podman 3.4.4 is too old: needs 4.0"),
    ],
)
def test_too_old(tmp_path: Path, backend: str, name: str, said: str, detail: str) -> None:
    program(tmp_path, name, answers(said))
    found = verdict(backend, machine(tmp_path))
    assert (found.is_usable, found.detail) == (False, detail)
    assert found.fix is not None
    assert found.fix.startswith("sudo apt-get install ")


def test_old_qemu(tmp_path: Path) -> None:
    qemu(tmp_path, "4.2.1")
    program(tmp_path, "virtiofsd", "exit 0")
    found = verdict("qemu", machine(tmp_path))
    assert found.detail == "qemu-system-x86_64 4.2.1 is too old: needs 5.0"


def test_no_version(tmp_path: Path) -> None:
    program(tmp_path, "podman", answers("<no value>"))
    found = verdict("podman", machine(tmp_path))
    assert found == Verdict(False, "`podman info --format {{.Version.Version}}` names no version")


def test_docker_that_is_podman(tmp_path: Path) -> None:
    program(tmp_path, "docker", 'echo "Emulate Docker CLI using podman." >&2; echo 4.3.1')
    found = verdict("docker", machine(tmp_path))
    assert found == Verdict(False, "`docker` is podman here, under another name")


def test_no_executable_for_this_machine(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "podman").write_bytes(b"\x7fELF, but not")
    (tmp_path / "bin" / "podman").chmod(0o755)
    found = verdict("podman", machine(tmp_path))
    assert not found.is_usable
    assert found.detail.startswith("cannot execute `")


def test_what_engines_say_is_shown_as_one_short_line(tmp_path: Path) -> None:
    script = "printf 'first\\n\\033[31m%0300d\\n\\n' 7 >&2; exit 1"
    program(tmp_path, "podman", script)
    found = verdict("podman", machine(tmp_path))
    said = found.detail.partition("failed: ")[2]
    assert said == "[31m" + "0" * 196


def test_a_flood_of_output_is_cut(tmp_path: Path) -> None:
    script = (
        "i=0; while [ $i -lt 3000 ]; do echo 1.2.3 aaaaaaaaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done"
    )
    program(tmp_path, "podman", script)
    assert "too old" in verdict("podman", machine(tmp_path)).detail


def test_engines_see_no_other_variables(tmp_path: Path) -> None:
    program(tmp_path, "podman", 'test -z "$SECRET" && test "$LC_ALL" = C && echo 4.3.1')
    assert verdict("podman", machine(tmp_path, SECRET="1", LC_ALL="tr_TR.UTF-8")).is_usable


def test_backends_that_are_driven_have_probes() -> None:
    names = {probe.backend for probe in probes({}, "x86_64")}
    assert len(names) == 6
    assert names >= DRIVEN
