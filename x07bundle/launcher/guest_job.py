"""The job that a bundle's program is in its guest: what is copied, what is mounted, what starts it.

What was verified is copied, and the copies are mounted: nobody changes them in between.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract.granted_variables import granted_variables
from x07bundle.contract.vm_job import INPUTS
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.consent import Wanted
from x07bundle.vm import clock, folder, state, users
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends.words import is_text
from x07bundle.vm.confine import Confined
from x07bundle.vm.folder import MARK, OUTPUTS, JobFolder, Mark
from x07bundle.vm.job import GUEST_BUNDLE, GUEST_IN, GUEST_OUT, Image, Job, Mount

PROGRAMS: Final = "bundle"
"""The folder of a job that the guest has as GUEST_BUNDLE."""
PAYLOAD: Final = "payload"
STARTER: Final = "starter"
STARTER_FILE: Final = f"runtime/{STARTER}"
POLICY: Final = "policy.json"
WORDS: Final = "words"
"""The file of the guest's input folder with words that are no UTF-8."""
PROGRAM_MODE: Final = 0o755
FILE_MODE: Final = 0o644


class Guest(NamedTuple):
    """All that is decided before anything is started. `is_assumed`: the engine had the image when
    it was asked last, and was not asked now. `cwd`: where relative roots start."""

    backend: Backend
    confined: Confined
    wanted: Wanted
    image: Image
    is_assumed: bool
    cwd: str


class Given(NamedTuple):
    """What a program gets of its caller. `words`: those that go through a file; see
    stubs/launcher/starter.c."""

    arguments: tuple[str, ...]
    env: Mapping[str, str]
    words: bytes = b""


NOTHING: Final = Given((), {})
STREAMED: Final = Mark(was_started=True, has_ended=True)
"""The guest's agent has told."""


class Copy(NamedTuple):
    """A file of the sidecar, and its place below a job's folder."""

    file: str
    target: str
    mode: int


def copies(bundle: Bundle) -> tuple[Copy, ...]:
    manifest = bundle.manifest
    return (
        Copy(STARTER_FILE, f"{PROGRAMS}/{STARTER}", PROGRAM_MODE),
        Copy(manifest.payload, f"{PROGRAMS}/{PAYLOAD}", PROGRAM_MODE),
        Copy(manifest.policy, f"{PROGRAMS}/{POLICY}", FILE_MODE),
        Copy(manifest.policy, f"{INPUTS}/{POLICY}", FILE_MODE),
    )


def make_files(bundle: Bundle, given: Given, place: JobFolder) -> None:
    folder.make(place.path / PROGRAMS)
    if given.words:
        folder.put(place.inputs / WORDS, given.words, FILE_MODE)
    for copy in copies(bundle):
        is_policy = copy.file == bundle.manifest.policy
        data = bundle.policy.data if is_policy else bundles.listed(bundle, copy.file)
        folder.put(place.path / copy.target, data, copy.mode)


def words(is_streamed: bool, given: Given) -> tuple[str, ...]:
    """What starts the payload: the starter, unless the guest's agent does."""
    payload = f"{GUEST_BUNDLE}/{PAYLOAD}"
    if is_streamed:
        return (payload, *given.arguments)
    read = ("--words", f"{GUEST_IN}/{WORDS}") if given.words else ()
    files = (f"{GUEST_IN}/{POLICY}", f"{GUEST_OUT}/{MARK}")
    return (f"{GUEST_BUNDLE}/{STARTER}", *read, *files, payload, *given.arguments)


def given(
    bundle: Bundle, arguments: Sequence[str], env: Mapping[str, str], is_streamed: bool
) -> Given:
    """What the program gets of its caller. Engines hand on no bytes but those of UTF-8: where there
    are others, a file has the arguments, and the variables that are none."""
    variables = granted_variables(bundle.policy.policy.env, env)
    texts = {name: value for name, value in variables.items() if is_text(f"{name}{value}")}
    if is_streamed or (len(texts) == len(variables) and all(map(is_text, arguments))):
        return Given(tuple(arguments), variables)
    others = (f"{name}={value}" for name, value in variables.items() if name not in texts)
    data = "".join(f"{word}\0" for word in (*others, "", *arguments))
    return Given((), texts, data.encode("utf-8", "surrogateescape"))


def mounts(path: Path) -> tuple[Mount, ...]:
    """Those of a job's own folder."""
    return (
        Mount(str(path / INPUTS), GUEST_IN),
        Mount(str(path / OUTPUTS), GUEST_OUT, writable=True),
        Mount(str(path / PROGRAMS), GUEST_BUNDLE),
    )


def job(bundle: Bundle, guest: Guest, given: Given, place: JobFolder, *, is_streamed: bool) -> Job:
    """Raises RefusedError: the engine cannot be told of the job's folder."""
    if not is_streamed:
        state.check_mountable(place.path)
    policy = bundle.policy.policy
    created_ms = clock.SYSTEM.unix_ms()
    return Job(
        run_id=place.run_id,
        image=guest.image,
        argv=words(is_streamed, given),
        created_unix_ms=created_ms,
        deadline_unix_ms=created_ms + policy.limits.wall_ms,
        limits=guest.confined.limits,
        mounts=(*mounts(place.path), *guest.confined.mounts),
        env=given.env,
        workdir=bundle.manifest.workdir,
        network=guest.confined.network,
        has_input=not _is_nowhere(0),
        terminal=os.isatty(0) and os.isatty(1),
        user=users.caller(guest.backend),
    )


def _is_nowhere(descriptor: int) -> bool:
    """The null device; a stream that was closed is that by now."""
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == Path(os.devnull).stat().st_rdev
