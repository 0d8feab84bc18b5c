"""Recipe, locked packages and toolchain -> the contents of an image of one architecture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.contract.toolchain import GLIBC, PLACE, Component, Toolchain, Version, read
from x07bundle.errors import UsageError
from x07bundle.image import agent as agents
from x07bundle.image import folder
from x07bundle.image.agent import Agent
from x07bundle.image.build import Contents
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian.lock import Lock
from x07bundle.image.debian.locking import of_flavour
from x07bundle.image.layer import Entry
from x07bundle.image.recipe import Recipe
from x07bundle.image.rootfs import Places, rootfs

TOOLCHAIN: Final = "toolchain"
"""The layer that `--toolchain` fills."""
AGENT: Final = "x07-guestd"
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WORKSPACE: Final = "/opt/x07"


class Flavour(NamedTuple):
    """`env`, `working_dir` of what is started in it (contract/vm.md §12)."""

    env: tuple[str, ...]
    working_dir: str
    needs_toolchain: bool


FLAVOURS: Final[Mapping[str, Flavour]] = {
    "full": Flavour((f"PATH={PATH}", f"X07_WORKSPACE_ROOT={WORKSPACE}"), WORKSPACE, True),
    "run": Flavour(
        (f"PATH={PATH}", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"), "/", False
    ),
}


class Parts(NamedTuple):
    """`toolchain`: laid out as it is to be in the image, from `usr/` on. `agent`: None where the
    toolchain brings it.
    """

    recipe: Recipe
    lock: Lock
    places: Places
    toolchain: Path | None
    agent: Agent | None = None


def contents(parts: Parts, flavour: str, env: Mapping[str, str]) -> Contents:
    """The layers, lowest first; those that nothing is in are left out.

    Raises:
        X07Error: a package or the toolchain cannot be used.
    """
    toolchain = described(parts.toolchain, parts.lock)
    layers = rootfs(parts.recipe, parts.lock, flavour, parts.places, env)
    if parts.toolchain is not None:
        layers = _with_toolchain(layers, folder.entries_of(parts.toolchain), parts.toolchain)
    if parts.agent is not None:
        layers = _with_agent(layers, parts.agent)
    return Contents(
        architecture=parts.lock.architecture,
        layers={name: entries for name, entries in layers.items() if entries},
        package_digests={one.name: one.sha256 for one in of_flavour(parts.lock, flavour)},
        lock_sha256=files.sha256_bytes(locks.text(parts.lock)),
        distribution=parts.recipe.distribution.name,
        suite=parts.recipe.distribution.suites[0],
        components=(
            *(toolchain.components if toolchain is not None else ()),
            *_agent_component(parts.agent),
        ),
        agent=parts.agent,
    )


def check_toolchain(
    flavour: str, toolchain: Path | None, architectures: tuple[str, ...], own: str | None
) -> None:
    """`own`: the architecture that toolchains are frozen for here, if any are.

    Raises:
        UsageError: there is none, or one for several architectures.
    """
    others = [each for each in architectures if each != own]
    if toolchain is None and FLAVOURS[flavour].needs_toolchain and others:
        raise UsageError(
            f"an image of the flavour `{flavour}` for {others[0]} needs a toolchain frozen there",
            f"here one is frozen for {own or 'no architecture'} only",
            f"on a Linux of {others[0]}, or as a job of CI: `x07 image toolchain --out DIR`; here: "
            f"--arch {others[0]} --toolchain DIR. --flavour run needs none",
        )
    if toolchain is not None and len(architectures) > 1:
        raise UsageError("`--toolchain` is for one architecture", hint="build each by itself")


def described(toolchain: Path | None, lock: Lock) -> Toolchain | None:
    """What the toolchain says of itself, where it does.

    Raises:
        UsageError: it does not run in an image of these packages.
        X07Error: its description is none.
    """
    place = toolchain and toolchain / PLACE
    if place is None or not place.is_file():
        return None
    found = read(files.read_bytes(place), str(place))
    if found.architecture != lock.architecture:
        raise UsageError(
            f"the toolchain `{toolchain}` is for {found.architecture}, not {lock.architecture}",
            hint=f"name one that was frozen on {lock.architecture}",
        )
    there = _glibc(lock)
    if there is not None and found.glibc > there:
        raise UsageError(
            f"the toolchain `{toolchain}` needs glibc {_dotted(found.glibc)}",
            f"the image has {_dotted(there)}",
            "freeze it with a Python that was made on the distribution of the image, or an older "
            "one: `x07 image toolchain --out DIR`",
        )
    return found


def has_agent(toolchain: Path | None) -> bool:
    return toolchain is not None and (toolchain / agents.PLACE).exists()


def _glibc(lock: Lock) -> Version | None:
    """The version of the C library that is locked: `2.36-9+deb12u10` is 2.36."""
    versions = [GLIBC.match(one.version) for one in lock.packages if one.name == "libc6"]
    numbers = [(int(found[1]), int(found[2])) for found in versions if found is not None]
    return next(iter(numbers), None)


def _dotted(version: Version) -> str:
    return ".".join(str(number) for number in version)


def _with_toolchain(
    layers: Mapping[str, tuple[Entry, ...]], found: tuple[Entry, ...], toolchain: Path
) -> dict[str, tuple[Entry, ...]]:
    """Folders that the layer has already stay as they are."""
    if not found:
        raise UsageError(f"`{toolchain}` is empty", hint="name the folder that holds `usr/`")
    own = {entry.path: entry for entry in layers.get(TOOLCHAIN, ())}
    below = {entry.path: entry for entries in layers.values() for entry in entries}
    for entry in found:
        there = below.get(entry.path)
        if there is not None and (there.kind, entry.kind) != ("folder", "folder"):
            raise UsageError(
                f"`{toolchain}` has `{entry.path}`, which the image has as a {there.kind}",
                hint="a toolchain is below usr/local and opt",
            )
        own.setdefault(entry.path, there or entry)
    return {**layers, TOOLCHAIN: tuple(own.values())}


def _with_agent(
    layers: Mapping[str, tuple[Entry, ...]], agent: Agent
) -> dict[str, tuple[Entry, ...]]:
    """Below the toolchain, which changes more often.

    Raises:
        UsageError: something else is in its place.
    """
    if any(entry.path == agents.PLACE for entries in layers.values() for entry in entries):
        raise UsageError(
            f"the image has `{agents.PLACE}` already", hint="leave it out of the toolchain"
        )
    below = {name: entries for name, entries in layers.items() if name != TOOLCHAIN}
    above = {name: entries for name, entries in layers.items() if name == TOOLCHAIN}
    return {**below, agents.LAYER: (agents.entry(agent),), **above}


def _agent_component(agent: Agent | None) -> tuple[Component, ...]:
    """For the SBOM. One that was given as a file has the version of its bytes."""
    if agent is None:
        return ()
    version = agent.version or f"sha256-{agent.sha256}"
    purl = f"pkg:generic/{AGENT}@{version}"
    return (Component(AGENT, version, purl, "Apache-2.0" if agent.version else ""),)
