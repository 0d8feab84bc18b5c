"""Everything that is wrong in a project: what the entry reaches, then every other file."""

from collections.abc import Iterable
from pathlib import Path

from x07bundle.errors import X07Error
from x07bundle.files import json_compact, read_bytes
from x07bundle.lang.check import check
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.findings import replace
from x07bundle.lang.limits import ast_nodes, source_size
from x07bundle.lang.load import load
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.options import Options
from x07bundle.lang.resolve import UNKNOWN, Resolved, resolve
from x07bundle.lang.source import Module
from x07bundle.lang.versions import WRITTEN
from x07bundle.project.lockfile import module_roots
from x07bundle.project.manifest import Manifest
from x07bundle.project.sources import SUFFIX, ProjectModules, source_files


class Checked:
    """`files`: every file that was read, in the order in which it was met. `found`: without
    repeats, though several entry programs may reach one module."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.found: list[Diagnostic] = []
        self.seen: set[tuple[str, str, str, str]] = set()

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        for one in diagnostics:
            key = (one.file, one.at, one.code, one.message)
            if key not in self.seen:
                self.seen.add(key)
                self.found.append(one)

    def add_file(self, file: str) -> None:
        if file not in self.files:
            self.files.append(file)


def check_project(manifest: Manifest, options: Options) -> Checked:
    """All findings of a project in a world.

    Raises:
        X07Error: the entry program cannot be read.
    """
    modules = ProjectModules(module_roots(manifest), options.world)
    checked = Checked()
    source = _read(manifest.entry)
    checked.add(source_size(source, options))
    _check_entry(source, modules, options, checked)
    _check_rest(manifest, modules, options, checked)
    return checked


def _check_entry(
    source: SourceFile, modules: ProjectModules, options: Options, checked: Checked
) -> None:
    """An entry program and what it imports; types only of what is otherwise sound."""
    checked.add_file(source.file)
    entry, found = load(source)
    checked.add(found)
    if entry is None:
        return
    resolved = resolve(entry, modules)
    for module in resolved.modules.values():
        if not module.builtin:
            checked.add_file(module.file)
    checked.add(resolved.diagnostics)
    checked.add(ast_nodes(entry, resolved.modules.values(), options))
    clean = _clean(resolved)
    if entry.module_id in clean:
        checked.add(check(resolved, entry, options)[1])
    elif clean:
        stand_in, _ = load(_importing(clean, source.file))
        assert stand_in is not None
        kept = {module_id: resolved.modules[module_id] for module_id in clean}
        part = Resolved({stand_in.module_id: stand_in, **kept})
        checked.add(check(part, stand_in, options)[1])


def _clean(resolved: Resolved) -> list[str]:
    """The modules that have no errors and reach none that has: their types can be checked."""
    faulty = {one.module_id for one in resolved.diagnostics if one.severity == "error"}
    clean = set(resolved.modules) - faulty
    while True:
        kept = {one for one in clean if clean.issuperset(resolved.modules[one].imports)}
        if kept == clean:
            return sorted(clean)
        clean = kept


def _check_rest(
    manifest: Manifest, modules: ProjectModules, options: Options, checked: Checked
) -> None:
    """Files below the roots that the project's entry program does not reach."""
    loose: list[str] = []
    for root, path in _sources(manifest):
        if str(path) in checked.files:
            continue
        checked.add_file(str(path))
        source = _read_or_tell(path, checked)
        if source is None:
            continue
        module, found = load(source)
        checked.add(found)
        if module is not None and module.kind == "entry":
            _check_entry(source, modules, options, checked)
        elif module is not None and _is_in_place(module, root, path, checked):
            loose.append(module.module_id)
    if loose:
        stand_in = _importing(loose, str(manifest.file))
        _check_entry(stand_in, modules, options, checked)


def _sources(manifest: Manifest) -> Iterable[tuple[Path, Path]]:
    return [(root, path) for root in manifest.module_roots for path in source_files(root)]


def _read(path: Path) -> SourceFile:
    return SourceFile(str(path), read_bytes(path))


def _read_or_tell(path: Path, checked: Checked) -> SourceFile | None:
    """A file that nothing may import; what keeps it from being read is a finding like others."""
    try:
        return _read(path)
    except X07Error as error:
        found = Diagnostic(
            code=UNKNOWN,
            message=error.brief,
            file=str(path),
            stage="parse",
            kind="Parse",
            hint=error.hint,
        )
        checked.add([found])
        return None


def _is_in_place(module: Module, root: Path, path: Path, checked: Checked) -> bool:
    """Whether an import of the module's id finds this file."""
    expected = path.relative_to(root).as_posix().removesuffix(SUFFIX).replace("/", ".")
    if module.module_id == expected:
        return True
    problem = Diagnostic(
        code=UNKNOWN,
        message=f'no import finds this file: its place means "{expected}", '
        f'its module_id is "{module.module_id}"',
        at="/module_id",
        module_id=module.module_id,
        file=module.file,
        stage="parse",
        kind="Parse",
        hint="move the file, or change its module_id",
        fix=replace("/module_id", expected, f"call it `{expected}`"),
    )
    checked.add([problem])
    return False


def _importing(module_ids: list[str], file: str) -> SourceFile:
    """An entry program that imports modules and does nothing: it stands for `file`."""
    document = {
        "schema_version": WRITTEN,
        "kind": "entry",
        "module_id": "main",
        "imports": module_ids,
        "decls": [],
        "solve": ["bytes.empty"],
    }
    return SourceFile(file, json_compact(document))
