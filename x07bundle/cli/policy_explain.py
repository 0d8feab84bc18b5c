"""`x07 policy explain`: what a policy says to an operation, and which field decides."""

import os
from pathlib import Path

import click

from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.contract.policy_environment import variables
from x07bundle.contract.policy_reading import load
from x07bundle.errors import UsageError
from x07bundle.files import json_compact
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import open_toolchain
from x07bundle.policy.explain import Answer, Question, decoded, encoded
from x07bundle.project import discovery

REPORT = "x07.policy.explain@0.1.0"
DENIED = 1


@click.command(name="explain")
@click.argument("file", type=PATH)
@click.option("--read", "reads", metavar="PATH", multiple=True, help="Read a file.")
@click.option("--write", "writes", metavar="PATH", multiple=True, help="Write a file.")
@click.option("--env", "keys", metavar="KEY", multiple=True, help="Read a variable.")
@click.option("--exec", "programs", metavar="PATH", multiple=True, help="Start a program.")
@click.option(
    "--host",
    "hosts",
    metavar="HOST:PORT",
    multiple=True,
    hidden=True,
    help="Not in this version: nothing decides about hosts yet.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(
    file: Path,
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    keys: tuple[str, ...],
    programs: tuple[str, ...],
    hosts: tuple[str, ...],
    as_json: bool,
) -> int:
    """Say what a policy grants: yes or no, the field that decides, and the smallest grant.

    The answer comes from the code that programs enforce policies with. Relative paths start from
    the project's folder, where programs run, else from the current one. A PATH that ends in / is a
    folder. Links, and the interpreters of scripts, are judged as they are now.

    Exit code 0 when all is granted; 1 when something is denied; 3 when the policy is not valid; 2
    for wrong options.

    \b
    Examples:
      x07 policy explain cli.policy.json --read data/in.txt --write out/report.txt
      x07 policy explain cli.policy.json --env HOME --exec /usr/bin/git --json
    """
    _refuse_hosts(hosts)
    policy = load(file).policy
    asked = [
        *(_path("read", path) for path in reads),
        *(_path("write", path) for path in writes),
        *(Question("env", key) for key in keys),
        *(Question("exec", program) for program in programs),
    ]
    if not asked:
        raise UsageError(
            "nothing was asked", hint="add --read, --write, --env or --exec with a target"
        )
    lines = ask(open_toolchain(os.environ), variables(policy), _folder(), encoded(asked))
    answers = decoded(asked, lines)
    _tell(file, answers, as_json)
    return 0 if all(answer.granted for answer in answers) else DENIED


def _path(kind: str, path: str) -> Question:
    is_folder = path.endswith("/") and path != "/"
    target = path.rstrip("/") if is_folder else path
    return Question("read" if kind == "read" else "write", target, is_folder)


def _refuse_hosts(hosts: tuple[str, ...]) -> None:
    if hosts:
        raise UsageError(
            "`--host`: not available in this version",
            "no program of this version opens connections, so there is nothing to ask",
            "`x07 policy diff` compares what two policies say of hosts",
        )


def _folder() -> Path:
    """Where a program runs."""
    file = discovery.discover(Path.cwd())
    return file.parent if file is not None else Path.cwd()


def _tell(file: Path, answers: list[Answer], as_json: bool) -> None:
    if as_json:
        document = {
            "schema_version": REPORT,
            "policy": str(file),
            "answers": [answer.as_json() for answer in answers],
        }
        echo_bytes(json_compact(document))
    else:
        click.echo("\n".join(answer.in_words() for answer in answers))
