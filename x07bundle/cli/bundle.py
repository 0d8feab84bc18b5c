"""`x07 bundle` (contract/cli.md §3)."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from x07bundle.bundle import pipeline
from x07bundle.bundle.pipeline import Outcome
from x07bundle.bundle.plan import as_json
from x07bundle.bundle.request import Limits, Request
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.progress import Progress
from x07bundle.cli.source_limits import source_limits
from x07bundle.contract.worlds import WORLDS
from x07bundle.errors import UsageError
from x07bundle.files import json_pretty

FOLDER: Final = click.Path(path_type=Path, file_okay=False)
FILE: Final = click.Path(path_type=Path)
COUNT: Final = click.IntRange(min=0)
POSITIVE: Final = click.IntRange(min=1)
SHOWN: Final = 5
"""Findings that are shown on stderr; all of them are a matter of `x07 check`."""

SANDBOX_FLAGS: Final = (
    *("--policy", "--sandbox-backend", "--i-accept-weaker-isolation"),
    *("--allow-host", "--deny-host", "--allow-host-file", "--deny-host-file"),
    *("--allow-read-root", "--allow-write-root"),
)


def _sandbox_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options of sandboxed bundles, so that giving one is answered in words."""
    for name in SANDBOX_FLAGS:
        is_flag = name == "--i-accept-weaker-isolation"
        kind: dict[str, Any] = {"is_flag": True} if is_flag else {"multiple": True}
        command = click.option(name, hidden=True, **kind)(command)
    return command


@click.command(name="bundle")
@click.option("--project", type=FILE, help="The project's x07.json; found from here if left out.")
@click.option("--program", type=FILE, help="Another entry, or a program without a project.")
@click.option(
    "--module-root", "module_roots", type=FILE, multiple=True, help="Where --program's modules are."
)
@click.option("--out", metavar="PATH", help="The executable, or a folder to put it in.")
@click.option("--profile", metavar="NAME", help="A profile of x07.json.")
@click.option("--world", type=click.Choice(WORLDS), hidden=True)
@click.option("--static", is_flag=True, help="Link no shared library: it runs in an empty chroot.")
@click.option("--cc-profile", type=click.Choice(("default", "size")), help="Fast, or small.")
@click.option("--solve-fuel", type=COUNT, metavar="N", help="Stop after N expressions.")
@click.option("--max-memory-bytes", type=COUNT, metavar="N", help="Limit the heap.")
@click.option("--max-output-bytes", type=COUNT, metavar="N", help="Refuse to write more.")
@click.option("--cpu-time-limit-seconds", type=COUNT, metavar="N", help="Limit the CPU time.")
@click.option("--max-c-bytes", type=COUNT, metavar="N", help="Refuse a program with more C.")
@click.option(
    "--auto-ffi/--no-auto-ffi", default=None, help="Link what packages bring. No effect yet."
)
@click.option("--emit-dir", "--emit", type=FOLDER, help="Write the C sources and the report there.")
@click.option("--emit-attestation", type=FILE, help="Build twice; write what went in and came out.")
@click.option("--repair", type=click.Choice(("off", "memory", "write")), default="off", hidden=True)
@click.option("--repair-max-iters", type=POSITIVE, hidden=True)
@click.option("-j", "--jobs", type=POSITIVE, metavar="N", help="Compilers at once, at most.")
@click.option("--plan", "only_plan", is_flag=True, help="Print what would be done, and stop.")
@_sandbox_options
@click.pass_context
def command(context: click.Context, /, only_plan: bool, **_: object) -> int:
    """Make one executable of a program.

    The executable gets its command line as input (argv_v1), writes its output to stdout, and needs
    nothing else: no runtime, no configuration. It appears whole, or not at all. A limit holds only
    if an option or the profile names one.

    stdout gets the report as JSON. Exit code 0; 1 when the program does not compile; 2 for anything
    else.

    \b
    Examples:
      x07 bundle --profile os --out dist/app
      x07 bundle --out dist/app --static
      x07 bundle --program tool.x07.json --module-root . --out dist/tool
    """
    plan = pipeline.plan(_request(context.params), os.environ)
    if only_plan:
        echo_bytes(json_pretty(as_json(plan)))
        return 0
    with Progress("x07 bundle") as progress:
        outcome = pipeline.bundle(plan, os.environ, progress.say)
    _tell(outcome)
    echo_bytes(json_pretty(outcome.report))
    return 0 if outcome.ok else 1


def _request(options: dict[str, Any]) -> Request:
    """Options as a request.

    Raises:
        UsageError: an option asks for what this version does not do.
    """
    if options["repair"] != "off":
        raise UsageError(
            f"`--repair {options['repair']}` is not in this version",
            hint="leave it out; `x07 check` says what is wrong, with a fix where there is one",
        )
    return Request(
        out=options["out"],
        project=options["project"],
        program=options["program"],
        module_roots=options["module_roots"],
        profile=options["profile"],
        world=options["world"],
        cc_profile=options["cc_profile"],
        static=options["static"],
        limits=_limits(options),
        source_limits=source_limits(os.environ, options["max_c_bytes"]),
        emit_folder=options["emit_dir"],
        attestation=options["emit_attestation"],
        jobs=options["jobs"],
        sandbox_flags=tuple(name for name in SANDBOX_FLAGS if options[_key(name)]),
    )


def _limits(options: dict[str, Any]) -> Limits:
    return Limits(
        solve_fuel=options["solve_fuel"],
        max_memory_bytes=options["max_memory_bytes"],
        max_output_bytes=options["max_output_bytes"],
        cpu_time_limit_seconds=options["cpu_time_limit_seconds"],
    )


def _key(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _tell(outcome: Outcome) -> None:
    """The first findings, for people; the report has the error for programs."""
    if outcome.diagnostics:
        from x07bundle.cli.findings import text

        click.echo(text(outcome.diagnostics[:SHOWN]), err=True, nl=False)
    more = len(outcome.diagnostics) - SHOWN
    if more > 0:
        click.echo(f"and {more} more: `x07 check` shows all of them", err=True)
    if outcome.c_compiler_said:
        click.echo(outcome.c_compiler_said, err=True, nl=False)
