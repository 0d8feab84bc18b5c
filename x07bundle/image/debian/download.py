"""Files from mirrors: bounded, checked by digest, kept by digest, taken up where they stopped.

A file that has a digest comes from the cache when it is there. What was received before a
connection broke stays beside its place, and the rest is asked for; whether both parts belong
together, the digest says.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.errors import RefusedError, X07Error
from x07bundle.image.debian.web import CHUNK_BYTES, Gone, Temporary, Web

ATTEMPTS: Final = 4
PAUSE_S: Final = 0.5
PART: Final = ".part"

Progress = Callable[[int], None]
"""Called with the count of bytes that came."""


class Wanted(NamedTuple):
    """A file by what is in it. `paths`: relative to a mirror, tried in this order."""

    what: str
    sha256: str
    size_bytes: int
    paths: tuple[str, ...]


class Missing(Exception):
    """No mirror has the file."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted.what)
        self.wanted = wanted


class Downloads(NamedTuple):
    """`folder`: where files are kept, by digest. `offline`: only what is there already."""

    folder: Path
    web: Web
    offline: bool = False
    pause_s: float = PAUSE_S

    def text(self, mirrors: Sequence[str], path: str, most_bytes: int) -> tuple[str, bytes]:
        """A file without a digest, and the mirror that had it.

        Raises:
            X07Error: no mirror has it.
        """
        if self.offline:
            raise X07Error(
                f"`{path}` is on a mirror, and the network may not be used",
                hint="leave out --offline, and unset X07_OFFLINE",
            )
        reasons = []
        for mirror in mirrors:
            try:
                return mirror, self._whole(f"{mirror}/{path}", most_bytes)
            except (Gone, Temporary) as error:
                reasons.append(f"{mirror}/{path}: {error}")
        raise X07Error(
            f"no mirror gives `{path}`", "\n".join(reasons), "name another mirror with --mirror"
        )

    def get(self, wanted: Wanted, mirrors: Sequence[str], progress: Progress) -> Path:
        """The file, whole and with the digest that it is to have.

        Raises:
            Missing: no mirror has it.
            RefusedError: every mirror that has it gives other bytes.
            X07Error: no mirror gives it.
            OutputError: the cache cannot be written.
        """
        place = self.folder / wanted.sha256
        if _is(place, wanted):
            with suppress(OSError):
                os.utime(place)  # what is used is not pruned
            progress(wanted.size_bytes)
            return place
        if self.offline:
            raise X07Error(
                f"{wanted.what} is not in the cache, and the network may not be used",
                hint="run the same command once without --offline and X07_OFFLINE",
            )
        files.make_folder(self.folder)
        errors: list[Exception] = []
        for mirror in mirrors:
            for path in wanted.paths:
                try:
                    return self._fetch(f"{mirror}/{path}", wanted, place, progress)
                except (Gone, Temporary, RefusedError) as error:
                    errors.append(error)
        raise _failure(wanted, errors)

    def _fetch(self, url: str, wanted: Wanted, place: Path, progress: Progress) -> Path:
        """Into a file beside `place`, and then there."""
        part = place.with_name(place.name + PART)
        with _alone(self.folder):
            if _is(place, wanted):
                return place
            self._receive(url, wanted, part)
            _keep(url, wanted, part, place)
        progress(wanted.size_bytes)
        return place

    def _receive(self, url: str, wanted: Wanted, part: Path) -> None:
        for attempt in range(ATTEMPTS):
            time.sleep(self.pause_s * attempt)
            try:
                _append(self.web, url, wanted.size_bytes, part)
                return
            except Temporary:
                if attempt == ATTEMPTS - 1:
                    raise

    def _whole(self, url: str, most_bytes: int) -> bytes:
        for attempt in range(ATTEMPTS):
            time.sleep(self.pause_s * attempt)
            try:
                with self.web.open(url, 0) as answer:
                    data = answer.read(most_bytes + 1)
                    if len(data) > most_bytes:
                        raise Gone(f"it has more than {most_bytes} bytes")
                    return data
            except Temporary:
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time writes into the folder. The lock ends with its process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _keep(url: str, wanted: Wanted, part: Path, place: Path) -> None:
    """What was received takes its place, when it is what it is to be."""
    found = files.sha256_file(part)
    if found != wanted.sha256:
        part.unlink()
        raise RefusedError(
            f"{wanted.what} is not what it is to be: `{url}` gives other bytes",
            f"expected {wanted.sha256}\ngot      {found}",
            "try again, or name another mirror with --mirror",
        )
    try:
        part.replace(place)
    except OSError as error:
        raise files.output_error(place, error) from error


def _append(web: Web, url: str, size_bytes: int, part: Path) -> None:
    """What `part` lacks. A server that does not take up where it stopped sends all again."""
    had = part.stat().st_size if part.exists() else 0
    if had == size_bytes:
        return
    if had > size_bytes:
        part.unlink()
        had = 0
    with web.open(url, had) as answer:
        try:
            with part.open("ab" if answer.offset_bytes else "wb") as stream:
                left = size_bytes - answer.offset_bytes
                while left and (chunk := answer.read(min(left, CHUNK_BYTES))):
                    stream.write(chunk)
                    left -= len(chunk)
        except OSError as error:
            raise files.output_error(part, error) from error
    if left:
        raise Temporary(f"it ended {left} bytes too early")


def _is(place: Path, wanted: Wanted) -> bool:
    """Whether it is there and whole. Read each time: a cache is no safe."""
    try:
        if place.stat().st_size != wanted.size_bytes:
            return False
        with place.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == wanted.sha256
    except OSError:
        return False


def _failure(wanted: Wanted, errors: Sequence[Exception]) -> Exception:
    """What to tell of all that went wrong: other bytes before everything else."""
    refused = [error for error in errors if isinstance(error, RefusedError)]
    if refused:
        return refused[0]
    if all(isinstance(error, Gone) for error in errors):
        return Missing(wanted)
    return X07Error(
        f"cannot get {wanted.what}",
        "\n".join(dict.fromkeys(str(error) for error in errors)),
        "look at the network, or name another mirror with --mirror; what came so far is kept",
    )
