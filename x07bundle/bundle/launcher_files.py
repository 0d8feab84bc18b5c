"""The launcher of VM bundles, the same in each: compiled and frozen once, and kept."""

import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from x07bundle import __version__, host
from x07bundle.bundle.sidecar import Runtime
from x07bundle.contract.vm_manifest import LauncherBuild
from x07bundle.errors import UsageError
from x07bundle.freeze import kept, launcher, pyinstaller
from x07bundle.native import launcher_stub
from x07bundle.native.toolchain import Toolchain

KIND: Final = "frozen-launchers"
"""Below the user's cache folder."""
MACHINES: Final = ("x86_64", "aarch64")


def runtime(toolchain: Toolchain, env: Mapping[str, str], say: Callable[[str], None]) -> Runtime:
    """From the cache, or made now, which takes some seconds: then `say` is told.

    Raises:
        UsageError: there is no launcher for this machine.
        ToolMissingError: PyInstaller or a tool that it takes is not there.
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

    return Runtime(
        program=launcher_stub.program(toolchain, "launcher", machine.arch),
        starter=launcher_stub.program(toolchain, "starter", machine.arch),
        folder=kept.find_or_make(folder, key, make),
        build=LauncherBuild(
            __version__, f"{machine.system}-{machine.arch}", platform.python_version()
        ),
    )


def check_machine() -> None:
    """Raises UsageError: there is no launcher for this machine."""
    machine = host.read()
    if machine.system != "linux" or machine.arch not in MACHINES:
        raise UsageError(
            f"there is no launcher of VM bundles for {machine.system} on {machine.arch}",
            hint=f"bundle on Linux, on one of {', '.join(MACHINES)}",
        )
