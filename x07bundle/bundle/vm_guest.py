"""The guest that a bundle is pinned to, and the one that its payload is compiled in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import host
from x07bundle.bundle.sidecar import Guest
from x07bundle.bundle.vm_request import VmRequest
from x07bundle.contract import consent
from x07bundle.errors import RefusedError, UsageError, X07Error
from x07bundle.vm import archives, boundary, choose, images
from x07bundle.vm.archives import Archived
from x07bundle.vm.asking import ask
from x07bundle.vm.backends import table
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.failures import NoBackendError
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
    env = _env(request, accepted, env)
    if request.embed is not None:
        return _embedded(request, accepted, env)
    place = _place(request, accepted, env)
    with boundary.explained(place.backend, env):
        found = ask(place.backend.digests(place.backend.image_name(place.image)))
    guest = _guest(place.image.reference, found, place.image.digest.kind)
    return Pinned(place.backend.name, guest, host.read().arch, _if_guest(request, place))


class Expected(NamedTuple):
    """What is known before an engine is asked. `backends`: the first that answers is pinned; empty
    where none is usable, for what `problem` says. `digest`: None where only an engine knows it;
    `kind`: None too where it was named without.
    """

    backends: tuple[str, ...]
    problem: str | None
    reference: str
    digest: str | None
    kind: str | None
    machine: str

    @property
    def backend(self) -> str | None:
        """Where no other may answer first."""
        return self.backends[0] if len(self.backends) == 1 else None


def expected(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Expected:
    """What `pinned` is going to find, as far as that can be known. Nothing is started.

    Raises:
        RefusedError, UsageError, X07Error: as `pinned`.
    """
    env = _env(request, accepted, env)
    archived = _archived(request, env) if request.embed is not None else None
    backends, problem = _likely(request, accepted, env)
    if archived is None:
        reference = boundary.reference(env)
        digest = _pin(reference, env)
        return Expected(backends, problem, reference, digest, None, host.read().arch)
    guest = _guest_of(archived, backends[0] if backends else "")
    digest = guest.digests[guest.kind]
    return Expected(backends, problem, guest.reference, digest, guest.kind, _machine(archived))


def _likely(
    request: VmRequest, accepted: bool, env: Mapping[str, str]
) -> tuple[tuple[str, ...], str | None]:
    """Backends, and what is the matter where there is none."""
    named = choose.named_backend(env)
    backend = table.from_env(named, env) if named is not None else None
    if backend is not None and not _takes_an_engine(request):
        return (backend.name,), None
    try:
        return choose.candidates(env, host.read(), accepted), None
    except NoBackendError as error:
        return (), error.brief


def _pin(reference: str, env: Mapping[str, str]) -> str | None:
    """A digest that was named, by itself or with the image."""
    of_name = images.read_pin(reference.partition("@")[2], f"`{reference}`")
    return images.read_pin(env.get(images.VARIABLE, "")) or of_name


def _takes_an_engine(request: VmRequest) -> bool:
    """An embedded image is known by its archive, and a payload of this machine needs no guest."""
    return request.embed is None or request.where == "guest"


def _env(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Mapping[str, str]:
    return with_backend(request.backend, consent.told(env, accepted=accepted))


def named(request: VmRequest, env: Mapping[str, str]) -> str | None:
    """The backend by the option or the variable; None where an engine has to be asked.

    Raises:
        UsageError, NoBackendError: it names none.
    """
    return choose.named_backend(with_backend(request.backend, env))


def with_backend(option: str | None, env: Mapping[str, str]) -> Mapping[str, str]:
    """The option goes before the variable.

    Raises:
        UsageError: it names no backend.
    """
    if option is None:
        return env
    name = table.ALIASES.get(option, option)
    if name not in table.DRIVEN:
        is_known = name in table.BACKENDS
        raise UsageError(
            f"`--backend`: there is no backend `{option}`{' yet' if is_known else ''}",
            "this version starts no guests in it" if is_known else None,
            f"choose one of {', '.join(sorted(table.DRIVEN))}; `x07 vm backends` says which are "
            "usable here",
        )
    return {**env, choose.VARIABLE: name}


def _place(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Boundary:
    return boundary.find(env, boundary.Wanted(accepted, request.pull))


def _if_guest(request: VmRequest, place: Boundary) -> Boundary | None:
    return place if request.where == "guest" else None


def _embedded(request: VmRequest, accepted: bool, env: Mapping[str, str]) -> Pinned:
    archived = _archived(request, env)
    place = _place(request, accepted, env) if _takes_an_engine(request) else None
    name = place.backend.name if place is not None else _named(accepted, env)
    guest = _guest_of(archived, name)
    return Pinned(name, guest._replace(archive=request.embed), _machine(archived), place)


def _archived(request: VmRequest, env: Mapping[str, str]) -> Archived:
    """The image to embed.

    Raises:
        RefusedError: another one is pinned.
        UsageError: guests here are of another architecture.
        X07Error: it cannot be used.
    """
    assert request.embed is not None
    archived = archives.read(request.embed)
    if not archived.reference:
        raise X07Error(
            f"the image in `{request.embed}` has no name, and engines load none without",
            hint="build it with `--tag NAME:TAG`",
        )
    if _takes_an_engine(request):
        _refuse_another_machine(_machine(archived))
    else:
        pin = images.read_pin(env.get(images.VARIABLE, ""))
        _refuse_another_image(archived, request.embed, pin)
    return archived


def _refuse_another_machine(machine: str) -> None:
    """Raises UsageError: guests here are of another architecture."""
    here = host.read().arch
    if machine != here:
        raise UsageError(
            f"`--embed-guest`: the image is for {machine}, and guests here are {here}",
            "the program would be compiled in a guest of this machine",
            "embed an image of this architecture, or bundle on such a machine",
        )


def _refuse_another_image(archived: Archived, path: Path, pin: str | None) -> None:
    """Where a guest compiles, the pin is that guest's: an image to embed may have no compiler.

    Raises:
        RefusedError: the image has no such digest.
    """
    found = (archived.manifest, archived.config)
    if pin is None or any(digest.value == pin for digest in found):
        return
    got = ", ".join(str(digest) for digest in found)
    raise RefusedError(
        f'guest digest mismatch for `--embed-guest`: expected "{pin}", got "{got}"',
        f"the image in `{path}` is not the one that {images.VARIABLE} has",
        f"embed the pinned image, or set {images.VARIABLE} to a digest of this one",
    )


def _machine(archived: Archived) -> str:
    return MACHINES.get(archived.architecture, archived.architecture)


def _guest_of(archived: Archived, backend: str) -> Guest:
    """By the digest that the backend runs it by."""
    kinds = table.from_env(backend, {}).caps.digest_kinds if backend else ("manifest",)
    found = {each.kind: each for each in (archived.config, archived.manifest)}
    return _guest(archived.reference, tuple(found.values()), kinds[0])


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
