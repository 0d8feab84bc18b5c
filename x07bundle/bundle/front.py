"""From a plan to C text: sources are read and compiled; nothing is written."""

from typing import NamedTuple

from x07bundle import files
from x07bundle.bundle.plan import Plan
from x07bundle.lang.compiler import Compiled, compile_entry
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.options import Options
from x07bundle.project.clashes import refuse_clashes
from x07bundle.project.packages.native_code import NativeCode, native_code
from x07bundle.project.sources import ProjectModules


class Front(NamedTuple):
    """The entry as it was read, what the compiler made of it, and C code of packages."""

    entry: SourceFile
    compiled: Compiled
    code: NativeCode


def compile_sources(plan: Plan) -> Front:
    """Compiles the entry and what it imports.

    Raises:
        X07Error: the entry cannot be read, or an output would replace C code of a package.
    """
    path = plan.target.entry
    entry = SourceFile(str(path), files.read_bytes(path))
    modules = ProjectModules(plan.target.module_roots, plan.world)
    compiled = compile_entry(entry, modules, options(plan), any_entry_id=True)
    used = [root for root in modules.roots if root in modules.used and plan.auto_ffi]
    code = native_code(used)
    refuse_clashes(plan.outputs, code.sources)
    return Front(entry, compiled, code)


def options(plan: Plan) -> Options:
    """What the compiler is told: no limit that the plan does not name."""
    return plan.source_limits._replace(
        world=plan.world,
        fuel=plan.limits.solve_fuel,
        heap_bytes=plan.limits.max_memory_bytes,
    )
