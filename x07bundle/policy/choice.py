"""The sandbox that options choose: consent first, then the policy that holds. Writes nothing.

Options come as they were given: name -> value, those alone that were given.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from x07bundle.contract import consent, layers
from x07bundle.contract.consent import Backend
from x07bundle.errors import UsageError
from x07bundle.policy.overrides import Effective, Overrides, base_path, resolved


class Place(NamedTuple):
    """`root`: what relative files and roots of options start from. `profile`: its policy."""

    root: Path
    profile: Path | None


class Choice(NamedTuple):
    """`required_layers`: without one of them nothing starts. `base`: the policy as named.
    `accepted`: weaker isolation than a VM's.
    """

    backend: Backend
    required_layers: tuple[str, ...]
    base: Path
    effective: Effective
    accepted: bool = False


def choose(given: Mapping[str, Any], place: Place, environment: Mapping[str, str]) -> Choice:
    """What options, profile and environment choose.

    Raises:
        UsageError: the backend is not there, not accepted, or lacks a layer.
        X07Error: the policy cannot be used.
    """
    is_accepted = bool(given.get("--i-accept-weaker-isolation"))
    backend = consent.choose(given.get("--sandbox-backend"), is_accepted, environment)
    required = _required(given.get("--require-layer", ()), backend)
    named = given.get("--policy")
    base = base_path(Path(named) if named else None, place.profile, place.root)
    found = resolved(base, _overrides(given), place.root)
    return Choice(backend, required, base, found, consent.accepts(is_accepted, environment))


def _required(lists: tuple[str, ...], backend: Backend) -> tuple[str, ...]:
    """The layers of `--require-layer`, in their own order.

    Raises:
        UsageError: there is no such layer, or the backend does not have it.
    """
    names = {name.strip().lower() for text in lists for name in text.split(",")}
    unknown = sorted(names.difference(layers.NAMES))
    if unknown:
        raise UsageError(
            f"`--require-layer`: no layer `{unknown[0]}`",
            hint=f"layers are {', '.join(layers.NAMES)}",
        )
    if names.difference(layers.OF_BACKEND[backend]):
        raise UsageError(
            f"`--require-layer` contradicts `--sandbox-backend {backend}`, which has rlimits alone",
            hint="choose `--sandbox-backend os`",
        )
    return tuple(name for name in layers.NAMES if name in names)


def _overrides(given: Mapping[str, Any]) -> Overrides:
    return Overrides(
        allow_hosts=given.get("--allow-host", ()),
        deny_hosts=given.get("--deny-host", ()),
        allow_host_files=given.get("--allow-host-file", ()),
        deny_host_files=given.get("--deny-host-file", ()),
        allow_read_roots=given.get("--allow-read-root", ()),
        allow_write_roots=given.get("--allow-write-root", ()),
    )
