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
from x07bundle.policy.explain import KINDS, Answer, Kind, Question, decoded, encoded
from x07bundle.project import discovery

REPORT = "x07.policy.explain@0.1.0"
DENIED = 1


@click.command(name="explain", short_help="Say what a policy grants, and why.")
@click.argument("file", type=PATH)
@click.option("--read", metavar="PATH", multiple=True, help="Read a file.")
@click.option("--write", metavar="PATH", multiple=True, help="Write a file.")
@click.option("--env", metavar="KEY", multiple=True, help="Read a variable.")
@click.option("--exec", metavar="PATH", multiple=True, help="Start a program.")
@click.option("--host", "connect", metavar="HOST:PORT", multiple=True, help="Connect by TCP.")
@click.option("--udp", "send", metavar="HOST:PORT", multiple=True, help="Send by UDP.")
@click.option("--listen", metavar="ADDRESS:PORT", multiple=True, help="Listen by TCP.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(file: Path, as_json: bool, **targets: tuple[str, ...]) -> int:
    """Say what a policy grants: yes or no, the field that decides, and the smallest grant.

    The answer comes from the code that programs enforce policies with. Relative paths start from
    the project's folder, where programs run, else from the current one. A PATH that ends in / is a
    folder. Links, and the interpreters of scripts, are judged as they are now. An IPv6 address has
    brackets: [::1]:80. No name is looked up.

    Exit code 0 when all is granted; 1 when something is denied; 3 when the policy is not valid; 2
    for wrong options.

    \b
    Examples:
      x07 policy explain cli.policy.json --read data/in.txt --write out/report.txt
      x07 policy explain cli.policy.json --env HOME --exec /usr/bin/git --json
      x07 policy explain web.policy.json --host api.example.com:443 --listen 127.0.0.1:8080
    """
    policy = load(file).policy
    asked = [_question(kind, target) for kind in KINDS for target in targets[kind]]
    if not asked:
        raise UsageError(
            "nothing was asked",
            hint="add --read, --write, --env, --exec, --host, --udp or --listen with a target",
        )
    lines = ask(open_toolchain(os.environ), variables(policy), _folder(), encoded(asked))
    answers = decoded(asked, lines)
    _tell(file, answers, as_json)
    return 0 if all(answer.granted for answer in answers) else DENIED


def _question(kind: Kind, target: str) -> Question:
    is_path = kind in ("read", "write")
    is_folder = is_path and target.endswith("/") and target != "/"
    return Question(kind, target.rstrip("/") if is_folder else target, is_folder)


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
