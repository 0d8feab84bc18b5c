"""Images that guests were started from, so that the next start does not ask for them first.

It is a hint: what is run is named by its digest alone, so an engine that has lost the image refuses
to start, and is asked then.
"""

import contextlib
import stat
from pathlib import Path
from typing import Final

from x07bundle import files
from x07bundle.vm.backend import Backend
from x07bundle.vm.job import Image
from x07bundle.vm.state import State, problem_of

PREFIX: Final = ".image-"
"""No job has such a name."""


def is_known(state: State, backend: Backend, image: Image) -> bool:
    """Whether this engine had it."""
    found = problem_of(place(state, backend, image), stat.S_IFREG) is None
    return found and _is_exact(backend, image)


def note(state: State, backend: Backend, image: Image) -> None:
    """A disk that does not take it is no reason to fail."""
    if _is_exact(backend, image):
        with contextlib.suppress(OSError):
            place(state, backend, image).touch(0o600)


def forget(state: State, backend: Backend, image: Image) -> None:
    with contextlib.suppress(OSError):
        place(state, backend, image).unlink()


def _is_exact(backend: Backend, image: Image) -> bool:
    """Whether nothing but this image can be run: names may lead elsewhere by now."""
    return backend.image_name(image) == image.digest.value


def place(state: State, backend: Backend, image: Image) -> Path:
    """Of a note: one for each image of each engine. The question says which engine that is."""
    query = backend.digests(image.digest.value)
    told = "\0".join((*query.argv, *(f"{key}={query.env[key]}" for key in sorted(query.env))))
    return state.root / f"{PREFIX}{files.fingerprint(told.encode('utf-8', 'surrogateescape'))}"
