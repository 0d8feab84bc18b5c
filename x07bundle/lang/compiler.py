"""The compiler: the passes, one after another."""

from typing import NamedTuple

from x07bundle.lang import check, emit, limits
from x07bundle.lang.diagnostics import Diagnostic, has_errors
from x07bundle.lang.load import load
from x07bundle.lang.lower import unit
from x07bundle.lang.modules import Modules, SourceFile
from x07bundle.lang.options import Options
from x07bundle.lang.resolve import Resolved, resolve
from x07bundle.lang.source import Module


class Compiled(NamedTuple):
    """`c_source` is None when a diagnostic is an error.

    `work_units`: nodes that were read, the measure of a compilation in reports. `backends`: ids of
    native backends that the program needs.
    """

    c_source: str | None
    diagnostics: tuple[Diagnostic, ...]
    work_units: int = 0
    backends: tuple[str, ...] = ()


def compile_entry(
    entry: SourceFile, modules: Modules, options: Options, *, any_entry_id: bool = False
) -> Compiled:
    """C for an entry program and the modules that it imports.

    `any_entry_id`: an entry of another module id is compiled as `main` (contract/cli.md §3).
    """
    found = limits.source_size(entry, options)
    module, problems = load(entry, any_entry_id=any_entry_id)
    found += problems
    if module is not None and module.kind != "entry":
        found.append(_not_an_entry(module))
    if module is None or has_errors(found):
        return Compiled(None, tuple(found))
    return _compile(module, modules, options, found)


def _compile(
    module: Module, modules: Modules, options: Options, found: list[Diagnostic]
) -> Compiled:
    resolved = resolve(module, modules)
    found += resolved.diagnostics
    work_units = sum(each.node_count for each in resolved.modules.values())
    found += limits.ast_nodes(module, resolved.modules.values(), options)
    if has_errors(found):
        return Compiled(None, tuple(found), work_units)
    return _generate(resolved, module, options, found, work_units)


def _generate(
    resolved: Resolved, module: Module, options: Options, found: list[Diagnostic], work_units: int
) -> Compiled:
    program, problems = check.check(resolved, module, options)
    found += problems
    if program is None or has_errors(found):
        return Compiled(None, tuple(found), work_units)
    c_source = emit.emit(unit.lower(program, options))
    found += limits.c_bytes(module, len(c_source), options)
    kept = None if has_errors(found) else c_source
    return Compiled(kept, tuple(found), work_units, tuple(program.backends))


def _not_an_entry(module: Module) -> Diagnostic:
    return Diagnostic(
        code="X07-SCHEMA-0001",
        message="a program must be of kind `entry`; this file is a module",
        at="/kind",
        module_id=module.module_id,
        file=module.file,
        stage="parse",
        kind="Parse",
        hint=f"write an entry program that imports `{module.module_id}` and has a `solve`",
    )
