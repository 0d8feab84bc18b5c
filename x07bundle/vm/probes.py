"""What each backend of the VM boundary needs of a machine: data, which `preflight` acts on.

Versions are the oldest that have every option of our command lines. contract/vm.md §1 and §2 have
the variables and what is asked; `container system info` is in no release, `status` is in all.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from x07bundle.vm.backends import firecracker_ctr, table

Isolation = Literal["vm", "container"]
KvmUse = Literal["needed", "wanted", "none"]

DRIVEN: Final = table.DRIVEN
"""The backends that this version starts programs in."""


class Probe(NamedTuple):
    """A backend. `asks`: arguments of `program`, one after the other; the version is in the last.

    `oldest_release`: of macOS. `socket`: must exist. `companions`: programs of which one must be
    there. `packages`: per package manager. `missing`: what to know where the program is not there.
    `daemon`: the program behind it, `service`: what starts that on Linux, `start`: the command on
    macOS. `group`: its members may use the engine. `remote`: a variable that names an engine
    elsewhere. `stand_in`: another engine's client that goes by the name of `program`.
    """

    backend: str
    system: str | None
    isolation: Isolation
    program: str
    asks: tuple[tuple[str, ...], ...]
    oldest: tuple[int, ...] = ()
    oldest_release: tuple[int, ...] = ()
    socket: Path | None = None
    companions: tuple[str, ...] = ()
    companion_packages: Mapping[str, str] = {}
    kvm: KvmUse = "none"
    packages: Mapping[str, str] = {}
    missing: str = ""
    daemon: str = ""
    service: str = ""
    start: str | None = None
    group: str = ""
    remote: str = ""
    stand_in: str = ""


def probes(env: Mapping[str, str], arch: str) -> tuple[Probe, ...]:
    """The six, strongest first."""
    return (
        _firecracker(env),
        _qemu(arch),
        _apple_container(),
        _vz(env),
        _podman(),
        _docker(),
    )


def _firecracker(env: Mapping[str, str]) -> Probe:
    """With a runtime that is no VM's, it needs what any containerd needs."""
    backend = firecracker_ctr.from_env(env)
    is_vm = backend.caps.isolation == "vm"
    return Probe(
        backend=backend.name,
        system="linux",
        isolation=backend.caps.isolation,
        program=backend.binary,
        asks=(("--address", backend.address, "--timeout", "2s", "version"),),
        oldest=(1, 5),
        socket=Path(backend.address),
        kvm="needed" if is_vm else "none",
        missing="it is built from the firecracker-containerd sources: no distribution packages it",
        service="firecracker-containerd",
    )


def _qemu(arch: str) -> Probe:
    debian = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}.get(arch, "qemu-system")
    fedora = {"x86_64": "qemu-system-x86-core", "aarch64": "qemu-system-aarch64-core"}
    return Probe(
        backend="qemu",
        system="linux",
        isolation="vm",
        program=f"qemu-system-{arch}",
        asks=(("--version",),),
        oldest=(5, 0),
        companions=("virtiofsd", "/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"),
        companion_packages=dict.fromkeys(("apt", "dnf", "apk"), "virtiofsd"),
        kvm="wanted",
        packages={
            "apt": debian,
            "dnf": f"{fedora.get(arch, 'qemu-system')} virtiofsd",
            "apk": f"qemu-system-{arch} virtiofsd",
        },
    )


def _apple_container() -> Probe:
    return Probe(
        backend="apple-container",
        system="macos",
        isolation="vm",
        program="container",
        asks=(("system", "status"), ("--version",)),
        oldest=(0, 12),
        oldest_release=(26,),
        packages={"brew": "container"},
        start="container system start",
    )


def _vz(env: Mapping[str, str]) -> Probe:
    return Probe(
        backend="vz",
        system="macos",
        isolation="vm",
        program=env.get("X07_VM_VZ_HELPER_BIN") or "x07-vz-helper",
        asks=(("preflight",),),
        missing="X07_VM_VZ_HELPER_BIN names another place",
    )


def _podman() -> Probe:
    return Probe(
        backend="podman",
        system=None,
        isolation="container",
        program="podman",
        asks=(("info", "--format", "{{.Version.Version}}"),),
        oldest=(4, 0),
        packages=dict.fromkeys(("apt", "dnf", "apk", "brew"), "podman"),
        start="podman machine init && podman machine start",
    )


def _docker() -> Probe:
    return Probe(
        backend="docker",
        system=None,
        isolation="container",
        program="docker",
        asks=(("version", "--format", "{{.Server.Version}}"),),
        oldest=(20, 10),
        packages={
            "apt": "docker.io",
            "dnf": "moby-engine",
            "apk": "docker",
            "brew": "--cask docker-desktop",
        },
        daemon="dockerd",
        service="docker",
        start="open -a Docker",
        group="docker",
        remote="DOCKER_HOST",
        stand_in="podman",
    )
