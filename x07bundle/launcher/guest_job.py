"""The job that a bundle's program is in its guest: what is copied, what is mounted, what starts it.

What was verified is copied, and the copies are mounted: nobody changes them in between.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract.granted_variables import granted_variables
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.consent import Wanted
from x07bundle.vm import clock, folder, users
from x07bundle.vm.backend import Backend
from x07bundle.vm.confine import Confined
from x07bundle.vm.folder import INPUTS, OUTPUTS, JobFolder
from x07bundle.vm.job import GUEST_BUNDLE, GUEST_IN, GUEST_OUT, Image, Job, Mount

PROGRAMS: Final = "bundle"
"""The folder of a job that the guest has as GUEST_BUNDLE."""
PAYLOAD: Final = "payload"
STARTER: Final = "starter"
STARTER_FILE: Final = f"runtime/{STARTER}"
POLICY: Final = "policy.json"
MARK: Final = "started"
"""Left in the guest's output folder by what starts the payload; it can be executed once that has
ended (stubs/launcher/starter.c)."""
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


class Mark(NamedTuple):
    """What a guest left of its program's start, and of its end."""

    was_started: bool
    has_ended: bool


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


def make_copies(bundle: Bundle, place: JobFolder) -> None:
    folder.make(place.path / PROGRAMS)
    for copy in copies(bundle):
        is_policy = copy.file == bundle.manifest.policy
        data = bundle.policy.data if is_policy else bundles.listed(bundle, copy.file)
        folder.put(place.path / copy.target, data, copy.mode)


def words(is_streamed: bool) -> tuple[str, ...]:
    """What starts the payload: the starter, unless the guest's agent does."""
    payload = f"{GUEST_BUNDLE}/{PAYLOAD}"
    if is_streamed:
        return (payload,)
    return (f"{GUEST_BUNDLE}/{STARTER}", f"{GUEST_OUT}/{MARK}", payload)


def mark(place: JobFolder) -> Mark:
    try:
        mode = (place.outputs / MARK).lstat().st_mode
    except OSError:
        return Mark(was_started=False, has_ended=False)
    return Mark(was_started=True, has_ended=bool(mode & stat.S_IXUSR))


def mounts(path: Path) -> tuple[Mount, ...]:
    """Those of a job's own folder."""
    return (
        Mount(str(path / INPUTS), GUEST_IN),
        Mount(str(path / OUTPUTS), GUEST_OUT, writable=True),
        Mount(str(path / PROGRAMS), GUEST_BUNDLE),
    )


def job(
    bundle: Bundle, guest: Guest, argv: Sequence[str], env: Mapping[str, str], place: JobFolder
) -> Job:
    policy = bundle.policy.policy
    created_ms = clock.SYSTEM.unix_ms()
    return Job(
        run_id=place.run_id,
        image=guest.image,
        argv=tuple(argv),
        created_unix_ms=created_ms,
        deadline_unix_ms=created_ms + policy.limits.wall_ms,
        limits=guest.confined.limits,
        mounts=(*mounts(place.path), *guest.confined.mounts),
        env=granted_variables(policy.env, env),
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
