"""Modules of a project: std modules, and files below the module roots (contract/project.md §4)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from x07bundle import std
from x07bundle.contract.worlds import OS_WORLDS
from x07bundle.errors import X07Error
from x07bundle.files import read_bytes
from x07bundle.lang.modules import ModuleProblem, SourceFile

SUFFIX: Final = ".x07.json"
TEXT_SUFFIX: Final = ".x07t"
SKIPPED: Final = frozenset({".git", ".x07", "target", ".agent", ".claude"})
"""Folders that hold no sources of the project (contract/cli.md §9)."""
ANY_WORLD: Final = "solve-pure"
ADAPTERS: Final = "std.world."


def source_files(folder: Path) -> list[Path]:
    """Every x07AST file below a folder, sorted."""
    found = [
        path
        for path in folder.rglob(f"*{SUFFIX}")
        if SKIPPED.isdisjoint(path.relative_to(folder).parts[:-1]) and path.is_file()
    ]
    return sorted(found)


class ProjectModules:
    """The `Modules` of a compilation.

    Std modules come first, so that no file, and no package, can stand in for one. Only
    `std.world.*` may be replaced: by it the public std reaches the system.

    `used`: the roots that a module was found in.
    """

    def __init__(self, roots: Iterable[Path], world: str) -> None:
        self.roots = tuple(dict.fromkeys(roots))
        self.world = world
        self.used: set[Path] = set()

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        first = ANY_WORLD if module_id.startswith(ADAPTERS) else self.world
        return (
            std.find(module_id, first)
            or self._in_roots(module_id)
            or std.find(module_id, self.world)
            or self._unknown(module_id)
        )

    def _in_roots(self, module_id: str) -> SourceFile | ModuleProblem | None:
        relative = module_id.replace(".", "/")
        hits = self._files(relative + SUFFIX)
        if len(hits) > 1:
            return _ambiguous(module_id, hits)
        if hits:
            self.used |= {root for root in self.roots if hits[0] == root / (relative + SUFFIX)}
            return _read(hits[0])
        texts = self._files(relative + TEXT_SUFFIX)
        return _text_form(module_id, texts) if texts else None

    def _files(self, relative: str) -> list[Path]:
        return [root / relative for root in self.roots if (root / relative).is_file()]

    def _unknown(self, module_id: str) -> ModuleProblem:
        if module_id in std.LATER:
            return _later(module_id)
        relative = module_id.replace(".", "/")
        searched = f" (searched: {relative}{SUFFIX} or {relative}{TEXT_SUFFIX})"
        message = f'unknown module: "{module_id}"' + (searched if self.roots else "")
        return ModuleProblem(message, self._hint(module_id))

    def _hint(self, module_id: str) -> str | None:
        if self.world not in OS_WORLDS and std.find(module_id, OS_WORLDS[0]) is not None:
            return f"only the worlds {' and '.join(OS_WORLDS)} have it; this is {self.world}"
        from difflib import get_close_matches  # both only to word an error

        from x07bundle.project.packages.queries import providers_of_tool

        for package in providers_of_tool(module_id):
            name = f"{package.name}@{package.version}"
            return f"the package {package.name} brings it: `x07 pkg add {name} --sync`"
        near = get_close_matches(module_id, self._known(), n=1)
        if near:
            return f"did you mean `{near[0]}`?"
        roots = ", ".join(f"`{root}`" for root in self.roots)
        return f"modules are looked for below {roots}" if roots else None

    def _known(self) -> list[str]:
        own = [
            path.relative_to(root).as_posix().removesuffix(SUFFIX).replace("/", ".")
            for root in self.roots
            for path in source_files(root)
        ]
        return own + std.module_ids(self.world)


def _read(path: Path) -> SourceFile | ModuleProblem:
    try:
        return SourceFile(str(path), read_bytes(path))
    except X07Error as error:
        return ModuleProblem(error.brief, error.hint)


def _later(module_id: str) -> ModuleProblem:
    message = f'this version does not have the module "{module_id}" yet'
    hint = "it comes with a later version; a file of that module id below a root is taken instead"
    return ModuleProblem(message, hint, is_later=True)


def _ambiguous(module_id: str, hits: list[Path]) -> ModuleProblem:
    listed = ", ".join(str(path) for path in hits)
    message = f'module "{module_id}" is ambiguous across roots: [{listed}]'
    return ModuleProblem(message, "keep one of these files")


def _text_form(module_id: str, texts: list[Path]) -> ModuleProblem:
    if len(texts) > 1:
        return _ambiguous(module_id, texts)
    return ModuleProblem(
        f'module "{module_id}" is in the text form ({texts[0]}), which is not supported yet',
        f"write it as x07AST, in a `{SUFFIX}` file",
        is_later=True,
    )
