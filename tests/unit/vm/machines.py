"""Machines for tests: a root of their own, and a PATH on which every program is a fake."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.fakes import install
from x07bundle.host import Host
from x07bundle.vm.kvm import Kvm
from x07bundle.vm.preflight import Machine, Verdict, preflight
from x07bundle.vm.probes import probes

DEBIAN: Final = Host("linux", "x86_64", "debian", "apt", "systemd")
FEDORA: Final = Host("linux", "x86_64", "fedora", "dnf", "systemd")
ALPINE: Final = Host("linux", "x86_64", "alpine", "apk", "openrc")
MAC: Final = Host("macos", "aarch64", None, "brew", "", (26, 1))
OTHER: Final = Host("linux", "x86_64", "void")

USABLE: Final = Kvm()

HANGING: Final = "exec /bin/sleep 600"
WALL_MS: Final = 20_000
"""Longer than a fake takes on the slowest machine; what hangs gets less."""


def machine(folder: Path, host: Host = DEBIAN, kvm: Kvm | None = None, **variables: str) -> Machine:
    """A machine below `folder`: its programs are in `bin`, its other files in `root`."""
    return with_variables(folder, variables, host, kvm or USABLE)


def with_variables(
    folder: Path, variables: Mapping[str, str], host: Host = DEBIAN, kvm: Kvm = USABLE
) -> Machine:
    env = {"PATH": str(folder / "bin"), **variables}
    return Machine(host._replace(root=folder / "root"), env, kvm, WALL_MS)


def program(folder: Path, name: str, script: str) -> None:
    install(folder / "bin", name, script)


def answers(text: str, status: int = 0) -> str:
    """A script that says so; on stderr where it fails."""
    return f"echo '{text}'{' >&2' if status else ''}\nexit {status}"


def file(folder: Path, name: str, content: str = "") -> None:
    path = folder / "root" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def verdict(backend: str, where: Machine) -> Verdict:
    found = {probe.backend: probe for probe in probes(where.env, where.host.arch)}
    return preflight(found[backend], where)
