"""`x07-os-runner` (contract/cli.md §4)."""

import os
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from x07bundle import __version__
from x07bundle.cli import entry
from x07bundle.cli.options import PATH, auto_ffi, ffi_option, refuse_borrow_checks, world_option
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.run_messages import run_and_say
from x07bundle.cli.run_options import (
    accepted_options,
    check_compat,
    compile_options,
    limit_options,
    run_limits,
    sandbox_options,
    target_options,
)
from x07bundle.cli.run_sandbox import Place, confined, sandbox_of
from x07bundle.cli.source_limits import source_limits
from x07bundle.contract.worlds import DEFAULT
from x07bundle.errors import UsageError
from x07bundle.files import json_pretty_sorted, read_input
from x07bundle.project.clashes import refuse_clashes
from x07bundle.run.job import Job, cc_profile, compiler_options
from x07bundle.run.target import Named, find

PROGRAM = "x07-os-runner"


class RunnerOptions(NamedTuple):
    """The options as given."""

    project: Path | None
    program: Path | None
    artifact: Path | None
    module_roots: tuple[Path, ...]
    world: str | None
    input: Path | None
    compiled_out: Path | None
    cc_profile: str | None
    max_c_bytes: int | None
    solve_fuel: int | None
    max_memory_bytes: int | None
    max_output_bytes: int | None
    cpu_time_limit_seconds: int | None
    compile_only: bool
    compat: str | None
    debug_borrow_checks: bool


@click.command(
    name=PROGRAM,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@target_options
@world_option("run-os")
@click.option("--input", metavar="PATH", type=PATH, help="The program's input. [empty]")
@compile_options
@limit_options
@ffi_option("--auto-ffi", "Link the C code of packages.")
@accepted_options
@sandbox_options("")
@click.option("--compile-only", is_flag=True, hidden=True)
@click.option("--i-accept-precompiled-artifact", is_flag=True, hidden=True, expose_value=False)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def command(**values: Any) -> int:  # noqa: ANN401  they are the fields of RunnerOptions
    """Run a program of an OS world and print a JSON report; `x07 run` is the everyday form.

    One of --project, --program and --artifact says what. The program's output is in the report,
    in base64, as solve_output_b64. A project has to have a lockfile, even one without
    dependencies.

    Exit code 0; 1 when the program was not compiled or failed (there is a report); 2 for wrong
    options or a missing tool (there is none); 3 for a policy that is not valid.

    \b
    Examples:
      x07-os-runner --project x07.json --input in.bin
      x07-os-runner --program src/main.x07.json --module-root src --compiled-out app
      x07-os-runner --artifact app --input in.bin
    """
    options = RunnerOptions(**values)
    _check(options)
    place = _place(options)
    outcome = run_and_say(partial(_job, options, place), place)
    echo_bytes(json_pretty_sorted(outcome.document))
    return outcome.exit_code


def _place(options: RunnerOptions) -> Place:
    named = Named(
        options.project, options.program, options.artifact, options.module_roots, locked=True
    )
    return Place(find(named, os.environ), None, options.world or DEFAULT)


def _job(options: RunnerOptions, place: Place) -> Job:
    """Everything decided, or an error."""
    if options.compiled_out is not None:
        refuse_clashes([options.compiled_out], (*place.target.files, options.input))
    sandbox = sandbox_of(PROGRAM, place)
    limits = run_limits(options, None, is_sandboxed=place.is_sandboxed)
    source = source_limits(os.environ, options.max_c_bytes)
    job = Job(
        target=place.target,
        world=place.world,
        options=compiler_options(source, place.world, limits),
        limits=limits,
        cc_profile=cc_profile(options.cc_profile, None),
        input=read_input(options.input) if options.input else b"",
        compiled_out=options.compiled_out,
        compile_only=options.compile_only,
        auto_ffi=auto_ffi() or False,
    )
    return confined(job, sandbox)


def _check(options: RunnerOptions) -> None:
    refuse_borrow_checks(options.debug_borrow_checks)
    check_compat(options.compat)
    if sum(path is not None for path in (options.project, options.program, options.artifact)) != 1:
        raise UsageError(
            "set exactly one of `--artifact`, `--program`, or `--project`",
            hint="`x07 run` finds the project by itself",
        )


def main() -> None:
    entry.main(command, PROGRAM)


if __name__ == "__main__":
    main()
