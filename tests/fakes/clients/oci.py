"""docker and podman."""

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

WORDS: Final = {
    "docker": Words(
        "docker: Error response from daemon: No such image: {}\n\n"
        "Run 'docker run --help' for more information",
        125,
        'docker: Error response from daemon: exec: "{}": stat {}: no such file or directory',
        127,
    ),
    "podman": Words(
        "Error: {}: image not known",
        125,
        "Error: crun: executable file `{}` not found: No such file or directory",
        127,
    ),
}


def run_guest(store: Path, program: str, given: Given) -> int:
    has_input = "--interactive" in given.options
    if "--tty" in given.options and not (has_input and os.isatty(0)):
        raise Failure("the input device is not a TTY")
    folders = mounts(given, "source", "target")
    for source in folders.values():
        if not Path(source).exists():
            raise Failure(f"{program}: Error: bind source path does not exist: {source}", 125)
    return run(named(store, given, folders, has_input), WORDS[program])


def kill(store: Path, program: str, given: Given) -> int:
    guest = _of_oci(store, program, given)
    if guest.process() is None:
        said = {
            "docker": f"Error response from daemon: Cannot kill container: {guest.name}: "
            f"Container {guest.name} is not running",
            "podman": "Error: can only kill running containers. "
            f"{guest.name} is in state created: container state improper",
        }
        raise Failure(said[program], {"docker": 1, "podman": 125}[program])
    guest.signal(getattr(signal, f"SIG{given.last('--signal')}"))
    return say(guest.name)


def stop(store: Path, program: str, given: Given) -> int:
    guest = _of_oci(store, program, given)
    guest.signal(signal.SIGTERM)
    guest.wait(float(given.last("-t", "10")))
    guest.kill()
    return say(guest.name)


def remove(store: Path, program: str, given: Given) -> int:
    if program == "podman" and not Guest(store, given.rest[0]).is_known():
        return 0
    guest = _of_oci(store, program, given)
    guest.kill()
    guest.remove()
    return say(guest.name)


def inspect(store: Path, program: str, given: Given) -> int:
    name = given.rest[0]
    if program == "podman" and not Guest(store, name).is_known():
        raise Failure(f"Error: inspecting object: no such container {name}", 125)
    return say(_of_oci(store, program, given).name.encode().hex())


def _of_oci(store: Path, program: str, given: Given) -> Guest:
    guest = Guest(store, given.rest[0])
    if guest.is_known():
        return guest
    if program == "docker":
        raise Failure(f"Error response from daemon: No such container: {guest.name}")
    raise Failure(
        f'Error: no container with name or ID "{guest.name}" found: no such container', 125
    )


def list_guests(store: Path, program: str, given: Given) -> int:
    wanted = given.last("--filter").removeprefix("label=").partition("=")[::2]
    found = [guest for guest in guests(store) if wanted in labels(guest).items()]
    if program == "podman" and given.last("--format") == "json":
        rows = [{"Names": [one.name], "Id": "f00", "Labels": labels(one)} for one in found]
        return say(json.dumps(rows, indent=2))
    if program == "docker" and given.last("--format") == "{{json .}}":
        for one in found:
            text = ",".join(f"{key}={value}" for key, value in labels(one).items())
            say(json.dumps({"ID": "f00", "Labels": text, "Names": one.name, "State": "running"}))
        return 0
    raise Failure("template parsing error", 64)
