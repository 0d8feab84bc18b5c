"""`x07 check` (contract/cli.md §9, reports.md §7)."""

import os
from pathlib import Path

import click

from x07bundle.cli.findings import text
from x07bundle.cli.options import complete_profile
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.source_limits import source_limits
from x07bundle.contract.policy import Language
from x07bundle.contract.worlds import DEFAULT
from x07bundle.files import json_compact
from x07bundle.lang.diagnostics import document, has_errors
from x07bundle.lang.options import Options
from x07bundle.project import discovery, manifest, profiles
from x07bundle.project.checking import Checked, check_project
from x07bundle.project.lockfile import verify
from x07bundle.project.roots import warnings


@click.command(name="check")
@click.option(
    "--project",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="x07.json, or its folder. Default: the nearest one, from here up.",
)
@click.option(
    "--profile",
    metavar="NAME",
    shell_complete=complete_profile,
    help="Check for the world of this profile.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON (x07diag) instead.")
def command(project: Path | None, profile: str | None, as_json: bool) -> int:
    """Find what is wrong in a project: all of it, in one run.

    Checks the entry program, the modules that it imports, and every other *.x07.json file below
    the module roots. Each finding names its file, a JSON pointer, and what to do; pointers refer
    to the formatted file. Of a sandboxed profile the policy says whether native code may be called.

    Exit code 0; 1 when there are errors; 2 when the project cannot be read.

    \b
    Examples:
      x07 check
      x07 check --project examples/greet --json
    """
    loaded = manifest.load(discovery.needed(project, Path.cwd()), os.environ)
    verify(loaded)
    chosen = profiles.select(loaded, profile)
    world = profiles.world_of(None, chosen, loaded)
    checked = check_project(loaded, _options(world, chosen.policy if chosen else None))
    checked.add(warnings(loaded))
    _print(checked, as_json)
    return 1 if has_errors(checked.found) else 0


def _options(world: str, policy: Path | None) -> Options:
    """What programs of this world may do; of a sandboxed one, what its policy grants."""
    limits = source_limits(os.environ)
    if world == DEFAULT or policy is None:
        is_open = world == DEFAULT
        return limits._replace(world=world, allow_unsafe=is_open, allow_ffi=is_open)
    language = _language(policy)
    return limits._replace(
        world=world, allow_unsafe=language.allow_unsafe, allow_ffi=language.allow_ffi
    )


def _language(policy: Path) -> Language:
    """Of a policy that is not there yet: what none needs to grant.

    Raises:
        X07Error: it is there, and is no policy.
    """
    if not policy.exists():
        return Language(allow_unsafe=False, allow_ffi=False)
    from x07bundle.contract import policy_reading  # for sandboxed programs alone

    return policy_reading.load(policy).policy.language


def _print(checked: Checked, as_json: bool) -> None:
    if as_json:
        echo_bytes(json_compact(document(checked.found, {"inputs": checked.files})))
    elif checked.found:
        click.echo(text(checked.found), nl=False)
    else:
        click.echo(f"no findings in {len(checked.files)} files")
