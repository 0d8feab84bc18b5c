"""What machine this is, and how something is installed on it.

Names are those of os-release(5) and of contract/reports.md §9.

Nothing here runs a program. What is read comes from below a root, so that it can be any machine's.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

SYSTEMS: Final[Mapping[str, str]] = {"darwin": "macos"}
ARCHITECTURES: Final[Mapping[str, str]] = {"arm64": "aarch64", "amd64": "x86_64"}
"""Names of Rust, where those of the system differ."""

MANAGERS: Final[Mapping[str, str]] = {
    "debian": "apt", "ubuntu": "apt",
    "fedora": "dnf", "rhel": "dnf", "centos": "dnf",
    "alpine": "apk",
}  # fmt: skip
"""The package manager of an ID, or of an ID_LIKE, of os-release."""

INSTALL: Final[Mapping[str, str]] = {
    "apt": "apt-get install",
    "dnf": "dnf install",
    "apk": "apk add",
}
"""What installs, as root."""


class Host(NamedTuple):
    """A machine. `release`: of macOS (26, 1), else empty. `init`: what starts services."""

    system: str = "linux"
    arch: str = "x86_64"
    distro: str | None = None
    manager: str | None = None
    init: str = ""
    release: tuple[int, ...] = ()
    is_root: bool = False
    is_wsl: bool = False
    root: Path = Path("/")

    def install(self, packages: Mapping[str, str]) -> str | None:
        """The command that installs packages, given per manager; None: this one has none."""
        names = packages.get(self.manager or "")
        if names is None:
            return None
        if self.manager == "brew":
            return f"brew install {names}"
        return self.as_root(f"{INSTALL[self.manager or '']} {names}")

    def service(self, action: str, name: str) -> str:
        """The command that starts (or restarts) a service."""
        if self.init == "systemd":
            return self.as_root(f"systemctl {action} {name}")
        if self.init == "openrc":
            return self.as_root(f"rc-service {name} {action}")
        return self.as_root(f"service {name} {action}")

    def join_group(self, group: str) -> str:
        """The command that makes the user a member: from the next login on."""
        command = "addgroup" if self.manager == "apk" else "usermod -aG"
        words = f'"$(id -un)" {group}' if self.manager == "apk" else f'{group} "$(id -un)"'
        return self.as_root(f"{command} {words}")

    def as_root(self, command: str) -> str:
        """A command that takes root, as this user types it."""
        if self.is_root:
            return command
        return f"{'doas' if self.manager == 'apk' else 'sudo'} {command}"


def bare() -> Host:
    """This machine as far as it is known without reading a file: not how anything is installed."""
    machine = os.uname().machine.lower()
    return Host(
        system=SYSTEMS.get(sys.platform, sys.platform),
        arch=ARCHITECTURES.get(machine, machine),
        is_root=os.geteuid() == 0,
    )


def read(root: Path = Path("/")) -> Host:
    """This machine."""
    system = SYSTEMS.get(sys.platform, sys.platform)
    machine = os.uname().machine.lower()
    facts = _os_release(root) if system == "linux" else {}
    return Host(
        system=system,
        arch=ARCHITECTURES.get(machine, machine),
        distro=facts.get("ID"),
        manager="brew" if system == "macos" else manager_of(facts),
        init=_init(root),
        release=_macos_release() if system == "macos" else (),
        is_root=os.geteuid() == 0,
        is_wsl="microsoft" in text(root / "proc/sys/kernel/osrelease").lower(),
        root=root,
    )


def manager_of(facts: Mapping[str, str]) -> str | None:
    """The package manager by `ID`, else by the first of `ID_LIKE` that is known."""
    names = [facts.get("ID", ""), *facts.get("ID_LIKE", "").split()]
    return next((MANAGERS[name] for name in names if name in MANAGERS), None)


def text(file: Path) -> str:
    """A small file of the system; empty where it cannot be read."""
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""


def _os_release(root: Path) -> dict[str, str]:
    content = text(root / "etc/os-release") or text(root / "usr/lib/os-release")
    pairs = (line.partition("=") for line in content.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def _init(root: Path) -> str:
    if (root / "run/systemd/system").is_dir():
        return "systemd"
    return "openrc" if (root / "run/openrc").is_dir() else ""


def _macos_release() -> tuple[int, ...]:
    import platform  # only on macOS: it is slow to import

    numbers = platform.mac_ver()[0].split(".")
    return tuple(int(number) for number in numbers if number.isdecimal())
