"""`x07-package.json` (contract/project.md §5): read, with all of its problems in one error."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from x07bundle import LANGUAGE_VERSION, strict_json
from x07bundle.files import read_bytes
from x07bundle.lang.names import MODULE_ID
from x07bundle.project.manifest import link_name
from x07bundle.project.members import Members
from x07bundle.project.packages.dependencies import PACKAGE
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.spec import NAME, Spec, parse
from x07bundle.project.packages.versions import holds, is_version, read_range

MANIFEST: Final = PACKAGE
SCHEMA: Final = "x07.package@0.1.0"
SOURCE_SUFFIX: Final = ".x07.json"
NATIVE: Final = "ffi"
"""The import mode of packages that bring C."""


class Package(NamedTuple):
    """`module_root`: a path below the package's folder. `document`: all of the manifest."""

    name: str
    version: str
    module_root: PurePosixPath
    modules: tuple[str, ...]
    requires: tuple[Spec, ...]
    x07c_compat: str | None
    import_mode: str | None
    ffi_libs: tuple[str, ...]
    document: Mapping[str, Any]

    def module_file(self, module_id: str) -> PurePosixPath:
        """Where a module is, below the package's folder."""
        return self.module_root / (module_id.replace(".", "/") + SOURCE_SUFFIX)


def load(folder: Path) -> Package:
    """The package in a folder.

    Raises:
        X07Error: its manifest cannot be read.
        PackageError: some member is wrong.
    """
    file = folder / MANIFEST
    return read(read_bytes(file), str(file))


def read(data: bytes, file: str) -> Package:
    """The package that a manifest describes; `file` names it in errors.

    Raises:
        PackageError: X07PKG_MANIFEST_PARSE.
    """
    value, problems, _ = strict_json.read(data)
    if not isinstance(value, dict):
        raise _refusal(file, problems or ("it does not hold an object",))
    members = Members(value)
    package = _package(members)
    if members.problems:
        raise _refusal(file, members.problems)
    return package


def check_compat(package: Package, file: str) -> None:
    """Refuses packages for other versions of the language.

    Raises:
        PackageError: X07PKG_X07C_COMPAT_INVALID, X07PKG_X07C_INCOMPATIBLE.
    """
    if package.x07c_compat is None:
        return
    wanted = read_range(package.x07c_compat)
    if wanted is None:
        raise PackageError(
            "X07PKG_X07C_COMPAT_INVALID",
            f"`{file}`: `{package.x07c_compat}` is no range of versions",
            "clauses are `>=`, `<=`, `>`, `<` or `=` and MAJOR.MINOR.PATCH; `^` and `~` are none",
            "mend `meta.x07c_compat`, as in `>=0.2.17, <0.3.0`",
        )
    if not holds(wanted, LANGUAGE_VERSION):
        raise PackageError(
            "X07PKG_X07C_INCOMPATIBLE",
            f"`{package.name}@{package.version}` is not for X07 {LANGUAGE_VERSION}",
            f"`{file}` asks for {package.x07c_compat}",
            f"`x07 pkg versions {package.name}` lists others",
        )


def _refusal(file: str, problems: list[str] | tuple[str, ...]) -> PackageError:
    brief = f"`{file}` is no package manifest that can be used"
    return PackageError("X07PKG_MANIFEST_PARSE", brief, "\n".join(problems))


def _package(members: Members) -> Package:
    meta = members.child("meta")
    if members.required("schema_version"):
        members.choice("schema_version", (SCHEMA,))
    return Package(
        name=_formed(members, "name", NAME, "is not a package name"),
        version=_formed(members, "version", is_version, "is not a version (MAJOR.MINOR.PATCH)"),
        module_root=_module_root(members),
        modules=_modules(members),
        requires=_requires(meta),
        x07c_compat=meta.text("x07c_compat"),
        import_mode=meta.text("import_mode"),
        ffi_libs=_ffi_libs(meta),
        document=members.value,
    )


def _formed(members: Members, key: str, form: Callable[[str], object], problem: str) -> str:
    text = members.required(key)
    if text and not form(text):
        members.refuse(key, f"`{text}` {problem}")
    return text


def _module_root(members: Members) -> PurePosixPath:
    path = PurePosixPath(members.required("module_root"))
    if path.is_absolute() or ".." in path.parts or "\0" in str(path):
        members.refuse("module_root", f"`{path}` must be a path below the package's folder")
        return PurePosixPath()
    return path


def _modules(members: Members) -> tuple[str, ...]:
    modules = members.texts("modules")
    if not modules and members.value.get("modules", []) == []:
        members.refuse("modules", "must name at least one module")
    for index, module_id in enumerate(modules):
        if not MODULE_ID(module_id):
            members.refuse(f"modules/{index}", f"`{module_id}` is not a module id")
    if len(set(modules)) != len(modules):
        members.refuse("modules", "names a module twice")
    return modules


def _requires(meta: Members) -> tuple[Spec, ...]:
    specs = [(text, parse(text)) for text in meta.texts("requires_packages")]
    for index, (text, spec) in enumerate(specs):
        if spec is None or not (spec.version or spec.wanted):
            problem = f"`{text}` is neither NAME@VERSION nor NAME@RANGE"
            meta.refuse(f"requires_packages/{index}", problem)
    return tuple(spec for _, spec in specs if spec is not None)


def _ffi_libs(meta: Members) -> tuple[str, ...]:
    libs = meta.texts("ffi_libs")
    for index, lib in enumerate(libs):
        if not link_name(lib):
            meta.refuse(f"ffi_libs/{index}", f"`{lib}` is not a name (no path, no option)")
    return libs
