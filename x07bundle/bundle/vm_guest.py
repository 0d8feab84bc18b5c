"""The guest that a bundle is pinned to, and the one that its payload is compiled in."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from x07bundle import host
from x07bundle.bundle.sidecar import Guest
from x07bundle.bundle.vm_request import VmRequest
from x07bundle.contract import consent
from x07bundle.errors import UsageError, X07Error
from x07bundle.vm import archives, boundary, choose
from x07bundle.vm.asking import ask
from x07bundle.vm.backends import table
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.job import Digest

MACHINES: Final[Mapping[str, str]] = {"amd64": "x86_64", "arm64": "aarch64"}
"""OCI's names of architectures, and the kernel's."""


class Pinned(NamedTuple):
    """`place`: where the payload is compiled; None where that is this machine."""

    backend: str
    guest: Guest
    machine: str
    place: Boundary | None


def pinned(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Pinned:
    """What the bundle starts in. An engine is asked only where it has to be: an embedded image is
    known by its archive, and a payload of this machine needs none.

    Raises:
        NoBackendError, RefusedError, GuestError: no backend, no consent, no image.
        UsageError: the backend is not one of this version.
        X07Error: the archive cannot be used.
    """
    env = _with_backend(request, consent.told(env, accepted=accepted))
    if request.embed is not None:
        return _embedded(request, accepted, env)
    place = _place(request, accepted, env)
    with boundary.explained(place.backend, env):
        found = ask(place.backend.digests(place.backend.image_name(place.image)))
    guest = _guest(place.image.reference, found, place.image.digest.kind)
    return Pinned(place.backend.name, guest, host.read().arch, _if_guest(request, place))


def _with_backend(request: VmRequest, env: Mapping[str, str]) -> Mapping[str, str]:
    """The option goes before the variable."""
    if request.backend is None:
        return env
    name = table.ALIASES.get(request.backend, request.backend)
    if name not in table.DRIVEN:
        raise UsageError(
            f"`--backend`: this version makes no bundles for `{request.backend}`",
            hint=f"choose one of {', '.join(sorted(table.DRIVEN))}",
        )
    return {**env, choose.VARIABLE: name}


def _place(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Boundary:
    return boundary.find(env, boundary.Wanted(accepted, request.pull))


def _if_guest(request: VmRequest, place: Boundary) -> Boundary | None:
    return place if request.where == "guest" else None


def _embedded(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Pinned:
    assert request.embed is not None
    archived = archives.read(request.embed)
    place = _place(request, accepted, env) if request.where == "guest" else None
    name = place.backend.name if place is not None else _named(accepted, env)
    kinds = table.from_env(name, {}).caps.digest_kinds
    found = {each.kind: each for each in (archived.config, archived.manifest)}
    guest = _guest(archived.reference, tuple(found.values()), kinds[0])
    machine = MACHINES.get(archived.architecture, archived.architecture)
    if place is not None and machine != host.read().arch:
        raise UsageError(
            f"`--embed-guest`: the image is for {machine}, and guests here are {host.read().arch}",
            "the program would be compiled in a guest of this machine",
            "embed an image of this architecture, or bundle on such a machine",
        )
    if not guest.reference:
        raise X07Error(
            f"the image in `{request.embed}` has no name, and engines load none without",
            hint="build it with `--tag NAME:TAG`",
        )
    return Pinned(name, guest._replace(archive=request.embed), machine, place)


def _named(accepted: bool, env: Mapping[str, str]) -> str:
    """The backend by name alone: nothing is started here.

    Raises:
        NoBackendError: no bundle starts in it.
    """
    name = choose.named_backend(env)
    if name is None:
        return choose.choose(env, host.read(), accepted).name
    return table.from_env(name, env).name


def _guest(reference: str, found: tuple[Digest, ...], kind: str) -> Guest:
    """The image is known by each kind of digest that it has."""
    digests: dict[str, str] = {}
    for digest in found:
        digests.setdefault(digest.kind, digest.value)
    return Guest(reference, kind if kind in digests else next(iter(digests)), digests)
