"""A job: everything that is decided before anything is compiled or run."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from x07bundle.lang.options import Options
from x07bundle.native.flags import NO_LINK, CcProfile, Link
from x07bundle.project.manifest import Link as ProjectLink
from x07bundle.project.profiles import Profile
from x07bundle.run.limits import RunLimits
from x07bundle.run.target import Target

if TYPE_CHECKING:  # only sandboxed runs import it
    from x07bundle.run.sandbox import Sandbox


class Job(NamedTuple):
    """`compiled_out`: where the executable is also written. `compile_only`: it is not run.

    `sandbox`: None for `run-os`, where nothing confines the program. `auto_ffi`: C code of packages
    is linked.
    """

    target: Target
    world: str
    options: Options
    limits: RunLimits
    cc_profile: CcProfile = "default"
    input: bytes = b""
    compiled_out: Path | None = None
    compile_only: bool = False
    sandbox: "Sandbox | None" = None
    auto_ffi: bool = True

    @property
    def link(self) -> Link:
        """A program that is run by itself links with nothing of the project around it, one without
        native code with no library: those of a project need not be called to run."""
        project = self.target.project
        if project is None or self.target.kind != "project":
            return NO_LINK
        link = native_link(project.link)
        return link if self.options.allow_ffi else Link(static=link.static)


def native_link(link: ProjectLink) -> Link:
    """The manifest's link section as the C compiler's driver takes it: with absolute folders."""
    folders = tuple(str(path.absolute()) for path in link.search_paths)
    return Link(link.libs, folders, link.frameworks, link.static)


def compiler_options(usual: Options, world: str, limits: RunLimits) -> Options:
    """How the front end is to compile: `usual`, with the limits of the run built in."""
    return usual._replace(world=world, fuel=limits.solve_fuel, heap_bytes=limits.max_memory_bytes)


def cc_profile(option: str | None, profile: Profile | None) -> CcProfile:
    name = option or (profile.cc_profile if profile else None)
    return "size" if name == "size" else "default"
