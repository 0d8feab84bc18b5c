"""`x07 bundle` (contract/cli.md §3)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from x07bundle.bundle import pipeline
from x07bundle.bundle.pipeline import Outcome
from x07bundle.bundle.plan import Plan, as_json
from x07bundle.bundle.request import Limits, Request
from x07bundle.cli.bundle_vm import refuse_without_vm, vm_options
from x07bundle.cli.options import (
    PATH,
    auto_ffi,
    borrow_checks_option,
    count,
    ffi_options,
    override_options,
    policy_options,
    profile_option,
    refuse_borrow_checks,
    refuse_repair,
    repair_options,
    sandbox_values,
    world_option,
)
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.progress import Progress
from x07bundle.cli.source_limits import source_limits
from x07bundle.errors import UsageError
from x07bundle.files import json_pretty
from x07bundle.project.profiles import CC_PROFILES


class BundleOptions(NamedTuple):
    """The options as given."""

    project: Path | None
    program: Path | None
    module_roots: tuple[Path, ...]
    out: str | None
    profile: str | None
    world: str | None
    static: bool
    cc_profile: str | None
    solve_fuel: int | None
    max_memory_bytes: int | None
    max_output_bytes: int | None
    cpu_time_limit_seconds: int | None
    max_c_bytes: int | None
    emit_dir: Path | None
    emit_attestation: Path | None
    jobs: int | None
    only_plan: bool
    check: Path | None
    repair: str
    debug_borrow_checks: bool


@click.command(name="bundle")
@click.option("--project", metavar="PATH", type=PATH, help="x07.json, or its folder.")
@click.option(
    "--program", metavar="PATH", type=PATH, help="Another entry, or a program without a project."
)
@click.option(
    "--module-root",
    "module_roots",
    metavar="PATH",
    type=PATH,
    multiple=True,
    help="With --program: a folder of its modules. Repeatable.",
)
@click.option("--out", metavar="PATH", help="The executable, or a folder to put it in.")
@profile_option
@click.option("--static", is_flag=True, help="Link no shared library: it runs in an empty chroot.")
@click.option("--cc-profile", type=click.Choice(CC_PROFILES), help="`size`: a smaller one.")
@click.option(
    "--solve-fuel",
    type=count,
    metavar="N",
    help="Expressions to evaluate at most; 0: no limit. [0]",
)
@click.option("--max-memory-bytes", type=count, metavar="N", help="Heap at most; 0: no limit. [0]")
@click.option(
    "--max-output-bytes", type=count, metavar="N", help="Output at most; 0: no limit. [0]"
)
@click.option(
    "--cpu-time-limit-seconds", type=count, metavar="N", help="CPU time at most; 0: no limit. [0]"
)
@click.option("--max-c-bytes", type=count, metavar="N", help="C text at most. [33554432]")
@click.option(
    "--emit-dir", "--emit", metavar="DIR", type=PATH, help="Write the C and the report there, too."
)
@click.option(
    "--emit-attestation", metavar="PATH", type=PATH, help="Build twice, and write the digests."
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="C compilers at once, at most."
)
@click.option("--plan", "only_plan", is_flag=True, help="Print what would be made, and stop.")
@click.option(
    "--check",
    metavar="BUNDLE",
    type=PATH,
    help="Make the payload of a VM bundle again, and compare.",
)
@borrow_checks_option
@world_option("the profile's")
@repair_options
@ffi_options
@policy_options
@vm_options
@override_options
def command(**values: Any) -> int:  # noqa: ANN401  they are the fields of BundleOptions
    """Make one executable of a program.

    Bundles the project here or above, unless --project or --program says otherwise. The executable
    gets its command line as input (argv_v1), writes its output to stdout, and needs nothing else:
    no runtime, no configuration. It has the limits that options or the profile name, and no other.
    It appears whole, or not at all.

    Of a sandboxed profile it becomes a VM bundle: an executable and the folder beside it, which
    start the program in a fresh guest under its policy. With --sandbox-backend os or none, which
    need consent, it is one executable that confines itself.

    stdout gets the report, in JSON. Exit code 0; 1 when the program was not compiled (there is a
    report), or --check finds another one; 2 for wrong options, a project that cannot be used, a
    missing tool, or an output that cannot be written (there is none); 3 for a policy that is not
    valid. Of VM bundles besides, and of --check: 125 when something is refused (the policy, the
    image, a container that nobody accepted, a bundle that was changed), 126 when no backend is
    usable, 127 when the guest that compiles could not be started.

    \b
    Examples:
      x07 bundle --profile os --out dist/app
      x07 bundle --out dist/app --static
      x07 bundle --program src/main.x07.json --module-root src --out dist/
      x07 bundle --profile sandbox --out dist/app --embed-guest run.tar
    """
    options = BundleOptions(**values)
    refuse_borrow_checks(options.debug_borrow_checks)
    refuse_repair(options.repair)
    if options.check is not None:
        return _check(options, options.check)
    plan = pipeline.plan(_request(options), os.environ)
    refuse_without_vm(plan.sandbox.backend if plan.sandbox is not None else None)
    if options.only_plan:
        echo_bytes(json_pretty(_document(plan)))
        return 0
    if plan.kind == "vm":
        return _bundle_vm(plan)
    with Progress("x07 bundle") as progress:
        outcome = pipeline.bundle(plan, os.environ, progress.say)
    _deliver(plan, outcome)
    return 0 if outcome.result.ok else 1


def _check(options: BundleOptions, executable: Path) -> int:
    from x07bundle.cli.bundle_check import check

    if options.out is not None:
        raise UsageError("`--check` makes nothing, so `--out` has no meaning", hint="leave it out")
    request = _request(options)._replace(out=str(executable))
    return check(executable, pipeline.decision(request, os.environ))


def plan_of(values: Mapping[str, Any]) -> Plan:
    """The plan for the values of the options, in whose context this is called."""
    return pipeline.plan(_request(BundleOptions(**values)), os.environ)


def _document(plan: Plan) -> dict[str, Any]:
    if plan.kind == "native":
        return as_json(plan)
    from x07bundle.cli.bundle_vm import document

    return document(plan)


def _bundle_vm(plan: Plan) -> int:
    from x07bundle.cli.bundle_vm import make

    outcome = make(plan)
    payload = outcome.payload
    found = payload.front.compiled.diagnostics
    _deliver(plan, Outcome(outcome.report, payload.result, found))
    return 0 if outcome.written is not None else 1


def _request(options: BundleOptions) -> Request:
    limits = Limits(
        solve_fuel=options.solve_fuel,
        max_memory_bytes=options.max_memory_bytes,
        max_output_bytes=options.max_output_bytes,
        cpu_time_limit_seconds=options.cpu_time_limit_seconds,
    )
    return Request(
        out=options.out,
        project=options.project,
        program=options.program,
        module_roots=options.module_roots,
        profile=options.profile,
        world=options.world,
        cc_profile=options.cc_profile,
        static=options.static,
        limits=limits,
        source_limits=source_limits(os.environ, options.max_c_bytes),
        emit_folder=options.emit_dir,
        attestation=options.emit_attestation,
        jobs=options.jobs,
        sandbox=sandbox_values(),
        auto_ffi=auto_ffi(),
    )


def _deliver(plan: Plan, outcome: Outcome) -> None:
    """The report, with the policy that it names and what people have to know."""
    if plan.sandbox is not None:
        from x07bundle.cli.bundle_sandbox import keep_policy

        keep_policy(plan.sandbox)
    _tell(outcome)
    echo_bytes(json_pretty(outcome.report))


def _tell(outcome: Outcome) -> None:
    """What people have to know, if anything."""
    if outcome.diagnostics or outcome.result.stderr or not outcome.result.ok:
        from x07bundle.cli.compile_messages import say_compilation

        say_compilation(outcome.diagnostics, outcome.result)
