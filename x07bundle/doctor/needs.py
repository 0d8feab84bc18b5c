"""What the project at hand needs of the machine, as names of checks."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from x07bundle.contract import consent
from x07bundle.contract.worlds import SANDBOXED
from x07bundle.doctor import packages
from x07bundle.doctor.backends import BOUNDARY
from x07bundle.doctor.compilers import COMPILER, LIBRARY, NETWORK, NETWORK_LIBRARIES, STATIC
from x07bundle.errors import UsageError, X07Error
from x07bundle.project import manifest, profiles
from x07bundle.project.manifest import Manifest
from x07bundle.project.profiles import Profile


class Needs(NamedTuple):
    """`names`: of checks. `libraries`: to link with, beside those of the network.

    `problem`: why the project could not be looked at.
    """

    names: frozenset[str] = frozenset({COMPILER})
    libraries: tuple[str, ...] = ()
    search_paths: tuple[str, ...] = ()
    project: Path | None = None
    profile: str | None = None
    problem: X07Error | None = None


def of_project(file: Path | None, profile_name: str | None, env: Mapping[str, str]) -> Needs:
    """The needs of a project under a profile. Without a project: those of any program.

    Raises:
        UsageError: `profile_name` names no profile.
    """
    if file is None:
        profiles.select(None, profile_name)
        return Needs()
    try:
        loaded = manifest.load(file, env)
        profile = profiles.select(loaded, profile_name)
        return _needs(loaded, profile, env)
    except X07Error as error:
        if isinstance(error, UsageError) and profile_name is not None:
            raise
        return Needs(project=file, profile=profile_name, problem=error)


def _needs(loaded: Manifest, profile: Profile | None, env: Mapping[str, str]) -> Needs:
    has_c = profile is None or profile.auto_ffi
    linked = frozenset(loaded.link.libs) | (packages.libraries(loaded) if has_c else frozenset())
    others = tuple(sorted(linked - {*NETWORK_LIBRARIES}))
    names = {COMPILER, *(LIBRARY + name for name in others)}
    names |= {NETWORK} if linked & {*NETWORK_LIBRARIES} else set()
    names |= {STATIC} if loaded.link.static else set()
    names |= {BOUNDARY} if _runs_in_vm(loaded, profile, env) else set()
    return Needs(
        names=frozenset(names),
        libraries=others,
        search_paths=tuple(str(path.absolute()) for path in loaded.link.search_paths),
        project=loaded.file,
        profile=profile.name if profile else None,
    )


def _runs_in_vm(loaded: Manifest, profile: Profile | None, env: Mapping[str, str]) -> bool:
    """Whether nothing weaker was chosen.

    Raises:
        UsageError: what the environment says of backends cannot be had.
    """
    if profiles.world_of(None, profile, loaded) != SANDBOXED:
        return False
    return consent.choose(None, False, env) == "vm"
