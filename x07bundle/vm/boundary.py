"""What a guest is started on: a backend, an image by its digest, and the folder of jobs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple

from x07bundle import __version__, host
from x07bundle.vm import choose, images, state
from x07bundle.vm.backend import Backend
from x07bundle.vm.failures import EngineError
from x07bundle.vm.images import Pull
from x07bundle.vm.job import Image
from x07bundle.vm.state import State

IMAGE: Final = "X07_VM_GUEST_IMAGE"
DEFAULT: Final = f"x07-guest-runner:{__version__}"
"""As `scripts/build_guest_runner_image.sh` names it: no registry is asked unless one is named."""

COMPILES: Final = (
    "its image has to be one of the flavour `full`, of this version: "
    "`x07 image build --flavour full`"
)
"""The hint where a guest gives no report of a compilation."""


class Wanted(NamedTuple):
    """`accepted`: weaker isolation than a VM's."""

    accepted: bool
    pull: Pull = "never"


class Boundary(NamedTuple):
    """`env`: the caller's, of which engines get what they need."""

    backend: Backend
    image: Image
    state: State
    env: Mapping[str, str]


def find(env: Mapping[str, str], wanted: Wanted) -> Boundary:
    """The boundary that holds here, with the image that the environment names.

    Raises:
        NoBackendError: no backend is usable, or the engine does not answer.
        GuestError: there is no such image.
        RefusedError: the image is another one than the pinned, or consent is missing.
        X07Error: the folder of jobs cannot be used.
    """
    backend = choose.choose(env, host.read(), wanted.accepted)
    with explained(backend, env):
        pinned = images.read_pin(env.get(images.VARIABLE, ""))
        image = images.resolve(backend, reference(env), pinned, wanted.pull)
    return Boundary(backend, image, state.open(env), env)


def reference(env: Mapping[str, str]) -> str:
    """The name of the guest image."""
    return env.get(IMAGE, "").strip() or DEFAULT


@contextmanager
def explained(backend: Backend, env: Mapping[str, str]) -> Iterator[None]:
    """What an engine does not answer is told as its preflight sees it."""
    try:
        yield
    except EngineError as error:
        raise choose.explained(error, backend, env, host.read()) from error
