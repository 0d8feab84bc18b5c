"""What the caller of a bundle accepts, and which image: integrity is never waived.

Consent covers isolation. Another image than the pinned one takes consent, too, and its own digest:
a name alone never chooses what runs.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from x07bundle.contract.consent import ACCEPT, YES
from x07bundle.contract.vm_manifest import Manifest
from x07bundle.errors import RefusedError, UsageError
from x07bundle.vm import images
from x07bundle.vm.backend import Backend
from x07bundle.vm.job import Digest

IMAGE: Final = "X07_VM_GUEST_IMAGE"
DIGEST: Final = images.VARIABLE


class Wanted(NamedTuple):
    """An image by any of some digests, the best first. `is_pinned`: the bundle's own."""

    reference: str
    pins: tuple[images.Pin, ...]
    is_pinned: bool


def is_given(env: Mapping[str, str]) -> bool:
    """Whether weaker isolation is accepted (contract/vm.md §1: what is no word for it is no)."""
    return env.get(ACCEPT, "").strip() in YES


def wanted_image(
    manifest: Manifest, backend: Backend, env: Mapping[str, str], accepted: bool
) -> Wanted:
    """The image to run.

    Raises:
        RefusedError: it is another one than the bundle's, without its digest or without consent;
            or the backend knows images by no digest that the bundle has.
    """
    named = env.get(IMAGE, "").strip() or manifest.guest_image
    digest = _digest(env)
    is_same_digest = digest is None or digest in manifest.guest_digests.values()
    if named == manifest.guest_image and is_same_digest:
        return Wanted(named, _pins(manifest, backend), is_pinned=True)
    if digest is None:
        raise RefusedError(
            f"{IMAGE} names another guest image than this bundle is pinned to, without its digest",
            f"named: {named}\npinned: {manifest.guest_image}, {manifest.guest_digest}",
            f"unset {IMAGE}; or name its digest, too, in {DIGEST}",
        )
    if not accepted:
        raise RefusedError(
            "another guest image than this bundle is pinned to needs consent",
            f"named: {named}, {digest}\npinned: {manifest.guest_image}, {manifest.guest_digest}",
            f"unset {IMAGE} and {DIGEST}; or accept it: {ACCEPT}=1",
        )
    return Wanted(named, (digest,), is_pinned=False)


def _digest(env: Mapping[str, str]) -> str | None:
    try:
        return images.read_pin(env.get(DIGEST, ""))
    except UsageError as error:
        raise RefusedError(error.brief, error.details, error.hint) from error


def _pins(manifest: Manifest, backend: Backend) -> tuple[Digest, ...]:
    digests = manifest.guest_digests
    pins = [Digest(kind, digests[kind]) for kind in backend.caps.digest_kinds if kind in digests]
    if not pins:
        raise RefusedError(
            f"{backend.name} knows images by none of the digests that this bundle has",
            f"it knows: {', '.join(backend.caps.digest_kinds)}; the bundle: {', '.join(digests)}",
            f"run it on {manifest.backend}, or bundle it with `--backend {backend.name}`",
        )
    return tuple(pins)
