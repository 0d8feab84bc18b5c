"""`python -m tests.fakes.clients PROGRAM STORE WORDS...`.

What of the store is read here: `answers` says what becomes of questions, where they are not
answered: `garbage` on stdout, `complaints` of no sense on stderr, or `nothing`.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.fakes.clients import apple, ctr, oci
from tests.fakes.clients.guests import Failure, Given

GARBAGE: Final = b'\xff\xfe\0{[["'
FOREVER_SECONDS: Final = 600


class Command(NamedTuple):
    """`flags` stand alone; `options` have a value each. A question changes nothing."""

    act: Callable[[Path, str, Given], int]
    flags: frozenset[str]
    options: frozenset[str]
    is_question: bool = False


class Engine(NamedTuple):
    """`common`: options before the command. `unknown`: what is said of others, and the status."""

    commands: Mapping[str, Command]
    unknown: str
    status: int
    common: frozenset[str] = frozenset()


def taking(
    act: Callable[[Path, str, Given], int],
    flags: str = "",
    options: str = "",
    question: bool = False,
) -> Command:
    return Command(act, frozenset(flags.split()), frozenset(options.split()), question)


def oci_commands(flags: str, options: str) -> dict[str, Command]:
    """`flags`, `options`: of `run`, beside those of both."""
    ours = (
        "--name --pull --log-driver --detach-keys --label --cap-drop --security-opt --ipc"
        " --hostname --network --mount --user --memory --memory-swap --cpus --pids-limit --ulimit"
        " --workdir --entrypoint --env --tmpfs"
    )
    return {
        "run": taking(
            oci.run_guest, f"--rm --interactive --tty --read-only {flags}", f"{ours} {options}"
        ),
        "kill": taking(oci.kill, options="--signal"),
        "stop": taking(oci.stop, options="-t"),
        "rm": taking(oci.remove, "--force --volumes"),
        "container inspect": taking(oci.inspect, options="--format", question=True),
        "ps": taking(oci.list_guests, "--all --no-trunc", "--filter --format", question=True),
    }


DOCKER: Final = Engine(
    oci_commands("", ""), "unknown flag: {}\n\nRun 'docker --help' for more information", 125
)
PODMAN: Final = Engine(
    oci_commands("--read-only-tmpfs=false --http-proxy=false --no-hosts", "--annotation"),
    "Error: unknown flag: {}\nSee 'podman --help'",
    125,
)
APPLE: Final = Engine(
    {
        "run": taking(
            apple.run_guest,
            "--rm --interactive --tty --read-only",
            "--name --progress --label --cap-drop --network --uid --gid --memory --cpus --ulimit"
            " --workdir --env --tmpfs --mount",
        ),
        "kill": taking(apple.kill, options="--signal"),
        "delete": taking(apple.delete, "--force"),
        "inspect": taking(apple.inspect, question=True),
        "list": taking(apple.list_guests, "--all", "--format", question=True),
    },
    "Error: Unknown option '{}'\nUsage: container [--debug] <subcommand>",
    64,
)
CTR: Final = Engine(
    {
        "run": taking(
            ctr.run_guest,
            "--rm --read-only --seccomp --cni --tty",
            "--runtime --snapshotter --label --annotation --cap-drop --memory-limit --cpus --cwd"
            " --env-file --mount --pid-file",
        ),
        "tasks kill": taking(ctr.kill_task, "--all", "--signal"),
        "tasks delete": taking(ctr.delete_task, "--force"),
        "containers delete": taking(ctr.delete_container),
        "containers info": taking(ctr.info, question=True),
        "containers ls": taking(ctr.list_guests, "-q", question=True),
        "snapshots": taking(ctr.snapshots, options="--snapshotter"),
    },
    "Incorrect Usage: flag provided but not defined: {}",
    1,
    common=frozenset({"--address", "--namespace", "--timeout"}),
)
ENGINES: Final[Mapping[str, Engine]] = {
    "container": APPLE,
    "ctr": CTR,
    "docker": DOCKER,
    "firecracker-ctr": CTR,
    "podman": PODMAN,
}


def main(program: str, store: Path, words: list[str]) -> int:
    with (store / "asked").open("a") as log:
        log.write(json.dumps([program, *words]) + "\n")
    engine = ENGINES[program]
    try:
        rest = parse(engine, words, frozenset(), engine.common).rest
        name, command = find(engine, rest)
        given = parse(engine, rest[len(name.split()) :], command.flags, command.options)
        if command.is_question:
            answer(store)
        return command.act(store, program, given)
    except Failure as failure:
        sys.stderr.write(f"{failure.said}\n")
        return failure.status


def parse(
    engine: Engine, words: list[str], flags: frozenset[str], options: frozenset[str]
) -> Given:
    """Up to the first word that is no option."""
    given: dict[str, list[str]] = {}
    rest = list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word not in flags | options or (word in options and not rest):
            raise Failure(engine.unknown.format(word), engine.status)
        given.setdefault(word, []).extend([rest.pop(0)] if word in options else [])
    return Given(given, rest)


def find(engine: Engine, rest: list[str]) -> tuple[str, Command]:
    for name, command in engine.commands.items():
        if rest[: len(name.split())] == name.split():
            return name, command
    raise Failure(engine.unknown.format(" ".join(rest[:2])), engine.status)


def answer(store: Path) -> None:
    """Returns where the engine is well."""
    file = store / "answers"
    how = file.read_text() if file.exists() else ""
    if how == "nothing":
        time.sleep(FOREVER_SECONDS)
    elif how == "complaints":
        sys.stderr.buffer.write(GARBAGE)
        raise Failure("", 1)
    elif how == "garbage":
        sys.stdout.buffer.write(GARBAGE)
        sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
