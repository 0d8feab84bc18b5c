"""Apple's `container`."""

import json
import os
import signal
from pathlib import Path
from typing import Final

from tests.fakes.clients.guests import (
    Failure,
    Given,
    Guest,
    Words,
    guests,
    labels,
    mounts,
    named,
    run,
    say,
)

WORDS: Final = Words(
    'Error: notFound: "image with reference {}"',
    1,
    'Error: internalError: "failed to find target executable {}"',
    1,
)


def run_guest(store: Path, _: str, given: Given) -> int:
    has_input = "--interactive" in given.options
    if "--tty" in given.options and not (has_input and os.isatty(0)):
        raise Failure('Error: invalidArgument: "stdin is not a terminal"')
    folders = mounts(given, "source", "target")
    for source in folders.values():
        if not Path(source).is_dir():
            raise Failure(f"Error: invalidArgument: \"path '{source}' is not a directory\"")
    return run(named(store, given, folders, has_input), WORDS)


def kill(store: Path, _: str, given: Given) -> int:
    guest = _known(store, given)
    if guest.process() is None:
        raise Failure(f'Error: invalidState: "container {guest.name} is not running"')
    name = given.last("--signal", "KILL").removeprefix("SIG")
    guest.signal(getattr(signal, f"SIG{name}"))
    return say(guest.name)


def delete(store: Path, _: str, given: Given) -> int:
    guest = _known(store, given)
    guest.kill()
    guest.remove()
    return say(guest.name)


def inspect(store: Path, _: str, given: Given) -> int:
    return say(json.dumps([_of_row(_known(store, given))]))


def list_guests(store: Path, _: str, given: Given) -> int:
    assert given.last("--format") == "json"
    return say(json.dumps([_of_row(guest) for guest in guests(store)]))


def _known(store: Path, given: Given) -> Guest:
    guest = Guest(store, given.rest[0])
    if not guest.is_known():
        raise Failure(f'Error: notFound: "container with ID {guest.name} not found"')
    return guest


def _of_row(guest: Guest) -> dict[str, object]:
    state = "running" if guest.process() is not None else "stopped"
    configuration = {"id": guest.name, "labels": labels(guest), "rosetta": False}
    return {"id": guest.name, "configuration": configuration, "status": {"state": state}}
