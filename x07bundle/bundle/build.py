"""From a plan to the bytes of an executable, and to all that a report says about the way there."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from x07bundle.bundle.front import Front, compile_sources
from x07bundle.bundle.plan import Plan
from x07bundle.bundle.wrapper import wrapper
from x07bundle.native import build
from x07bundle.native.build import Built, Unit
from x07bundle.native.flags import Link
from x07bundle.native.toolchain import Toolchain, open_toolchain, without_cache
from x07bundle.project.packages.native_code import NativeCode

Say = Callable[[str], None]
"""Tells people what is being done, in a word or two."""


class Texts(NamedTuple):
    """The C of a bundle. `combined` is what the compiler gets."""

    program: str
    wrapper: str

    @property
    def combined(self) -> str:
        return self.program + self.wrapper

    @property
    def files(self) -> dict[str, bytes]:
        """As `--emit-dir` has them (contract/cli.md §3)."""
        return {
            "program.freestanding.c": self.program.encode(),
            "wrapper.main.c": self.wrapper.encode(),
            "bundle.combined.c": self.combined.encode(),
        }


class Linked(NamedTuple):
    """What the C compiler got, and how it went."""

    texts: Texts
    built: Built


class Made(NamedTuple):
    """What came of a plan. `linked` is None when the program was not accepted."""

    front: Front
    linked: Linked | None = None

    @property
    def executable(self) -> bytes | None:
        return self.linked.built.executable if self.linked is not None else None


def make(plan: Plan, environment: Mapping[str, str], say: Say) -> Made:
    """Compiles and links; writes nothing outside of the cache and the temporary folder.

    Raises:
        X07Error: no compiler, a source that cannot be read, no space.
    """
    say("compiling")
    front = compile_sources(plan)
    if front.compiled.c_source is None:
        return Made(front)
    return link(plan, front, environment, say)


def link(plan: Plan, front: Front, environment: Mapping[str, str], say: Say) -> Made:
    """The second half of `make`, for what the compiler accepted.

    Raises:
        X07Error: as `make`.
    """
    return Made(front, _linked(plan, front, toolchain(plan, front.code, environment), say))


def make_again(plan: Plan, environment: Mapping[str, str], say: Say) -> Made:
    """The same once more from the sources on, with nothing taken from the cache.

    Raises:
        X07Error: as `make`.
    """
    say("building again")
    front = compile_sources(plan)
    if front.compiled.c_source is None:
        return Made(front)
    with without_cache(toolchain(plan, front.code, environment)) as fresh:
        return Made(front, _linked(plan, front, fresh, _silent))


def toolchain(plan: Plan, code: NativeCode, environment: Mapping[str, str]) -> Toolchain:
    """Foreign libraries were made for the system's C library; a program without any may use musl.

    Raises:
        X07Error: there is no C compiler, or no cache folder.
    """
    link = plan.link
    foreign = link.libs or link.search_paths or link.frameworks or code.libs
    libc: Literal["musl", "system"] = "musl" if plan.static and not foreign else "system"
    return open_toolchain(environment, libc=libc, jobs=plan.jobs)


def _linked(plan: Plan, front: Front, tools: Toolchain, say: Say) -> Linked:
    texts = Texts(front.compiled.c_source or "", wrapper(plan, tools.cache))
    say("linking")
    linking = _link(plan).with_code(front.code.sources, front.code.libs)
    return Linked(texts, build.build(tools, Unit(texts.combined, _cc_profile(plan), linking)))


def _cc_profile(plan: Plan) -> Literal["default", "size"]:
    return "size" if plan.cc_profile == "size" else "default"


def _link(plan: Plan) -> Link:
    return Link(
        libs=plan.link.libs,
        search_paths=tuple(str(path.absolute()) for path in plan.link.search_paths),
        frameworks=plan.link.frameworks,
        static=plan.static,
    )


def _silent(_: str) -> None:
    pass
