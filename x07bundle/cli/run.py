"""`x07 run` (contract/cli.md §2)."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from x07bundle.cli.options import (
    PATH,
    auto_ffi,
    ffi_options,
    override_options,
    profile_option,
    refuse_borrow_checks,
    refuse_repair,
    repair_options,
    sandbox_values,
    world_option,
)
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.run_messages import run_and_say
from x07bundle.cli.run_options import (
    WithArguments,
    accepted_options,
    check_compat,
    compile_options,
    limit_options,
    refuse_bare_program,
    run_limits,
    sandbox_options,
    target_options,
)
from x07bundle.cli.run_sandbox import Place, confined, sandbox_of
from x07bundle.cli.source_limits import source_limits
from x07bundle.errors import UsageError
from x07bundle.files import json_pretty_sorted, read_stream, write_atomic
from x07bundle.project import profiles
from x07bundle.project.clashes import refuse_clashes
from x07bundle.project.manifest import Manifest
from x07bundle.project.profiles import Profile
from x07bundle.run.input import InputChoice, input_bytes
from x07bundle.run.job import Job, cc_profile, compiler_options
from x07bundle.run.report import wrapped
from x07bundle.run.runner import Outcome
from x07bundle.run.target import Named, Target, find
from x07bundle.run.worlds import check_runner, world_of_runner
from x07bundle.std import HERE as STD_FOLDER


class RunOptions(NamedTuple):
    """The options as given."""

    project: Path | None
    program: Path | None
    artifact: Path | None
    module_roots: tuple[Path, ...]
    profile: str | None
    world: str | None
    runner: str | None
    host: bool
    os: bool
    input: Path | None
    stdin: bool
    input_b64: str | None
    arguments: tuple[str, ...]
    compiled_out: Path | None
    cc_profile: str | None
    max_c_bytes: int | None
    solve_fuel: int | None
    max_memory_bytes: int | None
    max_output_bytes: int | None
    cpu_time_limit_seconds: int | None
    report: str
    report_out: Path | None
    quiet_json: bool
    repair: str
    offline: bool
    compat: str | None
    debug_borrow_checks: bool


class ToolInput:
    """This process's stdin; it may have been closed by whoever started us."""

    def is_piped(self) -> bool:
        return sys.stdin is not None and not sys.stdin.isatty()

    def read(self) -> bytes:
        return read_stream(sys.stdin.buffer) if sys.stdin is not None else b""


@click.command(name="run", cls=WithArguments)
@target_options
@profile_option
@world_option("the profile's")
@click.option(
    "--runner",
    type=click.Choice(profiles.RUNNERS),
    metavar="NAME",
    help="auto or os; host is not in this version. [auto]",
)
@click.option("--os", is_flag=True, help="The same as --world run-os.")
@click.option("--host", is_flag=True, help="--world solve-pure: not in this version, refused.")
@click.option("--input", metavar="PATH", type=PATH, help="Input bytes from a file.")
@click.option("--stdin", is_flag=True, help="Input bytes from stdin.")
@click.option("--input-b64", metavar="B64", help="Input bytes in base64.")
@compile_options
@limit_options
@click.option(
    "--report",
    type=click.Choice(("runner", "wrapped")),
    default="runner",
    help="`wrapped`: with what was run. [runner]",
)
@click.option("--report-out", metavar="PATH", type=PATH, help="Write the report here, too.")
@click.option("--quiet-json", is_flag=True, help="With --report-out: nothing on stdout.")
@repair_options
@click.option("--offline", is_flag=True, help="Fetch no packages. [X07_OFFLINE]")
@accepted_options
@ffi_options
@sandbox_options("the profile's")
@override_options
@click.argument("arguments", metavar="[-- ARG...]", nargs=-1, type=click.UNPROCESSED)
def command(**values: Any) -> int:  # noqa: ANN401  they are the fields of RunOptions
    """Compile a program, run it, and print a JSON report.

    Runs the project here or above, unless --project, --program or --artifact says otherwise. Its
    input comes from --input, --stdin, --input-b64, the words after `--` (as argv_v1, without a
    program name), the profile, or a piped stdin. Its output is in the report, in base64, as
    solve_output_b64. A program that did not change is not compiled again.

    In the world run-os-sandboxed it runs under a policy, in a guest of its own: `x07 vm backends`
    says what guests can run in here. With --sandbox-backend os the kernel of this machine confines
    it, with none nothing but the program's own checks; both need consent, as do containers.

    Exit code 0; 1 when the program was not compiled or failed, or there is no VM for it (there is a
    report); 2 for wrong options, a project that cannot be used, or a missing tool (there is none);
    3 for a policy that is not valid.

    \b
    Examples:
      x07 run --input in.bin
      x07 run --profile os -- --name Ada
      x07 run --profile sandbox --input in.bin
      x07 run --program src/main.x07.json --module-root src --stdin < in.bin
      x07 run --compiled-out app && x07 run --artifact app --input in.bin
    """
    options = RunOptions(**values)
    _check(options)
    place = _place(options)
    outcome = run_and_say(partial(_job, options, place), place)
    _deliver(options, place, outcome)
    return outcome.exit_code


def _check(options: RunOptions) -> None:
    """What can be refused before anything is read.

    Raises:
        UsageError: options that contradict each other, or that this version does not have.
    """
    if options.host and options.os:
        raise UsageError("`--host` and `--os` are mutually exclusive")
    if options.runner and (options.host or options.os):
        raise UsageError("`--runner` cannot be combined with `--host` or `--os`")
    if options.quiet_json and options.report_out is None:
        raise UsageError("`--quiet-json` needs `--report-out PATH`")
    if options.report_out == Path("-"):
        raise UsageError("`--report-out` takes a file", hint="the report is on stdout anyway")
    refuse_bare_program(options.arguments)
    refuse_repair(options.repair)
    refuse_borrow_checks(options.debug_borrow_checks)
    check_compat(options.compat)


def _place(options: RunOptions) -> Place:
    named = Named(
        options.project,
        options.program,
        options.artifact,
        options.module_roots,
        prepare=partial(_hydrated, options),
    )
    target = find(named, os.environ)
    profile = profiles.select(target.project, options.profile)
    return Place(target, profile, _world(options, target, profile))


def _hydrated(options: RunOptions, project: Manifest) -> Manifest:
    """The project with its packages; most often all of them are there."""
    from x07bundle.project.packages.dependencies import missing

    if project.lockfile.is_file() and not missing(project):
        return project
    from x07bundle.project.packages.hydration import hydrate

    return hydrate(project, options.offline, os.environ, _say_hydrated)


def _say_hydrated(what: str) -> None:
    click.echo(f"x07 run: {what}", err=True)


def _job(options: RunOptions, place: Place) -> Job:
    """Everything decided, or an error."""
    target, profile, world = place
    _refuse_clashes(options, place)
    sandbox = sandbox_of("x07 run", place)
    limits = run_limits(options, profile, is_sandboxed=place.is_sandboxed)
    job = Job(
        target=target,
        world=world,
        options=compiler_options(source_limits(os.environ, options.max_c_bytes), world, limits),
        limits=limits,
        cc_profile=cc_profile(options.cc_profile, profile),
        input=_input(options, profile),
        compiled_out=options.compiled_out,
        auto_ffi=profiles.links_packages(auto_ffi(), profile),
    )
    return confined(job, sandbox)


def _refuse_clashes(options: RunOptions, place: Place) -> None:
    """Raises UsageError when an output would replace what is run, its input or its policy."""
    outputs = [path for path in (options.compiled_out, options.report_out) if path is not None]
    if outputs:
        policy = sandbox_values().get("--policy")
        profile = place.profile
        of_profile = (profile.input, profile.policy) if profile is not None else ()
        named = (options.input, Path(policy) if policy else None)
        refuse_clashes(outputs, (*place.target.files, *named, *of_profile))


def _world(options: RunOptions, target: Target, profile: Profile | None) -> str:
    """The world that options, profile and project agree on."""
    chosen = options.world or world_of_runner(options.host, options.os)
    world = profiles.world_of(chosen, profile, target.project)
    check_runner(options.runner or (profile.runner if profile else None), world)
    return world


def _input(options: RunOptions, profile: Profile | None) -> bytes:
    choice = InputChoice(options.input, options.stdin, options.input_b64, options.arguments)
    return input_bytes(choice, profile.input if profile else None, ToolInput())


def _deliver(options: RunOptions, place: Place, outcome: Outcome) -> None:
    report = json_pretty_sorted(outcome.document)
    if options.report == "wrapped":
        report = wrapped(place.target, place.world, STD_FOLDER / "os_modules", report)
    if options.report_out is not None:
        write_atomic(options.report_out, report, parents=True)
    if not options.quiet_json:
        echo_bytes(report)
