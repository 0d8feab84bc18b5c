"""The sandbox of a run or a bundle, from options: consent first, then the policy that holds.

Imported for the world `run-os-sandboxed` alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from x07bundle.cli.options import sandbox_values
from x07bundle.contract import consent
from x07bundle.contract.consent import Backend
from x07bundle.contract.layers import NAMES
from x07bundle.errors import UsageError
from x07bundle.policy import overrides
from x07bundle.policy.overrides import Effective, Overrides


class Chosen(NamedTuple):
    """`base`: the policy as it was named. `effective`: the one that holds."""

    backend: Backend
    required_layers: tuple[str, ...]
    base: Path
    effective: Effective


def chosen(program: str, policy_root: Path, of_profile: Path | None) -> Chosen:
    """What the options of this command choose; a derived policy is written, and named on stderr.

    Raises:
        UsageError, consent.NoVmError: the backend is not there, not accepted, or lacks a layer.
        X07Error: the policy cannot be used.
    """
    given = sandbox_values()
    _refuse_attestation(given)
    backend = _backend(given)
    layers = _required(given.get("--require-layer", ()), backend)
    named = given.get("--policy")
    base = overrides.base_path(Path(named) if named else None, of_profile, policy_root)
    found = overrides.effective(base, _overrides(given), policy_root)
    if found.derived:
        click.echo(f"{program}: using derived policy {found.path}", err=True)
    return Chosen(backend, layers, base, found)


def _backend(given: Mapping[str, Any]) -> Backend:
    is_accepted = bool(given.get("--i-accept-weaker-isolation"))
    return consent.choose(given.get("--sandbox-backend"), is_accepted, os.environ)


def _refuse_attestation(given: Mapping[str, Any]) -> None:
    if "--attest-runtime" in given:
        raise UsageError(
            "`--attest-runtime`: not available in this version",
            hint="the report says what confined the program: `sandbox_layers`",
        )


def _required(lists: tuple[str, ...], backend: Backend) -> tuple[str, ...]:
    """The layers without which nothing starts.

    Raises:
        UsageError: there is no such layer, or the backend has none.
    """
    names = {name.strip().lower() for text in lists for name in text.split(",")}
    unknown = sorted(names.difference(NAMES))
    if unknown:
        raise UsageError(
            f"`--require-layer`: no layer `{unknown[0]}`", hint=f"layers are {', '.join(NAMES)}"
        )
    if names.difference({"rlimits"}) and backend == "none":
        raise UsageError(
            "`--require-layer` contradicts `--sandbox-backend none`, which has rlimits alone",
            hint="choose `--sandbox-backend os`",
        )
    return tuple(name for name in NAMES if name in names)


def _overrides(given: Mapping[str, Any]) -> Overrides:
    return Overrides(
        allow_hosts=given.get("--allow-host", ()),
        deny_hosts=given.get("--deny-host", ()),
        allow_host_files=given.get("--allow-host-file", ()),
        deny_host_files=given.get("--deny-host-file", ()),
        allow_read_roots=given.get("--allow-read-root", ()),
        allow_write_roots=given.get("--allow-write-root", ()),
    )
