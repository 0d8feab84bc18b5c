"""`x07 bundle --check APP`."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x07bundle.cli.options import sandbox_values
from x07bundle.cli.output import echo_bytes
from x07bundle.cli.progress import Progress
from x07bundle.contract import consent
from x07bundle.errors import UsageError, X07Error
from x07bundle.files import json_pretty
from x07bundle.native.cache import open_cache, temporary_root

if TYPE_CHECKING:
    from x07bundle.bundle.plan import Plan
    from x07bundle.bundle.vm_check import Checked, Rebuild
    from x07bundle.contract.vm_manifest import Manifest


def check(executable: Path, plan: "Plan") -> int:
    """Prints the report. Exit code 0: the same; 1: not. `plan`: of what would be bundled now.

    Raises:
        RefusedError: the bundle itself was changed.
        UsageError: what would be bundled has no policy.
        X07Error: the payload cannot be made again here.
    """
    from x07bundle.bundle import vm_check
    from x07bundle.launcher import bundle as bundles
    from x07bundle.project import portable

    bundle = bundles.opened(executable)
    if plan.sandbox is None:
        raise UsageError(
            f"`{executable}` has a policy, and a program of the world `{plan.world}` has none",
            hint="name the profile that it is made of, as in `--profile sandbox`",
        )
    sources = portable.collect(plan.target.entry, plan.target.module_roots)
    policy = plan.sandbox.effective.data
    with Progress("x07 bundle") as progress:
        progress.say("making the payload again")
        rebuild = _rebuild(bundle.manifest)
        found = vm_check.rebuilt(
            bundle.manifest, policy, sources, rebuild, temporary_root(os.environ)
        )
    _say(executable, found)
    echo_bytes(json_pretty(found.as_json()))
    return 0 if found.ok else 1


def _rebuild(manifest: "Manifest") -> "Rebuild":
    from x07bundle.bundle import vm_check, vm_guest

    if manifest.payload_build.where == "host":
        return _on_host
    given = sandbox_values()
    accepted = consent.accepts(consent.FLAG in given, os.environ)
    env = vm_guest.with_backend(given.get("--backend"), os.environ)
    return vm_check.in_guest(manifest, accepted, env, open_cache(os.environ).folder)


def _on_host(command: tuple[str, ...], folder: Path) -> bytes:
    """This very command, in that folder, with nothing taken from the cache."""
    from x07bundle.bundle import build
    from x07bundle.cli import bundle

    with contextlib.chdir(folder), bundle.command.make_context("bundle", list(command[1:])) as made:
        plan = bundle.plan_of(made.params)
        again = build.make_again(plan, os.environ, lambda _: None)
    if again.executable is None:
        raise X07Error("the program does not compile any more")
    return again.executable


def _say(executable: Path, found: "Checked") -> None:
    if found.ok:
        click.echo(f"x07 bundle: the sources give the payload of `{executable}`", err=True)
        return
    lines = [
        *(f"changed: {path}" for path in found.changed),
        *(f"missing: {path}" for path in found.missing),
        *(f"added: {path}" for path in found.added),
    ]
    shown = X07Error(
        f"the sources do not give the payload of `{executable}`",
        "\n".join(lines) or "the inputs are the same, so the compiler is another one",
        "`x07 inspect` shows what it was made of and with",
    )
    click.echo(shown.render(), err=True, nl=False)
