"""Options that several commands share, and what they are made of."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from x07bundle.contract.worlds import OS_WORLDS, WORLDS
from x07bundle.errors import UsageError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

PATH: Final = click.Path(path_type=Path)
MOST: Final = 2**64 - 1
SANDBOX: Final = "x07bundle.sandbox_flags"
"""Where the context keeps the sandbox options that were given."""
AUTO_FFI: Final = "x07bundle.auto_ffi"
"""The same for `--auto-ffi` (true) and `--no-auto-ffi` (false)."""


def count(text: str) -> int:
    """A number that fits 64 bits. A function, so that `--help` shows no range of twenty digits."""
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST)) and int(text) <= MOST:
        return int(text)
    raise click.BadParameter(f"`{text}` is not a number from 0 to {MOST}")


def all_of(*decorators: Decorator) -> Decorator:
    """One decorator of several, in the order in which `--help` shows them."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def sandbox_flags() -> tuple[str, ...]:
    """The names of sandbox options that this command was given."""
    return tuple(sandbox_values())


def sandbox_values() -> Mapping[str, Any]:
    """The sandbox options that this command was given: name to value."""
    values: Mapping[str, Any] = click.get_current_context().meta.get(SANDBOX, {})
    return values


def refuse_borrow_checks(is_given: bool) -> None:
    """Raises UsageError when the option was given."""
    if is_given:
        raise UsageError(
            "`--debug-borrow-checks`: not available in this version",
            "moves and borrows are checked when the program is compiled",
            "leave it out",
        )


def refuse_repair(mode: str) -> None:
    """Raises UsageError for every mode but `off`."""
    if mode != "off":
        raise UsageError(
            f"`--repair {mode}`: not available in this version",
            hint="`x07 check` names what to fix; `x07 fmt --write` formats files",
        )


def empty(name: str) -> UsageError:
    """A value of no characters: mostly a variable that is not set, and never what was meant."""
    return UsageError(f"`{name}` is empty", hint=f"give it a value, or leave `{name}` out")


def not_empty(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise empty(parameter.opts[0])
    return value


def one_of(*names: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What a shell completes, where the option itself takes more or says more about mistakes."""
    return lambda _context, _parameter, begun: [name for name in names if name.startswith(begun)]


def _layers(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from x07bundle.contract.layers import NAMES  # only shells ask

    return one_of(*NAMES)(context, parameter, begun)


def sandbox_option(name: str, **attributes: Any) -> Decorator:  # noqa: ANN401  they are click's
    """An option that only sandboxed programs have: kept in the context, for those that are."""
    return click.option(name, expose_value=False, callback=_keep, **attributes)


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if value == "":
        raise empty(parameter.opts[0])
    if value:
        context.meta.setdefault(SANDBOX, {})[parameter.opts[0]] = value


def ffi_option(name: str, text: str) -> Decorator:
    """`--auto-ffi`, `--no-auto-ffi`: whether C code of packages is linked. See `auto_ffi`."""
    return click.option(name, is_flag=True, expose_value=False, callback=_keep_ffi, help=text)


def _keep_ffi(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Raises UsageError when the other one was given, too."""
    wanted = parameter.opts[0] == "--auto-ffi"
    if value and context.meta.setdefault(AUTO_FFI, wanted) is not wanted:
        raise UsageError("`--auto-ffi` and `--no-auto-ffi` are mutually exclusive")


def auto_ffi() -> bool | None:
    """What this command was told, if anything."""
    wanted: bool | None = click.get_current_context().meta.get(AUTO_FFI)
    return wanted


ffi_options: Final = all_of(
    ffi_option("--auto-ffi", "Link the C code of packages. [the profile's, else on]"),
    ffi_option("--no-auto-ffi", "Link none of it."),
)


def world_option(default: str) -> Decorator:
    """`--world`. `default`: what holds without it, in words."""
    text = f"run-os or run-os-sandboxed. [{default}]"
    return click.option(
        "--world",
        type=click.Choice(WORLDS),
        metavar="NAME",
        shell_complete=one_of(*OS_WORLDS),
        help=text,
    )


def complete_profile(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The profiles of the project that is meant; none where it cannot be read."""
    from x07bundle.errors import X07Error  # only shells ask
    from x07bundle.project import discovery, manifest

    named: Path | None = context.params.get("project")
    try:
        file = discovery.named(named) if named else discovery.discover(Path())
        known = manifest.load(file, os.environ).profiles if file else None
    except (X07Error, OSError):
        return []
    return one_of(*(known or ()))(context, parameter, begun)


profile_option: Final = click.option(
    "--profile",
    metavar="NAME",
    callback=not_empty,
    shell_complete=complete_profile,
    help="A profile of the project. Default: its own.",
)

borrow_checks_option: Final = click.option(
    "--debug-borrow-checks", is_flag=True, help="Not in this version: refused."
)

repair_options: Final = all_of(
    click.option(
        "--repair",
        type=click.Choice(("off", "memory", "write")),
        metavar="MODE",
        default="off",
        help="off; memory and write are not in this version. [off]",
    ),
    click.option(
        "--repair-max-iters",
        type=count,
        metavar="N",
        expose_value=False,
        help="Means nothing where --repair is off.",
    ),
)


def policy_option(default: str) -> Decorator:
    """`--policy`. `default`: what holds without it, in words; empty where nothing does."""
    text = f"Sandbox: the policy. [{default}]" if default else "Sandbox: the policy."
    return sandbox_option("--policy", metavar="PATH", help=text)


backend_options: Final = all_of(
    sandbox_option(
        "--sandbox-backend",
        metavar="NAME",
        shell_complete=one_of("vm", "os", "none"),
        help="Sandbox: vm (a guest), os (the kernel here), none. [X07_SANDBOX_BACKEND, vm]",
    ),
    sandbox_option(
        "--i-accept-weaker-isolation",
        is_flag=True,
        help="Sandbox: needed for os, none, and for vm in a container.",
    ),
    sandbox_option(
        "--require-layer",
        metavar="NAMES",
        multiple=True,
        shell_complete=_layers,
        help="Sandbox: do not start without these: landlock,seccomp.",
    ),
)

pull_option: Final = sandbox_option(
    "--pull",
    type=click.Choice(("never", "missing")),
    metavar="WHEN",
    help="Sandbox: never, or missing: get a pinned guest image that is not there. [never]",
)

policy_options: Final = all_of(policy_option("the profile's"), backend_options, pull_option)

override_options: Final = all_of(
    sandbox_option(
        "--allow-host", metavar="HOST:PORTS", multiple=True, help="Sandbox: for this time only."
    ),
    sandbox_option("--deny-host", metavar="HOST:PORTS", multiple=True, help="PORTS may be *."),
    sandbox_option("--allow-host-file", metavar="PATH", multiple=True, help="A host per line."),
    sandbox_option("--deny-host-file", metavar="PATH", multiple=True, help="A host per line."),
    sandbox_option("--allow-read-root", metavar="DIR", multiple=True, help="May be read, too."),
    sandbox_option("--allow-write-root", metavar="DIR", multiple=True, help="May be written."),
)
