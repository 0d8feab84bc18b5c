"""Where a module id leads."""

from pathlib import Path

import pytest

from x07bundle import packages
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.project.packages.versions import highest
from x07bundle.project.sources import ProjectModules, source_files


def put(path: Path, text: str = "{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(modules: ProjectModules, module_id: str) -> SourceFile:
    result = modules.find(module_id)
    assert isinstance(result, SourceFile)
    return result


def problem(modules: ProjectModules, module_id: str) -> ModuleProblem:
    result = modules.find(module_id)
    assert isinstance(result, ModuleProblem)
    return result


def test_a_file_of_a_root(tmp_path: Path) -> None:
    file = put(tmp_path / "b/x/y.x07.json", "{ }")
    modules = ProjectModules([tmp_path / "a", tmp_path / "b", tmp_path / "b"], "run-os")
    assert found(modules, "x.y") == SourceFile(str(file), b"{ }")


def test_std_modules_cannot_be_replaced(tmp_path: Path) -> None:
    put(tmp_path / "std/bytes.x07.json")
    assert found(ProjectModules([tmp_path], "run-os"), "std.bytes").builtin


@pytest.mark.parametrize(
    ("module_id", "is_replaced"), [("std.os.fs", False), ("std.world.fs", True)]
)
def test_os_modules_of_roots(tmp_path: Path, module_id: str, is_replaced: bool) -> None:
    modules = ProjectModules([tmp_path], "run-os")
    assert found(modules, module_id).builtin
    put(tmp_path / (module_id.replace(".", "/") + ".x07.json"))
    assert found(modules, module_id).builtin is not is_replaced


def test_os_modules_are_for_os_worlds(tmp_path: Path) -> None:
    result = problem(ProjectModules([tmp_path], "solve-pure"), "std.os.fs")
    assert "run-os" in str(result.hint)


def test_ambiguity(tmp_path: Path) -> None:
    one, two = put(tmp_path / "a/m.x07.json"), put(tmp_path / "b/m.x07.json")
    modules = ProjectModules([tmp_path / "a", tmp_path / "b"], "run-os")
    message = f'module "m" is ambiguous across roots: [{one}, {two}]'
    assert problem(modules, "m").message == message


def test_the_text_form(tmp_path: Path) -> None:
    put(tmp_path / "m.x07t")
    modules = ProjectModules([tmp_path], "run-os")
    assert "text form" in problem(modules, "m").message
    assert problem(modules, "m").is_later
    put(tmp_path / "m.x07.json")
    found(modules, "m")


@pytest.mark.parametrize(
    ("module_id", "hint"),
    [
        ("ap", "did you mean `app`?"),
        ("std.byte", "did you mean `std.bytes`?"),
        ("zzzzzz", "modules are looked for below"),
    ],
)
def test_unknown(tmp_path: Path, module_id: str, hint: str) -> None:
    put(tmp_path / "app.x07.json")
    result = problem(ProjectModules([tmp_path], "run-os"), module_id)
    path = module_id.replace(".", "/")
    searched = f"(searched: {path}.x07.json or {path}.x07t)"
    assert result.message == f'unknown module: "{module_id}" {searched}'
    assert hint in str(result.hint)


def test_a_std_module_of_a_later_version(tmp_path: Path) -> None:
    modules = ProjectModules([tmp_path], "run-os")
    result = problem(modules, "std.json")
    assert result.message == 'this version does not have the module "std.json" yet'
    assert result.is_later
    file = put(tmp_path / "std/json.x07.json")
    assert found(modules, "std.json").file == str(file)


def test_a_module_of_a_package() -> None:
    """The hint is the command that adds the newest version of the package."""
    newest = highest(one.version for one in packages.versions("ext-net"))
    hint = problem(ProjectModules([], "run-os"), "std.net.tcp").hint
    assert hint == f"the package ext-net brings it: `x07 pkg add ext-net@{newest} --sync`"


def test_unknown_without_roots() -> None:
    assert problem(ProjectModules([], "run-os"), "m").message == 'unknown module: "m"'


def test_source_files(tmp_path: Path) -> None:
    kept = [put(tmp_path / "a/z.x07.json"), put(tmp_path / "b.x07.json")]
    for name in (".git/a.x07.json", "x/target/a.x07.json", "x07.json", "a.json", ".x07/d.x07.json"):
        put(tmp_path / name)
    assert source_files(tmp_path) == kept
