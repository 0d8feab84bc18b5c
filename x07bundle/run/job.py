"""A job: everything that is decided before anything is compiled or run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from x07bundle.errors import UsageError
from x07bundle.lang.options import Options
from x07bundle.native.flags import NO_LINK, CcProfile, Link
from x07bundle.project.manifest import Link as ProjectLink
from x07bundle.project.profiles import Profile
from x07bundle.run.limits import RunLimits, chosen
from x07bundle.run.target import Target

C_BYTES: Final = "X07_MAX_C_BYTES"
NODES: Final = "X07_MAX_AST_NODES"
LOCALS: Final = "X07_MAX_LOCALS"
"""Limits of the compiler that the environment may set (contract/cli.md §12)."""


@dataclass(frozen=True, slots=True)
class Job:
    """`compiled_out`: where the executable is also written. `compile_only`: it is not run."""

    target: Target
    world: str
    options: Options
    limits: RunLimits
    cc_profile: CcProfile = "default"
    input: bytes = b""
    compiled_out: Path | None = None
    compile_only: bool = False

    @property
    def link(self) -> Link:
        """A program that is run by itself links with nothing of the project around it."""
        project = self.target.project
        return native_link(project.link) if project and self.target.kind == "project" else NO_LINK


def native_link(link: ProjectLink) -> Link:
    """The manifest's link section as the C compiler's driver takes it: with absolute folders."""
    folders = tuple(str(path.absolute()) for path in link.search_paths)
    return Link(link.libs, folders, link.frameworks, link.static)


def compiler_options(
    world: str, limits: RunLimits, max_c_bytes: int | None, environment: Mapping[str, str]
) -> Options:
    """How the front end is to compile. An option beats the environment.

    Raises:
        UsageError: a variable holds no number.
    """
    standard = Options()
    return Options(
        world=world,
        fuel=limits.solve_fuel,
        heap_bytes=limits.max_memory_bytes,
        max_ast_nodes=chosen(_number(environment, NODES), standard.max_ast_nodes),
        max_locals=chosen(_number(environment, LOCALS), standard.max_locals),
        max_c_bytes=chosen(max_c_bytes, _number(environment, C_BYTES), standard.max_c_bytes),
    )


def cc_profile(option: str | None, profile: Profile | None) -> CcProfile:
    name = option or (profile.cc_profile if profile else None)
    return "size" if name == "size" else "default"


def _number(environment: Mapping[str, str], variable: str) -> int | None:
    text = environment.get(variable, "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise UsageError(f"`{variable}` must be a number, not `{text}`", hint="set it, or unset it")
