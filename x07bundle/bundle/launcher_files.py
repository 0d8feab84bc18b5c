"""The launcher of VM bundles, the same in each: compiled and frozen once, and kept. On macOS the
executable is compiled for each bundle.
"""

import platform
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import __version__, host
from x07bundle.bundle.sidecar import Runtime, Within
from x07bundle.contract.vm_manifest import LauncherBuild
from x07bundle.errors import UsageError
from x07bundle.freeze import kept, launcher, pyinstaller
from x07bundle.host import Host
from x07bundle.native import launcher_stub, launcher_within
from x07bundle.native.compiler import find_cross_compiler
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.vm import choose

KIND: Final = "frozen-launchers"
"""Below the user's cache folder."""
MACHINES: Final = ("x86_64", "aarch64")
SYSTEMS: Final[Mapping[str, str]] = {"linux": "Linux", "macos": "macOS"}
"""As people call them."""


class Programs(NamedTuple):
    """As `Runtime` has them."""

    program: bytes
    within: Within | None
    starter: bytes


def runtime(toolchain: Toolchain, env: Mapping[str, str], say: Callable[[str], None]) -> Runtime:
    """From the cache, or made now, which takes some seconds: then `say` is told.

    Raises:
        UsageError: there is no launcher for this machine.
        ToolMissingError: a compiler, PyInstaller, or a tool that it takes is not there.
        X07Error: it cannot be made.
    """
    check_machine()
    machine = host.read()
    folder = toolchain.cache.folder / KIND
    key = kept.key_of(launcher.digest(), launcher.versions())

    def make(place: Path) -> None:
        pyinstaller.check(env, launcher.WHAT)
        say("freezing the launcher of VM bundles, which is kept")
        launcher.make(place, toolchain.temporary, env)

    programs = _programs(toolchain, env, machine)
    return Runtime(
        program=programs.program,
        starter=programs.starter,
        folder=kept.find_or_make(folder, key, make),
        build=LauncherBuild(
            __version__, f"{machine.system}-{machine.arch}", platform.python_version()
        ),
        within=programs.within,
    )


def _programs(toolchain: Toolchain, env: Mapping[str, str], machine: Host) -> Programs:
    """What is made in C. Guests are Linux wherever they run, so their part is, too.

    Raises:
        ToolMissingError: nothing here compiles for this system, or for Linux.
    """
    if machine.system == "linux":
        program = launcher_stub.program(toolchain, "launcher", machine.arch)
        return Programs(program, None, launcher_stub.program(toolchain, "starter", machine.arch))
    of_linux = find_cross_compiler(env, toolchain.cache, machine.arch)
    starter = launcher_stub.program(toolchain._replace(compiler=of_linux), "starter", machine.arch)
    return Programs(b"", partial(launcher_within.executable, open_toolchain(env)), starter)


def check_machine() -> None:
    """Raises UsageError: there is no launcher for this machine."""
    machine = host.read()
    if machine.system not in SYSTEMS or machine.arch not in MACHINES:
        raise UsageError(
            f"there is no launcher of VM bundles for {machine.system} on {machine.arch}",
            "a bundle starts on the system that it is made on",
            f"bundle on Linux or macOS, on one of {', '.join(MACHINES)}",
        )


def check_backend(name: str) -> None:
    """Raises UsageError: its guests are started on another system than this one."""
    systems = [system for system, names in choose.VMS.items() if name in names]
    if systems and host.bare().system not in systems:
        raise UsageError(
            f"the backend `{name}` starts guests on {SYSTEMS[systems[0]]}",
            "a bundle starts on the system that it is made on",
            f"make the bundle on {SYSTEMS[systems[0]]}, or choose another backend",
        )
