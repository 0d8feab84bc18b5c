"""The entry program and every module that it imports, directly or not."""

from collections.abc import Iterator
from typing import Final

from x07bundle.lang.diagnostics import UNAVAILABLE, Diagnostic, QuickFix
from x07bundle.lang.findings import remove
from x07bundle.lang.load import load
from x07bundle.lang.modules import ModuleProblem, Modules
from x07bundle.lang.source import Module

UNKNOWN: Final = "X07-IMPORT-0001"
"""An import that gives no module: unknown, ambiguous, or a file that is another module."""
CYCLE: Final = "X07-IMPORT-0003"
BRAND_MODULE: Final = "std.brand"
"""Its heads are part of the language (contract/project.md §4, "missing")."""


class Resolved:
    """`modules` by id, the entry first, then in the order in which they were met.

    A module that could not be found or read is missing from it, and is in `diagnostics`.
    """

    def __init__(self, modules: dict[str, Module]) -> None:
        self.modules = modules
        self.diagnostics: list[Diagnostic] = []


def resolve(entry: Module, modules: Modules) -> Resolved:
    """Loads what `entry` imports. Depth first, without recursion: chains may be long."""
    resolved = Resolved({entry.module_id: entry})
    seen = {entry.module_id}
    path: list[tuple[Module, Iterator[tuple[int, str]]]] = [(entry, enumerate(entry.imports))]
    while path:
        module, imports = path[-1]
        index, module_id = next(imports, (0, ""))
        if not module_id:
            path.pop()
        elif module_id in seen:
            _find_cycle(module, index, module_id, [step.module_id for step, _ in path], resolved)
        else:
            seen.add(module_id)
            found = _load(module, index, module_id, modules, resolved)
            if found is not None:
                resolved.modules[module_id] = found
                path.append((found, enumerate(found.imports)))
    return resolved


def _find_cycle(
    module: Module, index: int, module_id: str, path: list[str], resolved: Resolved
) -> None:
    if module_id not in path:
        return
    cycle = " -> ".join([*path[path.index(module_id) :], module_id])
    message = f'cyclic import detected at module "{module_id}" ({cycle})'
    hint = "move what both need into a third module"
    resolved.diagnostics.append(_problem(CYCLE, message, module, index, hint))


def _load(
    importer: Module, index: int, module_id: str, modules: Modules, resolved: Resolved
) -> Module | None:
    if module_id == BRAND_MODULE:
        resolved.diagnostics.append(_brand_import(importer, index))
        return None
    source = modules.find(module_id)
    if isinstance(source, ModuleProblem):
        resolved.diagnostics.append(_not_found(source, importer, index))
        return None
    module, found = load(source)
    resolved.diagnostics.extend(found)
    if module is None or _is_what_was_asked(module, module_id, importer, index, resolved):
        return module
    return None


def _not_found(found: ModuleProblem, importer: Module, index: int) -> Diagnostic:
    if not found.is_later:
        return _problem(UNKNOWN, found.message, importer, index, found.hint)
    problem = _problem(UNAVAILABLE, found.message, importer, index, found.hint)
    return problem._replace(kind="Unsupported")


def _is_what_was_asked(
    module: Module, module_id: str, importer: Module, index: int, resolved: Resolved
) -> bool:
    message = None
    if module.kind == "entry":
        message = f'"{module_id}" is an entry program ({module.file}), it cannot be imported'
    elif module.module_id != module_id:
        message = (
            f'import of "{module_id}" finds {module.file}, whose module_id is "{module.module_id}"'
        )
    if message is not None:
        hint = "the path of a file below its root is its module id with `/` for `.`"
        resolved.diagnostics.append(_problem(UNKNOWN, message, importer, index, hint))
    return message is None


def _brand_import(importer: Module, index: int) -> Diagnostic:
    return _problem(
        UNKNOWN,
        f'unknown module: "{BRAND_MODULE}"',
        importer,
        index,
        hint="the `std.brand.*` heads are part of the language and need no import",
        fix=remove(f"/imports/{index}", "remove the import"),
    )


def _problem(
    code: str,
    message: str,
    importer: Module,
    index: int,
    hint: str | None,
    fix: QuickFix | None = None,
) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=message,
        at=f"/imports/{index}",
        module_id=importer.module_id,
        file=importer.file,
        stage="parse",
        kind="Parse",
        hint=hint,
        fix=fix,
    )
