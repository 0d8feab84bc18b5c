"""A start as data: what was decided, and under which conditions it would be decided so again.

The executable of a bundle (stubs/launcher/replay.c) reads the record of an earlier start, sees
whether all conditions hold, and starts the guest without a decision; `adopted` goes on with it.
Where a condition does not hold, or cannot be told, `start` decides.

A record has fields, `WORD VALUE`, each with a NUL behind it.
"""

import contextlib
import itertools
import os
import re
import resource
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from x07bundle import files, host, process
from x07bundle.errors import X07Error
from x07bundle.launcher import guest_job, start_conditions, start_templates
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.start_conditions import Start, Surroundings, field
from x07bundle.launcher.start_templates import Templates
from x07bundle.vm import confine, engine_env, remembered, roots, state
from x07bundle.vm.backend import Backend
from x07bundle.vm.folder import host_name
from x07bundle.vm.state import State

FIRST_LINE: Final = b"x07.launcher.start@0.1.0\0"
LAST_LINE: Final = b"end\0"
MOST_BYTES: Final = 256 << 10
MOST_INSTANCE_BYTES: Final = 256
MOST_KEPT: Final = 64
MODE: Final = 0o600
EVERY_BIT: Final = (1 << 64) - 1

is_name: Final = re.compile(r"\.start-[0-9a-f]{64}").fullmatch


def leave(start: Start) -> None:
    """Writes the record of a start, where there is to be one. A disk that does not take it is no
    reason to fail."""
    with contextlib.suppress(OSError, X07Error):
        here = _look(start) if _is_plain(start) else None
        data = made(start, here) if here is not None else None
        if data is not None:
            path = place(start.jobs, start.bundle.executable, start.guest.cwd)
            files.write_atomic(path, data, MODE)
            _prune(start.jobs)


def forget(jobs: State, bundle: Bundle) -> None:
    """What was started by the record, from here, did not start."""
    with contextlib.suppress(OSError, X07Error):
        place(jobs, bundle.executable, confine.here()).unlink()


def place(jobs: State, executable: Path, cwd: str) -> Path:
    told = f"{executable}\0{cwd}".encode("utf-8", "surrogateescape")
    return jobs.root / f".start-{files.sha256_bytes(told)}"


def made(start: Start, here: Surroundings) -> bytes | None:
    """The record. Pure.

    None where there can be none: a root was reached through a link; a value has a byte that ends
    fields or begins holes, or looks like the id of a run; the guest's variables go through a file
    (`ctr`); or it would be too long.
    """
    try:
        templates = start_templates.made(start.guest, start.job, start.jobs)
        conditions = b"".join(start_conditions.conditions(start, here))
        steps = b"".join(_steps(start, here, templates))
    except ValueError:
        return None
    data = FIRST_LINE + conditions + steps + LAST_LINE
    return data if len(data) <= MOST_BYTES else None


def _steps(start: Start, here: Surroundings, templates: Templates) -> Iterator[bytes]:
    """Fields that say what is done."""
    job = start.job
    yield from (field("say", f"note: {line}") for line in start.guest.confined.told)
    for copy in guest_job.copies(start.bundle):
        yield field("copy", copy.file, f"{copy.mode:o}", copy.target)
    yield field("program", str(here.program))
    yield from (_template(b"argument", word) for word in templates.arguments)
    yield from _variables(templates)
    yield field("wall", str(job.deadline_unix_ms - job.created_unix_ms))
    yield _template(b"job", templates.job)
    yield _template(b"line", templates.line)
    if templates.ready is not None:
        yield _template(b"ready", templates.ready)


def _template(word: bytes, data: bytes) -> bytes:
    if start_conditions.END in data:
        raise ValueError("a template has a byte that ends it")
    return word + b" " + data + start_conditions.END


def _variables(templates: Templates) -> Iterator[bytes]:
    """What a record may hold the value of; of what the guest gets, the name alone."""
    passed = [name for name in templates.env if name not in engine_env.PASSED]
    for name in templates.env:
        if name in engine_env.PASSED:
            yield field("variable", f"{name}={templates.env[name]}")
    yield from (field("pass", name) for name in passed)


def _is_plain(start: Start) -> bool:
    """Not where a terminal gives the input, where another image runs than the bundle's own, or
    where a root is a file, is reached through a link, or has a file system mounted in it."""
    if start.job.terminal or os.isatty(0) or not start.guest.wanted.is_pinned:
        return False
    paths = start_conditions.straight(start)
    if not all(os.path.realpath(path) == path and Path(path).is_dir() for path in paths):
        return False
    mounted = roots.mounted(host.text(confine.MOUNTS))
    return not any(
        path != folder and roots.is_below(path, folder)
        for folder in start_conditions.sealed(start)
        for path in mounted
    )


def _look(start: Start) -> Surroundings | None:
    """None where the engine's client, the name of the instance, or the note that the engine has the
    image is not there any more; or where PATH has a client before that cannot be executed."""
    backend, jobs = start.guest.backend, start.jobs
    is_known = remembered.is_known(jobs, backend, start.guest.image)
    launch = backend.launch(start.job)
    program = process.find_program(launch.argv[0], launch.env)
    instance_file = state.instance_file(jobs.root)
    instance = files.read_bytes(instance_file, MOST_INSTANCE_BYTES).decode("ascii", "replace")
    if program is None or instance.strip() != jobs.instance:
        return None
    earlier = _earlier(launch.argv[0], launch.env, program, start.guest.cwd)
    if any(map(os.path.lexists, earlier)):
        return None
    if not is_known and backend.name != "firecracker-ctr":
        return None
    return Surroundings(
        node=host_name(),
        user=os.geteuid(),
        group=os.getegid(),
        program=Path(start.guest.cwd, program),
        instance_file=instance_file,
        instance=instance,
        note=remembered.place(jobs, backend, start.guest.image) if is_known else None,
        limits=_limits(backend),
        earlier=earlier,
    )


def _earlier(name: str, env: Mapping[str, str], found: Path, cwd: str) -> tuple[str, ...]:
    """Paths that PATH has before the one where a program was found."""
    if os.sep in name:
        return ()
    folders = env.get("PATH", os.defpath).split(os.pathsep)
    places = itertools.takewhile(lambda path: path != found, (Path(one, name) for one in folders))
    return tuple(dict.fromkeys(str(Path(cwd, path)) for path in places))


def _limits(backend: Backend) -> dict[int, int]:
    """podman is told of this one, lest it raise it: see `oci_cli`."""
    if backend.name != "podman":
        return {}
    return {resource.RLIMIT_NPROC: resource.getrlimit(resource.RLIMIT_NPROC)[1] & EVERY_BIT}


def _prune(jobs: State) -> None:
    """The oldest go."""
    found = [path for path in jobs.root.iterdir() if is_name(path.name)]
    found.sort(key=lambda path: path.lstat().st_mtime_ns)
    for path in found[:-MOST_KEPT]:
        path.unlink(missing_ok=True)
