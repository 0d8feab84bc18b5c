"""The plan of a bundle: everything that is decided before anything is written."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from x07bundle import std
from x07bundle.bundle.request import Limits, Request
from x07bundle.bundle.target import Target
from x07bundle.contract.worlds import OS_WORLDS, SANDBOXED
from x07bundle.errors import UsageError
from x07bundle.lang.options import Options
from x07bundle.project.clashes import refuse_clashes
from x07bundle.project.manifest import Link
from x07bundle.project.profiles import Profile, links_packages, world_of

if TYPE_CHECKING:  # only sandboxed bundles import it
    from x07bundle.policy.choice import Choice

SCHEMA_VERSION: Final = "x07.bundle.plan@0.1.0"
DEFAULT_NAME: Final = "app"
"""The file name of a program's bundle where `--out` is a folder (contract/cli.md §3)."""


EMITTED: Final = (
    "report.json",
    "program.freestanding.c",
    "wrapper.main.c",
    "bundle.combined.c",
    "policy.used.json",
)
"""The files of `--emit-dir`; the last one is of sandboxed bundles (contract/cli.md §3)."""
OF_GUEST: Final = "guest"
"""The folder in it for those of a guest that compiled."""


class Plan(NamedTuple):
    """A native bundle to be made. `static`: linked with no shared library.

    `sandbox`: None for `run-os`, where nothing confines the program. `auto_ffi`: C code of packages
    is linked.
    """

    target: Target
    world: str
    profile: str | None
    out: Path
    cc_profile: str
    static: bool
    link: Link
    limits: Limits
    source_limits: Options
    emit_folder: Path | None
    attestation: Path | None
    jobs: int | None
    sandbox: "Choice | None" = None
    auto_ffi: bool = True

    @property
    def name(self) -> str:
        """What the program sees as argv[0] (contract/abi.md §2)."""
        return self.out.stem

    @property
    def kind(self) -> Literal["native", "vm"]:
        return "vm" if self.sandbox is not None and self.sandbox.backend == "vm" else "native"

    @property
    def outputs(self) -> list[Path]:
        """Every file that may be written for it, but for the folder of a VM bundle."""
        folders = [self.emit_folder] if self.emit_folder else []
        folders += [folder / OF_GUEST for folder in folders] if self.kind == "vm" else []
        emitted = [folder / name for folder in folders for name in EMITTED]
        return [self.out, *([self.attestation] if self.attestation else []), *emitted]


def decide(request: Request, target: Target, profile: Profile | None) -> Plan:
    """The plan for a request, from what its files say.

    Raises:
        UsageError: the request asks for what this version does not make.
    """
    world = world_of(request.world, profile, target.project)
    _refuse_sandbox_options(world, tuple(request.sandbox))
    link = target.project.link if target.project and target.kind == "project" else Link()
    plan = Plan(
        target=target,
        world=world,
        profile=profile.name if profile else None,
        out=out_path(request.out, target),
        cc_profile=request.cc_profile or (profile and profile.cc_profile) or "default",
        static=request.static or link.static,
        link=link,
        limits=_limits(request, profile),
        source_limits=request.source_limits,
        emit_folder=request.emit_folder,
        attestation=request.attestation,
        jobs=request.jobs,
        auto_ffi=links_packages(request.auto_ffi, profile),
    )
    refuse_clashes(plan.outputs, target.inputs)
    return plan


def out_path(out: str | None, target: Target) -> Path:
    """The path of the executable; a folder, or a trailing slash, gets a file name.

    Raises:
        UsageError: there is none.
    """
    if not out:
        raise UsageError("missing `--out <PATH>` for output executable")
    if not out.endswith(("/", "\\")) and not Path(out).is_dir():
        return Path(out)
    project = target.project
    named = project is not None and target.kind == "project"
    name = project.root.absolute().name if project is not None and named else ""
    return Path(out.rstrip("\\")) / (name or DEFAULT_NAME)


def _refuse_sandbox_options(world: str, flags: tuple[str, ...]) -> None:
    if flags and world != SANDBOXED:
        raise UsageError(
            f"only bundles of the world `{SANDBOXED}` have {', '.join(f'`{f}`' for f in flags)}",
            f"this one is of `{world}`, which nothing confines",
            "leave the option out, or choose a sandboxed profile",
        )


def _limits(request: Request, profile: Profile | None) -> Limits:
    """Options, then the profile. 0 is no limit: an option takes back that of a profile."""
    chosen = request.limits.over(_limits_of(profile))
    return Limits(*(value or None for value in chosen))


def _limits_of(profile: Profile | None) -> Limits:
    if profile is None:
        return Limits()
    return Limits(
        profile.solve_fuel,
        profile.max_memory_bytes,
        profile.max_output_bytes,
        profile.cpu_time_limit_seconds,
    )


def as_json(plan: Plan) -> dict[str, Any]:
    """The document that `--plan` prints: what would be made, and from what."""
    return {
        "schema_version": SCHEMA_VERSION,
        "world": plan.world,
        "profile": plan.profile,
        "target": target_json(plan.target, plan.world),
        "entry": os.fspath(plan.target.entry),
        "bundle": {
            "out": os.fspath(plan.out),
            "name": plan.name,
            "abi": {"kind": "argv_v1"},
            "kind": plan.kind,
            "emit_dir": path_or_none(plan.emit_folder),
            "attestation": path_or_none(plan.attestation),
            **_sandbox_json(plan),
        },
        "link": {
            "cc_profile": plan.cc_profile,
            "static": plan.static,
            "libs": list(plan.link.libs),
            "search_paths": [os.fspath(path) for path in plan.link.search_paths],
            "frameworks": list(plan.link.frameworks),
        },
        "limits": plan.limits._asdict() | {"max_c_bytes": plan.source_limits.max_c_bytes},
    }


def _sandbox_json(plan: Plan) -> dict[str, Any]:
    """What a plan of a sandboxed bundle says besides."""
    if plan.sandbox is None:
        return {}
    from x07bundle.bundle import sandbox

    return {"sandbox": sandbox.plan_json(plan.sandbox)}


def target_json(target: Target, world: str) -> dict[str, Any]:
    """The `target` of plans and reports (contract/reports.md §3 and §4)."""
    project = target.project
    library = [std.HERE / "os_modules"] if world in OS_WORLDS else []
    return {
        "kind": target.kind,
        "path": os.fspath(target.path),
        "project_root": os.fspath(project.root.absolute()) if project is not None else None,
        "lockfile": path_or_none(target.lockfile),
        "resolved_module_roots": [os.fspath(root) for root in (*target.module_roots, *library)],
    }


def path_or_none(path: Path | None) -> str | None:
    return None if path is None else os.fspath(path)
