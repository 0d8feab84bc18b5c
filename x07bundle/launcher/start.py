"""Starts the program of a bundle in a fresh guest (design: the two ways through).

backend -> what the policy is there -> the image by its digest -> the job's folder, with copies of
what was verified -> the guest, whose streams and exit code are the program's.
"""

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import host
from x07bundle.contract.granted_variables import granted_variables
from x07bundle.errors import RefusedError
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher import consent
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.consent import Wanted
from x07bundle.vm import (
    choose,
    clock,
    confine,
    engine_env,
    folder,
    images,
    remembered,
    runner,
    state,
    users,
)
from x07bundle.vm.backend import Backend
from x07bundle.vm.confine import Confined
from x07bundle.vm.failures import EngineError, GuestError, NoBackendError
from x07bundle.vm.folder import JobFolder
from x07bundle.vm.job import GUEST_BUNDLE, GUEST_IN, GUEST_OUT, Digest, Image, Job, Mount
from x07bundle.vm.runner import Ended
from x07bundle.vm.state import State
from x07bundle.vm.streams import Attached

DEADLINE: Final = 124
SIGNALLED: Final = 128
LARGEST_STATUS: Final = 255
PROGRAMS: Final = "bundle"
"""The folder of a job that the guest has as GUEST_BUNDLE."""
PAYLOAD: Final = "payload"
STARTER: Final = "starter"
STARTER_FILE: Final = f"runtime/{STARTER}"
MARK: Final = "started"
"""Left in the guest's output folder by what starts the payload (stubs/launcher/starter.c)."""
PROGRAM_MODE: Final = 0o755
FILE_MODE: Final = 0o644


class Guest(NamedTuple):
    """All that is decided before anything is started. `is_assumed`: the engine had the image when
    it was asked last, and was not asked now."""

    backend: Backend
    confined: Confined
    wanted: Wanted
    image: Image
    is_assumed: bool


def start(bundle: Bundle, arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """The program's exit code, or that of its deadline.

    Raises:
        RefusedError: integrity, policy or consent.
        NoBackendError: no backend is usable.
        GuestError: the guest was not started.
    """
    accepted = consent.is_given(env)
    backend = _backend(bundle, env, accepted)
    try:
        jobs = state.open(env)
        guest = decide(bundle, backend, env, jobs, accepted)
        try:
            return _run_once(bundle, guest, arguments, env, jobs)
        except GuestError as failure:
            if not guest.is_assumed:
                raise
            remembered.forget(jobs, backend, guest.image)
            guest = _with_image(bundle, guest, failure)
            return _run_once(bundle, guest, arguments, env, jobs)
    except EngineError as error:
        raise choose.explained(error, backend, env, host.read()) from error


def _backend(bundle: Bundle, env: Mapping[str, str], accepted: bool) -> Backend:
    """How things are installed here is read where something has to be said about it."""
    wanted = bundle.manifest.backend
    try:
        return choose.choose(env, host.bare(), accepted, wanted)
    except NoBackendError:
        return choose.choose(env, host.read(), accepted, wanted)


def decide(
    bundle: Bundle, backend: Backend, env: Mapping[str, str], jobs: State, accepted: bool
) -> Guest:
    """What of the policy holds where, and which image it is."""
    confined = confine.confine(
        bundle.policy.policy,
        backend.caps,
        confine.here(),
        accepted,
        state=str(jobs.root),
        backend=backend.name,
    )
    for line in confined.told:
        tell(f"note: {line}")
    wanted = consent.wanted_image(bundle.manifest, backend, env, accepted)
    known = _known_image(backend, wanted, jobs)
    image = known or find_image(bundle, backend, wanted)
    return Guest(backend, confined, wanted, image, is_assumed=known is not None)


def _known_image(backend: Backend, wanted: Wanted, jobs: State) -> Image | None:
    """The image, where this engine had it when a guest was started last."""
    digests = (pin for pin in wanted.pins if isinstance(pin, Digest))
    found = (Image(wanted.reference, digest) for digest in digests)
    return next((image for image in found if remembered.is_known(jobs, backend, image)), None)


def find_image(bundle: Bundle, backend: Backend, wanted: Wanted) -> Image:
    """The image, loaded from the bundle where the engine does not have it.

    Raises:
        RefusedError: the engine has another one under its name.
        GuestError: there is none. EngineError: the engine does not answer.
    """
    try:
        return _resolved(backend, wanted)
    except (GuestError, RefusedError):
        if bundle.manifest.guest_archive is None or not wanted.is_pinned:
            raise
    return _loaded(bundle, backend, wanted)


def _loaded(bundle: Bundle, backend: Backend, wanted: Wanted) -> Image:
    assert bundle.manifest.guest_archive is not None
    tell(f"loading the guest image into {backend.name}")
    images.load(backend, bundle.sidecar / bundle.manifest.guest_archive)
    return _resolved(backend, wanted)


def _with_image(bundle: Bundle, guest: Guest, failure: GuestError) -> Guest:
    """The same guest, with the image that the engine had lost.

    Raises:
        GuestError: `failure`, as the engine has the image; or it cannot get it.
    """
    try:
        _resolved(guest.backend, guest.wanted)
    except (GuestError, RefusedError):
        image = find_image(bundle, guest.backend, guest.wanted)
        return guest._replace(image=image, is_assumed=False)
    raise failure


def _resolved(backend: Backend, wanted: Wanted) -> Image:
    """By the first of the digests that the engine finds it by."""
    failure: RefusedError | GuestError | None = None
    for pin in wanted.pins:
        try:
            return images.resolve(backend, wanted.reference, pin)
        except (RefusedError, GuestError) as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _run_once(
    bundle: Bundle, guest: Guest, arguments: Sequence[str], env: Mapping[str, str], jobs: State
) -> int:
    """The exit code. Nothing of standard input is read by an engine that does not start a guest.

    Raises:
        GuestError: the guest was not started.
    """
    is_streamed = engine_env.streams(env) or not guest.backend.caps.host_mounts
    with folder.opened(jobs) as place:
        program = _program(bundle, place, is_streamed)
        job = _job(bundle, guest, (*program, *arguments), env, place)
        ended = _run(guest.backend, job, place, is_streamed)
        was_started = is_streamed or _was_started(place)
    if was_started and not guest.is_assumed:
        remembered.note(jobs, guest.backend, guest.image)
    return _exit_code(bundle, guest, ended, was_started)


def _job(
    bundle: Bundle, guest: Guest, argv: tuple[str, ...], env: Mapping[str, str], place: JobFolder
) -> Job:
    policy = bundle.policy.policy
    created_ms = clock.SYSTEM.unix_ms()
    return Job(
        run_id=place.run_id,
        image=guest.image,
        argv=argv,
        created_unix_ms=created_ms,
        deadline_unix_ms=created_ms + policy.limits.wall_ms,
        limits=guest.confined.limits,
        mounts=(*_own_mounts(place), *guest.confined.mounts),
        env=granted_variables(policy.env, env),
        workdir=bundle.manifest.workdir,
        network=guest.confined.network,
        has_input=not _is_nowhere(0),
        terminal=os.isatty(0) and os.isatty(1),
        user=users.caller(guest.backend),
    )


def _program(bundle: Bundle, place: JobFolder, is_streamed: bool) -> tuple[str, ...]:
    """Copies what was verified, whose copies are mounted: nobody changes them in between.

    The words that start the payload: through the starter, unless the guest's agent starts it.
    """
    programs = place.path / PROGRAMS
    folder.make(programs)
    names = {STARTER_FILE: STARTER, bundle.manifest.payload: PAYLOAD}
    for path, name in names.items():
        folder.put(programs / name, bundles.listed(bundle, path), PROGRAM_MODE)
    for target in (programs / "policy.json", place.inputs / "policy.json"):
        folder.put(target, bundle.policy.data, FILE_MODE)
    payload = f"{GUEST_BUNDLE}/{PAYLOAD}"
    if is_streamed:
        return (payload,)
    return (f"{GUEST_BUNDLE}/{STARTER}", f"{GUEST_OUT}/{MARK}", payload)


def _own_mounts(place: JobFolder) -> tuple[Mount, ...]:
    return (
        Mount(str(place.inputs), GUEST_IN),
        Mount(str(place.outputs), GUEST_OUT, writable=True),
        Mount(str(place.path / PROGRAMS), GUEST_BUNDLE),
    )


def _is_nowhere(descriptor: int) -> bool:
    """The null device; a stream that was closed is that by now."""
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == Path(os.devnull).stat().st_rdev


def _run(backend: Backend, job: Job, place: JobFolder, is_streamed: bool) -> Ended:
    if not is_streamed:
        return runner.run(backend, job, place)
    from x07bundle.vm import streamed  # it unpacks archives, which most backends never need

    return streamed.run(backend, job, place, Attached())


def _was_started(place: JobFolder) -> bool:
    return (place.outputs / MARK).exists()


def _exit_code(bundle: Bundle, guest: Guest, ended: Ended, was_started: bool) -> int:
    if ended.timed_out:
        wall_ms = bundle.manifest.limits.wall_ms
        tell(
            f"error: the program was ended at its deadline: `limits.wall_ms` is {wall_ms}\n"
            "hint: bundle it with a policy that grants more time"
        )
        return DEADLINE
    if ended.interrupted_by is not None:
        return SIGNALLED + ended.interrupted_by
    if not was_started and ended.asked_by is not None:
        return SIGNALLED + ended.asked_by
    if not was_started:
        raise GuestError(
            f"{guest.backend.name} did not start the guest (exit status {ended.exit_status})",
            "what it says is above",
            "`X07_BUNDLE=doctor` says what a bundle needs of a machine",
        )
    return min(ended.exit_status, LARGEST_STATUS)


def tell(text: str) -> None:
    """A line for people."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
