"""Options that `x07 run` and `x07-os-runner` share."""

from typing import Final, Protocol

import click

from x07bundle.cli.options import (
    MOST,
    PATH,
    Decorator,
    all_of,
    backend_options,
    borrow_checks_option,
    count,
    policy_option,
    pull_option,
    sandbox_option,
)
from x07bundle.errors import UsageError
from x07bundle.project.manifest import ENTRY_SUFFIX, compat_problem
from x07bundle.project.profiles import CC_PROFILES, Profile
from x07bundle.run import limits
from x07bundle.run.limits import RunLimits, chosen

SEPARATED: Final = "x07bundle.separated"
"""Where the context keeps whether the command line had a `--`."""


class LimitOptions(Protocol):
    """The fields that the limit options fill in both commands."""

    @property
    def solve_fuel(self) -> int | None: ...
    @property
    def max_memory_bytes(self) -> int | None: ...
    @property
    def max_output_bytes(self) -> int | None: ...
    @property
    def cpu_time_limit_seconds(self) -> int | None: ...


def run_limits(
    options: LimitOptions, profile: Profile | None, *, is_sandboxed: bool = False
) -> RunLimits:
    """Options, then the profile, then the defaults. In a sandbox the policy limits CPU time."""
    said = (options, profile) if profile is not None else (options,)
    cpu_seconds = 0 if is_sandboxed else limits.CPU_SECONDS
    return RunLimits(
        _u64(*(each.solve_fuel for each in said), limits.FUEL),
        _u64(*(each.max_memory_bytes for each in said), limits.MEMORY_BYTES),
        _u64(*(each.max_output_bytes for each in said), limits.OUTPUT_BYTES),
        _u64(*(each.cpu_time_limit_seconds for each in said), cpu_seconds),
    )


def check_compat(option: str | None) -> None:
    """Every level means the same here, but a wrong one is an error.

    Raises:
        UsageError: it names no level.
    """
    problem = compat_problem(option) if option is not None else None
    if problem is not None:
        raise UsageError(f"`--compat`: {problem}")


def _u64(*candidates: int | None) -> int:
    return min(chosen(*candidates), MOST)


target_options: Final = all_of(
    click.option("--project", metavar="PATH", type=PATH, help="x07.json, or its folder."),
    click.option("--program", metavar="PATH", type=PATH, help="One *.x07.json entry program."),
    click.option(
        "--artifact", metavar="PATH", type=PATH, help="An executable made by --compiled-out."
    ),
    click.option(
        "--module-root",
        "module_roots",
        metavar="PATH",
        type=PATH,
        multiple=True,
        help="With --program: a folder of its modules. Repeatable.",
    ),
)

limit_options: Final = all_of(
    click.option(
        "--solve-fuel",
        type=count,
        metavar="N",
        help="Expressions to evaluate at most; 0: no limit. [50000000]",
    ),
    click.option(
        "--max-memory-bytes", type=count, metavar="N", help="Heap at most; 0: no limit. [67108864]"
    ),
    click.option(
        "--max-output-bytes", type=count, metavar="N", help="Output at most; 0: no limit. [1048576]"
    ),
    click.option(
        "--cpu-time-limit-seconds",
        type=count,
        metavar="N",
        help="CPU time at most; 0: no limit. [30]",
    ),
)

compile_options: Final = all_of(
    click.option(
        "--compiled-out", metavar="PATH", type=PATH, help="Write the executable here, too."
    ),
    click.option("--cc-profile", type=click.Choice(CC_PROFILES), help="`size`: a smaller one."),
    click.option("--max-c-bytes", type=count, metavar="N", help="C text at most. [33554432]"),
)

accepted_options: Final = all_of(
    click.option(
        "--compat",
        metavar="LEVEL",
        help="current, strict or a version: all mean the same here.",
    ),
    borrow_checks_option,
)
"""Accepted because scripts give them."""


def sandbox_options(policy_default: str) -> Decorator:
    """`policy_default`: as in `policy_option`."""
    return all_of(
        policy_option(policy_default),
        backend_options,
        pull_option,
        sandbox_option(
            "--collect-denials",
            is_flag=True,
            help="Sandbox: go on past denials that are errors to the program; show all.",
        ),
        sandbox_option("--attest-runtime", metavar="PATH", help="Not in this version: refused."),
    )


class WithArguments(click.Command):
    """A command whose words after `--` are the program's; remembers whether there was a `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[SEPARATED] = "--" in args
        return super().parse_args(ctx, args)


def refuse_bare_program(arguments: tuple[str, ...]) -> None:
    """Raises UsageError for an entry program that was given as if it were an argument."""
    first = arguments[0] if arguments else ""
    if not first.endswith(ENTRY_SUFFIX) or click.get_current_context().meta.get(SEPARATED):
        return
    raise UsageError(
        f"`{first}` would be an argument of the program, not the program",
        hint=f"run it with `--program {first}`, or hand it over after `--`",
    )
