"""(k) From the start of a VM bundle to its program's first byte, against the engine's bare command.

The bundle was started from there before, once, so that the engine has its image and the launcher
a record: then it is started as before, and without the record, so that all is decided again; and
with its files as a stream, which leaves no record. The command is the one that the bundle itself
gives to the engine: the same image, hardening, limits and mounts. What either leaves to be done
after its end is not counted, and does not disturb the next one.
"""

import itertools
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE
from typing import Final

from bench import engines
from bench.clock import Action, interleave
from bench.engines import Engine
from bench.figures import Figure
from x07bundle.contract import policy_reading, vm_manifest
from x07bundle.contract.consent import ACCEPT
from x07bundle.contract.vm_manifest import Manifest
from x07bundle.vm import confine, images
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.confine import Confined
from x07bundle.vm.job import GUEST_BUNDLE, GUEST_IN, GUEST_OUT, Digest, Image, Job, Mount

REPETITIONS: Final = 15
TARGET: Final = 1.15
SETTLE_SECONDS: Final = 0.4
"""What was started last is cleaned up beside us."""
WALL_MS: Final = 60_000
PAYLOAD: Final = f"{GUEST_BUNDLE}/payload"


def measure(engine: Engine, app: Path, folder: Path) -> Iterator[Figure]:
    """`app`: a bundle for this engine, whose program says something."""
    work, state = folder / "work", folder / "jobs"
    work.mkdir(parents=True)
    env = {**engine.env, ACCEPT: "1", "X07_VM_STATE_DIR": str(state)}
    commands = itertools.repeat((str(app),))
    as_before = _to_first_byte(commands, env, work)
    streamed = _to_first_byte(commands, {**env, "X07_VM_TRANSPORT": "stream"}, work)

    def decided() -> float:
        for record in state.glob(".start-*"):
            record.unlink()
        return as_before()

    decided()  # loads the image
    kinds = {"as before": as_before, "decided": decided, "streamed": streamed}
    backend = table.from_env(engine.backend, engine.env)
    bare = _to_first_byte(_commands(backend, app, folder, work), engine.env, work)
    client = engines.NEEDED[engine.backend][0]
    for kind, action in kinds.items():
        # By turns with it alone: what others leave to be done would fall on one of the two.
        spent = interleave({kind: action, "engine": bare}, REPETITIONS)
        ratio = spent[kind].least_ms / spent["engine"].least_ms
        detail = f"bundle {spent[kind]}; {engine.backend} {spent['engine']}"
        name = f"(k) start of a VM bundle to its first byte, {kind}, against `{client} run`"
        yield Figure(name, ratio, TARGET, "", detail)


def _to_first_byte(
    commands: Iterator[tuple[str, ...]], env: Mapping[str, str], work: Path
) -> Action:
    """Standard input stays open as long: `ctr` loses an end of it that comes too early."""

    def run() -> float:
        argv = next(commands)
        begin = time.perf_counter()
        with subprocess.Popen(
            argv, env=env, cwd=work, stdin=PIPE, stdout=PIPE, stderr=PIPE
        ) as child:
            assert child.stdout is not None
            first = os.read(child.stdout.fileno(), 1)
            spent_ms = (time.perf_counter() - begin) * 1000
            said = child.communicate()[1].decode("utf-8", "replace")
        if not first or child.returncode != 0:
            raise SystemExit(f"error: `{argv[0]}` exits with {child.returncode}: {said}")
        time.sleep(SETTLE_SECONDS)
        return spent_ms

    return run


def _commands(backend: Backend, app: Path, folder: Path, work: Path) -> Iterator[tuple[str, ...]]:
    """One guest after the other, each with a name of its own."""
    sidecar = app.with_name(app.name + vm_manifest.SIDECAR_SUFFIX)
    manifest = vm_manifest.read((sidecar / vm_manifest.NAME).read_bytes(), vm_manifest.NAME)
    policy = policy_reading.read((sidecar / manifest.policy).read_bytes(), manifest.policy).policy
    confined = confine.confine(policy, backend.caps, str(work), accepted=True)
    mounts = _mounts(sidecar / manifest.payload, folder)
    job = _job(backend, _image(backend, manifest), confined, mounts)
    for number in itertools.count():
        job = job._replace(run_id=f"{time.time_ns()}-{number}")
        yield backend.launch(job).argv


def _image(backend: Backend, manifest: Manifest) -> Image:
    kind = next(kind for kind in backend.caps.digest_kinds if kind in manifest.guest_digests)
    pinned = Digest(kind, manifest.guest_digests[kind])
    return images.resolve(backend, manifest.guest_image, pinned)


def _mounts(payload: Path, folder: Path) -> tuple[Mount, ...]:
    """What a bundle mounts of its own."""
    places = {GUEST_IN: folder / "in", GUEST_OUT: folder / "out"}
    for place in places.values():
        place.mkdir()
    own = (Mount(str(place), guest, guest == GUEST_OUT) for guest, place in places.items())
    return (*own, Mount(str(payload.parent), GUEST_BUNDLE))


def _job(backend: Backend, image: Image, confined: Confined, mounts: Sequence[Mount]) -> Job:
    now_ms = int(time.time() * 1000)
    return Job(
        run_id="",
        image=image,
        argv=(PAYLOAD,),
        created_unix_ms=now_ms,
        deadline_unix_ms=now_ms + WALL_MS,
        limits=confined.limits,
        mounts=(*mounts, *confined.mounts),
        has_input=True,
        user=(os.getuid(), os.getgid()) if backend.caps.users else None,
        folder=str(mounts[0].host),
    )
