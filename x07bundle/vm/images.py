"""Guest images: what is run is found by its digest, never by a name that was looked at before
(decision 6, contract/vm.md §7).

A digest has a kind, and is compared with those of its kind. One that comes without (the variable
X07_VM_GUEST_IMAGE_DIGEST) may be of any: two kinds never have the same digest.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from x07bundle.errors import RefusedError, UsageError, X07Error
from x07bundle.vm.asking import LONG_WALL_MS, ask
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends.words import is_digest, printable, with_digest
from x07bundle.vm.failures import EngineError, GuestError
from x07bundle.vm.job import Digest, Image

ASK_MS: Final = 10_000
"""For a question at a start. Longer than one at an end gets: an engine that starts many is slow."""

LOAD_MS: Final = 120_000
LOAD_MIB_MS: Final = 1000
"""For an image, and besides for each MiB of its archive: what a slow disk takes."""

Pull = Literal["never", "missing"]
Pin = Digest | str
"""A string: `sha256:` and 64 hex digits, of any kind."""

_is_reference: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*").fullmatch
VARIABLE: Final = "X07_VM_GUEST_IMAGE_DIGEST"


def read_pin(text: str, source: str = VARIABLE) -> str | None:
    """The digest that a variable or an option has; None: it is blank.

    Raises:
        UsageError: it is no digest.
    """
    value = text.strip()
    if value and not is_digest(value):
        raise UsageError(
            f"{source}: `{printable(value)}` is no digest",
            hint="a digest is `sha256:` and 64 hex digits in lower case",
        )
    return value or None


def resolve(
    backend: Backend, reference: str, pinned: Pin | None = None, pull: Pull = "never"
) -> Image:
    """The image to run. Where it is pinned, that one, whatever its name leads to now.

    Raises:
        RefusedError: the name leads to another image than the pinned one.
        GuestError: there is no such image.
        EngineError: the engine does not answer.
    """
    name, pinned = _split(reference, pinned)
    image = _by_digest(backend, name, pinned) or _by_name(backend, name, pinned)
    if image is None and pull == "missing":
        _pull(backend, name, pinned)
        image = _by_digest(backend, name, pinned) or _by_name(backend, name, pinned)
    if image is None:
        raise _missing(backend, name, pinned)
    return image


def load(backend: Backend, archive: Path, wall_ms: int | None = None) -> str:
    """The name under which the engine has the image of an OCI archive now. `wall_ms`: how long it
    has; else `load_wall_ms`.

    Raises:
        X07Error: there is no such archive.
        EngineError: it does not take it.
    """
    least_ms = load_wall_ms(archive)
    try:
        return ask(backend.load(str(archive.absolute())), wall_ms or least_ms)
    except EngineError as error:
        raise EngineError(
            f"{backend.name} does not take the image of `{archive}`",
            "\n".join(filter(None, (error.brief, error.details))),
            error.hint,
        ) from error


def load_wall_ms(archive: Path) -> int:
    """How long an engine has for an image: more for a larger one.

    Raises:
        X07Error: there is no such archive.
    """
    check(archive)
    return LOAD_MS + LOAD_MIB_MS * (archive.stat().st_size >> 20)


def check(archive: Path) -> None:
    """Raises X07Error: there is no such archive."""
    if not archive.is_file():
        raise X07Error(
            f"no image archive `{archive}`", hint="`x07 image build --out image.tar` makes one"
        )


def _split(reference: str, pinned: Pin | None) -> tuple[str, Pin | None]:
    """A digest in the reference is a pin.

    Raises:
        UsageError: it is no reference.
        RefusedError: it is another one than the pin.
    """
    name, at, value = reference.partition("@")
    if not _is_reference(name):
        raise UsageError(
            f"`{printable(reference)}` is no reference of an image",
            hint="it is HOST/REPOSITORY:TAG, as in `localhost/x07-guest-runner:0.1.0`",
        )
    if not at:
        return reference, pinned
    named = read_pin(value, f"`{reference}`")
    if pinned is not None and named is not None and _value(pinned) != named:
        raise RefusedError(
            f"the image `{printable(reference)}` is pinned to another digest: `{_value(pinned)}`",
            hint="name the image without a digest, or with that one",
        )
    return name, pinned or named


def _by_digest(backend: Backend, name: str, pinned: Pin | None) -> Image | None:
    """The pinned image, where the engine finds it by its digest."""
    if pinned is None:
        return None
    for kind in backend.caps.digest_kinds:
        digest = pinned if isinstance(pinned, Digest) else Digest(kind, pinned)
        if digest.kind != kind:
            continue
        for asked, reference in _names_with_digest(backend, name, digest):
            found = ask(backend.digests(asked), ASK_MS)
            if _has(found, pinned):
                image = Image(reference, found[0])
                return image if asked == backend.image_name(image) else _named(backend, image)
    return None


def _names_with_digest(backend: Backend, name: str, digest: Digest) -> Iterator[tuple[str, str]]:
    """What to ask for, and what the image is called then: as it is run, and as it was pulled."""
    own_name = backend.image_name(Image(name, digest))
    pulled = with_digest(name, digest)
    if own_name != name:
        yield own_name, name
    if pulled not in (name, own_name):
        yield pulled, pulled


def _by_name(backend: Backend, name: str, pinned: Pin | None) -> Image | None:
    """What the name leads to.

    Raises:
        RefusedError: to another image than the pinned one.
    """
    found = ask(backend.digests(name), ASK_MS)
    if not found:
        return None
    if pinned is not None and not _has(found, pinned):
        raise _mismatch(backend, name, pinned, found)
    return _named(backend, Image(name, found[0]))


def _named(backend: Backend, image: Image) -> Image:
    """The image under a name of its own, where the engine needs one to run it by digest.

    Raises:
        RefusedError: that name leads to another image.
    """
    query = backend.pin(image)
    if query is None:
        return image
    own_name = backend.image_name(image)
    if not _has(ask(backend.digests(own_name), ASK_MS), image.digest):
        ask(query, ASK_MS)
        found = ask(backend.digests(own_name), ASK_MS)
        if not _has(found, image.digest):
            raise _mismatch(backend, own_name, image.digest, found)
    return image


def _pull(backend: Backend, name: str, pinned: Pin | None) -> None:
    if pinned is None:
        raise GuestError(
            f"{backend.name} has no image `{name}`, and a name alone is never pulled",
            hint=f"set {VARIABLE} to the digest of its manifest, `sha256:` and 64 hex digits",
        )
    ask(backend.pull(name, _as_manifest(pinned)), LONG_WALL_MS)


def _as_manifest(pinned: Pin) -> Digest:
    return pinned if isinstance(pinned, Digest) else Digest("manifest", pinned)


def _has(found: tuple[Digest, ...], pinned: Pin) -> bool:
    if isinstance(pinned, Digest):
        return pinned in found
    return any(digest.value == pinned for digest in found)


def _value(pinned: Pin) -> str:
    return pinned.value if isinstance(pinned, Digest) else pinned


def _mismatch(backend: Backend, name: str, pinned: Pin, found: tuple[Digest, ...]) -> RefusedError:
    got = ", ".join(str(digest) for digest in found) or "none"
    return RefusedError(
        f'guest digest mismatch for {backend.name}: expected "{pinned}", got "{got}"',
        f"the image `{printable(name)}` is not the one that was pinned\n{_kinds(pinned, found)}",
        "load the pinned image with `x07 vm load ARCHIVE`, or pin the one that is there",
    )


def _kinds(pinned: Pin, found: tuple[Digest, ...]) -> str:
    kinds = {digest.kind for digest in found}
    if isinstance(pinned, Digest) and pinned.kind not in kinds:
        return f"this engine knows no digest of a {pinned.kind} for it"
    return "digests of different kinds are never compared"


def _missing(backend: Backend, name: str, pinned: Pin | None) -> GuestError:
    import shlex  # only to show a command

    which = "" if pinned is None else f" with the digest {pinned}"
    ways = [f"from an archive:  x07 vm load --backend {backend.name} ARCHIVE"]
    if _has_registry(name):
        digest = None if pinned is None else _as_manifest(pinned)
        ways.append(f"from a registry:  {shlex.join(backend.pull(name, digest).argv)}")
    return GuestError(
        f"{backend.name} has no image `{name}`{which}",
        "\n".join(ways),
        f"`x07 image build --tag {name} --out ARCHIVE` makes an archive; "
        "with `--flavour run`, of an image that compiles nothing",
    )


def _has_registry(name: str) -> bool:
    """Whether a name says whom to ask. Engines would ask a public registry for others, where the
    name may be anybody's."""
    host, slash, _ = name.partition("/")
    return bool(slash) and ("." in host or ":" in host)
