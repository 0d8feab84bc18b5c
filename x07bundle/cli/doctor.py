"""`x07 doctor` (contract/cli.md §7, reports.md §9)."""

import os
from pathlib import Path

import click

from x07bundle import host
from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.doctor import needs, report
from x07bundle.doctor.examine import examine
from x07bundle.errors import UsageError
from x07bundle.files import json_compact
from x07bundle.project import discovery
from x07bundle.vm import kvm
from x07bundle.vm.preflight import Machine


@click.command(name="doctor")
@click.argument("executable", metavar="[BUNDLE]", type=PATH, required=False)
@click.option(
    "--project", metavar="PATH", type=PATH, help="x07.json, or its folder. Default: from here up."
)
@click.option("--profile", metavar="NAME", help="What this profile of the project needs.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(
    executable: Path | None, project: Path | None, profile: str | None, as_json: bool
) -> int:
    """Say what this machine has of what programs need, and what mends the rest.

    Looks at the C compiler, static linking, libcurl and OpenSSL, what the kernel confines programs
    with, and each backend of the VM boundary. Changes nothing; each engine has a few seconds to
    answer.

    With a VM bundle: whether it can run here, on which backend, and if not, what mends it. The
    bundle says the same of itself: `X07_BUNDLE=doctor dist/app`.

    Exit code 0; 1 when something is missing that the project needs (without a project: a C
    compiler); 2 for wrong options; of a bundle that cannot run, the one that it would have.

    \b
    Examples:
      x07 doctor
      x07 doctor --profile sandbox
      x07 doctor --json
      x07 doctor dist/app
    """
    if executable is not None:
        return _of_bundle(executable, project, profile, as_json)
    here = host.read()
    wanted = needs.of_project(discovery.at_hand(project, Path.cwd()), profile, os.environ)
    found = examine(Machine(here, os.environ, kvm.look(here)), wanted)
    if as_json:
        echo_bytes(json_compact(report.document(here, wanted, found)))
    else:
        click.echo(report.text(here, wanted, found), nl=False)
    return 0 if report.is_well(found) else 1


def _of_bundle(executable: Path, project: Path | None, profile: str | None, as_json: bool) -> int:
    from x07bundle.cli.bundle_look import look  # nothing else of doctor needs it

    if project is not None or profile is not None:
        raise UsageError(
            "a bundle has no project", hint="leave out `--project` and `--profile`, or the bundle"
        )
    return look(executable, "doctor", as_json)
