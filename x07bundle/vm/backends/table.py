"""The backends by name. Those without a driver are known: they come with a disk of the guest.

One is imported when it is asked for: a start takes one, and waits for what is imported.
"""

from collections.abc import Callable, Mapping
from typing import Final

from x07bundle.contract.consent import ACCEPT
from x07bundle.vm.backend import Backend
from x07bundle.vm.failures import NoBackendError


def _firecracker_ctr(env: Mapping[str, str]) -> Backend:
    from x07bundle.vm.backends import firecracker_ctr

    return firecracker_ctr.from_env(env)


def _apple_container(env: Mapping[str, str]) -> Backend:
    from x07bundle.vm.backends import apple_container

    return apple_container.from_env(env)


def _podman(env: Mapping[str, str]) -> Backend:
    from x07bundle.vm.backends import oci_cli

    return oci_cli.podman(env)


def _docker(env: Mapping[str, str]) -> Backend:
    from x07bundle.vm.backends import oci_cli

    return oci_cli.docker(env)


BACKENDS: Final[Mapping[str, Callable[[Mapping[str, str]], Backend] | None]] = {
    "firecracker-ctr": _firecracker_ctr,
    "qemu": None,
    "apple-container": _apple_container,
    "vz": None,
    "podman": _podman,
    "docker": _docker,
}
"""Strongest first, as `probes`."""
ALIASES: Final[Mapping[str, str]] = {
    "container": "apple-container",
    "firecracker": "firecracker-ctr",
}
WAYS: Final = (
    "choose a VM (firecracker-ctr on Linux, apple-container on macOS), or a container "
    f"(podman, docker) with {ACCEPT}=1"
)
"""Both of those that there are."""
DRIVEN: Final = frozenset(name for name, made in BACKENDS.items() if made is not None)


def from_env(name: str, env: Mapping[str, str]) -> Backend:
    """The backend of that name, as the variables have it.

    Raises:
        NoBackendError: this version has no such backend.
    """
    known = ALIASES.get(name, name)
    made = BACKENDS.get(known)
    if made is None:
        problem = "starts no guests in it yet" if known in BACKENDS else "knows no such backend"
        raise NoBackendError(
            f"VM backend `{known}`: this version {problem}",
            hint=WAYS,
        )
    return made(env)
