"""`ctr`, and `firecracker-ctr`, into whose guests no folder of the host comes."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Final

from tests.fakes.clients.guests import (
    Failure,
    Given,
    Guest,
    Start,
    Words,
    guests,
    labels,
    mounts,
    run,
    say,
)

WORDS: Final = Words(
    'ctr: image "{}": not found',
    1,
    'ctr: failed to create shim task: OCI runtime create failed: exec: "{}": no such file: unknown',
    1,
)
FILTER: Final = re.compile(r'labels\."([^"]+)"==(.+)')


def run_guest(store: Path, _: str, given: Given) -> int:
    if "--tty" in given.options and not os.isatty(0):
        raise Failure("panic: provided file is not a console", 2)
    folders = mounts(given, "src", "dst")
    for source in folders.values():
        if given.last("--runtime") == "aws.firecracker" or not Path(source).exists():
            raise Failure(f"ctr: failed to mount {source}: no such file or directory: unknown")
    image, name, *argv = given.rest
    start = Start(
        Guest(store, name), image, argv, given.all("--label"), _variables(given), folders,
        given.last("--cwd"), ("snapshots",), loses_end=True, ready=given.last("--pid-file"),
    )  # fmt: skip
    return run(start, WORDS)


def _variables(given: Given) -> dict[str, str]:
    lines = [
        line for file in given.all("--env-file") for line in Path(file).read_text().split("\n")
    ]
    return dict(line.split("=", 1) for line in lines if line)


def kill_task(store: Path, _: str, given: Given) -> int:
    guest = _task(store, given)
    number = getattr(signal, given.last("--signal", "SIGTERM"))
    guest.signal(number, all_of_it="--all" in given.options)
    return 0


def delete_task(store: Path, _: str, given: Given) -> int:
    guest = _task(store, given)
    if "--force" in given.options:
        guest.kill()
    if guest.process() is not None:
        raise Failure(f"ctr: task must be stopped before deletion: running: {guest.name}")
    guest.remove("tasks")
    return 0


def delete_container(store: Path, _: str, given: Given) -> int:
    guest = _container(store, given.rest[0])
    if guest.process() is not None:
        raise Failure("ctr: cannot delete a non stopped container: {running 0}")
    guest.remove("containers", "snapshots")
    return 0


def snapshots(store: Path, _: str, given: Given) -> int:
    what, name = given.rest
    if what != "rm" or not Guest(store, name).part("snapshots").exists():
        said = f'failed to remove "{name}": snapshot {name} does not exist: not found'
        raise Failure(f"ctr: {said}")
    Guest(store, name).remove("snapshots")
    return 0


def info(store: Path, _: str, given: Given) -> int:
    found = labels(_container(store, given.rest[0]))
    spec = {"annotations": found}
    return say(json.dumps({"ID": given.rest[0], "Labels": found, "Spec": spec}, indent=4))


def list_guests(store: Path, _: str, given: Given) -> int:
    match = FILTER.fullmatch(given.rest[0])
    if match is None:
        raise Failure("ctr: parse error: [1 >|<]: invalid argument")
    for guest in guests(store):
        if labels(guest).get(match[1]) == match[2]:
            say(guest.name)
    return 0


def _container(store: Path, name: str) -> Guest:
    guest = Guest(store, name)
    if not guest.is_known():
        raise Failure(f'ctr: container "{name}" in namespace "x07": not found')
    return guest


def _task(store: Path, given: Given) -> Guest:
    guest = _container(store, given.rest[0])
    if not guest.part("tasks").exists():
        raise Failure(f"ctr: no running task found: task {guest.name} not found: not found")
    return guest
