"""Profiles of a project, and which one holds (contract/project.md §2, cli.md §2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.contract.worlds import DEFAULT, SANDBOXED, WORLDS
from x07bundle.errors import ProjectError, UsageError
from x07bundle.project.manifest import Manifest
from x07bundle.project.members import Members

FALLBACKS: Final = ("dev", "os")
"""Profiles that hold where neither an option nor the manifest names one, in this order."""
RUNNERS: Final = ("auto", "host", "os")
CC_PROFILES: Final = ("default", "size")


class Profile(NamedTuple):
    """A checked profile. None: the profile does not say, and a default of the command holds."""

    name: str
    world: str
    policy: Path | None
    runner: str | None
    input: Path | None
    auto_ffi: bool
    solve_fuel: int | None
    cpu_time_limit_seconds: int | None
    max_memory_bytes: int | None
    max_output_bytes: int | None
    cc_profile: str | None


def select(manifest: Manifest | None, name: str | None) -> Profile | None:
    """The profile that holds; None where there is none to choose from.

    Raises:
        UsageError: `name` names no profile, or nothing says which of several holds.
        ProjectError: the profile itself is wrong.
    """
    profiles = manifest.profiles if manifest is not None else None
    if manifest is None or not profiles:
        if name is not None:
            raise UsageError(
                f"no profile `{name}`: there is no project with profiles",
                hint="leave out --profile, or give the project with --project",
            )
        return None
    return _checked(_chosen(manifest, profiles, name), profiles, manifest)


def links_packages(option: bool | None, profile: Profile | None) -> bool:
    """Whether C code of packages is linked: an option, the profile, or yes."""
    of_profile = profile is None or profile.auto_ffi
    return of_profile if option is None else option


def world_of(option: str | None, profile: Profile | None, manifest: Manifest | None) -> str:
    """The world: that of an option, else of the profile, else of the manifest, else run-os."""
    if option is not None:
        return option
    if profile is not None:
        return profile.world
    return manifest.world if manifest is not None else DEFAULT


def _chosen(manifest: Manifest, profiles: Mapping[str, Any], name: str | None) -> str:
    wanted = (name or "").strip() or manifest.default_profile
    available = ", ".join(sorted(profiles))
    if wanted is None:
        wanted = next((fallback for fallback in FALLBACKS if fallback in profiles), None)
    if wanted is None:
        raise UsageError(
            f"profiles present but default_profile missing; `{manifest.file}` has {available}",
            hint="choose one with --profile, or set `default_profile` in x07.json",
        )
    if wanted not in profiles:
        raise _unknown(wanted, available, manifest, is_named=bool((name or "").strip()))
    return wanted


def _unknown(wanted: str, available: str, manifest: Manifest, *, is_named: bool) -> UsageError:
    brief = f'unknown profile "{wanted}" (available: {available})'
    if is_named:
        return UsageError(brief)
    return UsageError(
        brief,
        f"`{manifest.file}` /default_profile",
        "mend `default_profile` there, or choose one with --profile",
    )


def _checked(name: str, profiles: Mapping[str, Any], manifest: Manifest) -> Profile:
    members = Members(profiles, "/profiles").child(name)
    profile = _profile(name, members, manifest)
    if members.problems:
        brief = f'profile "{name}" of `{manifest.file}` cannot be used'
        raise ProjectError(brief, "\n".join(members.problems))
    return profile


def _profile(name: str, members: Members, manifest: Manifest) -> Profile:
    world = members.choice("world", WORLDS) if members.required("world") else None
    _check_policy(world, members)
    return Profile(
        name=name,
        world=world or DEFAULT,
        policy=_path(members, "policy", manifest),
        runner=members.choice("runner", RUNNERS),
        input=_path(members, "input", manifest),
        auto_ffi=members.flag("auto_ffi", True),
        solve_fuel=members.count("solve_fuel"),
        cpu_time_limit_seconds=members.count("cpu_time_limit_seconds"),
        max_memory_bytes=members.count("max_memory_bytes"),
        max_output_bytes=members.count("max_output_bytes"),
        cc_profile=members.choice("cc_profile", CC_PROFILES),
    )


def _check_policy(world: str | None, members: Members) -> None:
    has_policy = isinstance(members.value.get("policy"), str) and members.value["policy"].strip()
    if world == SANDBOXED and not has_policy:
        members.refuse("policy", f"the world {SANDBOXED} needs a policy")
    if world is not None and world != SANDBOXED and has_policy:
        members.refuse("policy", f"only the world {SANDBOXED} has a policy, this is {world}")


def _path(members: Members, key: str, manifest: Manifest) -> Path | None:
    text = members.checked(key, manifest.places.problem)
    return manifest.places.path(text) if text is not None else None
