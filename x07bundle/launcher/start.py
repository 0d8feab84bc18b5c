"""Starts the program of a bundle in a fresh guest (design: the two ways through).

backend -> what the policy is there -> the image by its digest -> the job's folder, with copies of
what was verified -> the guest, whose streams and exit code are the program's -> a record of the
start, by which the next one has its guest before any of this.
"""

import select
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from x07bundle import host
from x07bundle.errors import RefusedError
from x07bundle.launcher import adopted, consent, environment, guest_job, start_record
from x07bundle.launcher.adopted import Handed
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.consent import Wanted
from x07bundle.launcher.guest_job import STREAMED, Guest
from x07bundle.launcher.start_conditions import Start
from x07bundle.vm import choose, confine, engine_env, folder, images, remembered, runner, state
from x07bundle.vm.backend import Backend
from x07bundle.vm.failures import EngineError, GuestError, LostGuestError, NoBackendError, stuck
from x07bundle.vm.folder import LARGEST_STATUS, JobFolder, Mark
from x07bundle.vm.job import Digest, Image, Job
from x07bundle.vm.runner import Ended
from x07bundle.vm.state import State
from x07bundle.vm.streams import Attached

DEADLINE: Final = 124
SIGNALLED: Final = 128


def start(
    bundle: Bundle, arguments: Sequence[str], env: Mapping[str, str], handed: Handed | None = None
) -> int:
    """The program's exit code, or that of its deadline. `handed`: a guest that was started.

    Raises:
        RefusedError: integrity, policy or consent.
        NoBackendError: no backend is usable.
        GuestError: the guest was not started. LostGuestError: its engine failed.
    """
    accepted = consent.is_given(env)
    backend = _backend(bundle, env, accepted)
    try:
        jobs = state.open(env)
        if handed is not None:
            return _adopted(bundle, backend, arguments, env, jobs, handed)
        guest = decide(bundle, backend, env, jobs)
        try:
            return _run_once(bundle, guest, arguments, env, jobs)
        except GuestError as failure:
            return _run_again(bundle, guest, arguments, env, jobs, failure)
    except EngineError as error:
        raise choose.explained(error, backend, env, host.read(), bundle.manifest.backend) from error


def _adopted(
    bundle: Bundle,
    backend: Backend,
    arguments: Sequence[str],
    env: Mapping[str, str],
    jobs: State,
    handed: Handed,
) -> int:
    """As `start`, from where the guest was started by a record."""
    ended, mark = adopted.run(handed, backend, jobs)
    try:
        return _exit_code(bundle, backend, ended, mark)
    except GuestError as failure:
        try:
            guest = decide(bundle, backend, env, jobs, is_told=True)
            return _run_again(bundle, guest, arguments, env, jobs, failure)
        except GuestError:
            start_record.forget(jobs, bundle)
            raise


def _backend(bundle: Bundle, env: Mapping[str, str], accepted: bool) -> Backend:
    """How things are installed here is read where something has to be said about it."""
    wanted = bundle.manifest.backend
    try:
        return choose.choose(env, host.bare(), accepted, wanted)
    except NoBackendError:
        return choose.choose(env, host.read(), accepted, wanted)


def decide(
    bundle: Bundle, backend: Backend, env: Mapping[str, str], jobs: State, *, is_told: bool = False
) -> Guest:
    """What of the policy holds where, and which image it is. `is_told`: what does not hold was said
    already."""
    accepted = consent.is_given(env)
    environment.refuse_narrowing(env)
    cwd = confine.here()
    confined = confine.confine(
        bundle.policy.policy,
        backend.caps,
        cwd,
        accepted,
        state=str(jobs.root),
        backend=backend.name,
    )
    for line in () if is_told else confined.told:
        tell(f"note: {line}")
    wanted = consent.wanted_image(bundle.manifest, backend, env, accepted)
    known = _known_image(backend, wanted, jobs)
    image = known or find_image(bundle, backend, wanted)
    return Guest(backend, confined, wanted, image, known is not None, cwd)


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
    given = guest_job.given(bundle, arguments, env, is_streamed)
    with folder.opened(jobs) as place:
        guest_job.make_files(bundle, given, place)
        job = guest_job.job(bundle, guest, given, place, is_streamed=is_streamed)
        ended = _run(guest.backend, job, place, is_streamed)
        mark = STREAMED if is_streamed else place.mark()
    if mark.was_started and not guest.is_assumed:
        remembered.note(jobs, guest.backend, guest.image)
    if mark.was_started and not is_streamed and not given.words:
        start_record.leave(Start(bundle, guest, job, jobs, env))
    return _exit_code(bundle, guest.backend, ended, mark)


def _run_again(
    bundle: Bundle,
    guest: Guest,
    arguments: Sequence[str],
    env: Mapping[str, str],
    jobs: State,
    failure: GuestError,
) -> int:
    """As `_run_once`, after a failure, where the engine has lost the image that it had."""
    if not guest.is_assumed:
        raise failure
    remembered.forget(jobs, guest.backend, guest.image)
    again = _with_image(bundle, guest, failure)
    return _run_once(bundle, again, arguments, env, jobs)


def _run(backend: Backend, job: Job, place: JobFolder, is_streamed: bool) -> Ended:
    if not is_streamed:
        return runner.run(backend, job, place, leaves_mark=True)
    from x07bundle.vm import streamed  # it unpacks archives, which most backends never need

    return streamed.run(backend, job, place, Attached())


def _exit_code(bundle: Bundle, backend: Backend, ended: Ended, mark: Mark) -> int:
    if ended.is_stuck:
        raise stuck(backend.name, "`X07_BUNDLE=doctor` says what a bundle needs of a machine")
    if ended.timed_out:
        tell(_deadline_passed(bundle, backend, mark))
        return DEADLINE
    if ended.interrupted_by is not None:
        return SIGNALLED + ended.interrupted_by
    if not mark.was_started:
        if ended.asked_by is not None:
            return SIGNALLED + ended.asked_by
        raise GuestError(
            f"{backend.name} did not start the guest (exit status {ended.exit_status})",
            "what it says is above",
            "`X07_BUNDLE=doctor` says what a bundle needs of a machine",
        )
    if not mark.has_ended and ended.exit_status < SIGNALLED:
        if ended.asked_by is not None:  # podman's client exits with 0 when it is asked early
            return SIGNALLED + ended.asked_by
        if _nobody_reads():
            return SIGNALLED + signal.SIGPIPE
        raise LostGuestError(
            f"{backend.name} lost the guest before its program had ended "
            f"(exit status {ended.exit_status})",
            "what it says is above; it was started again, or cannot write the output",
            "mend that and start it again; what the program has done up to then stands",
        )
    if mark.status not in (None, ended.exit_status):
        return _believed(backend, ended, mark.status)
    return min(ended.exit_status, LARGEST_STATUS)


def _believed(backend: Backend, ended: Ended, own: int) -> int:
    """Of an engine that says something else than what the program had as its exit status, `own`."""
    if ended.asked_by is not None:
        return own
    if _nobody_reads():
        return SIGNALLED + signal.SIGPIPE
    raise LostGuestError(
        f"{backend.name} did not hand on all that the program wrote "
        f"(exit status {ended.exit_status}; that of the program is {own})",
        "what it says is above",
        "see that the output can be written; what the program has done stands",
    )


def _deadline_passed(bundle: Bundle, backend: Backend, mark: Mark) -> str:
    limit = f"its deadline: `limits.wall_ms` is {bundle.manifest.limits.wall_ms}"
    more = "bundle it with a policy that grants more time"
    if mark.was_started:
        return f"error: the program was ended at {limit}\nhint: {more}"
    return (
        f"error: {backend.name} had not started the program at {limit}\n"
        f"hint: `X07_BUNDLE=doctor` says whether {backend.name} answers; else {more}"
    )


def _nobody_reads() -> bool:
    """Whether standard output is a pipe that its reader has left, which ends clients of engines."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def tell(text: str) -> None:
    """A line for people."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
