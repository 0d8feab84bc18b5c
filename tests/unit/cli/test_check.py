"""`x07 check`: findings of a project, as text and as x07diag."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.commands import x07
from x07bundle.lang.canonical import canonical, dump
from x07bundle.project.init import create


@pytest.fixture
def project(tmp_path: Path) -> Path:
    create(tmp_path)
    return tmp_path


def put(path: Path, module_id: str, *decls: dict[str, Any], imports: tuple[str, ...] = ()) -> None:
    document = {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "module",
        "module_id": module_id,
        "imports": list(imports),
        "decls": list(decls),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dump(canonical(document)))


def function(name: str, body: object) -> dict[str, Any]:
    return {"kind": "defn", "name": name, "params": [], "result": "i32", "body": body}


def diagnostics(folder: Path, *arguments: str) -> list[tuple[str, str, str]]:
    """File, pointer and code of each finding."""
    done = x07("check", "--json", *arguments, folder=folder)
    report = json.loads(done.stdout)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
    assert report["ok"] == (done.returncode == 0)
    return [(one["data"]["file"], one["loc"]["ptr"], one["code"]) for one in report["diagnostics"]]


def test_nothing_wrong(project: Path) -> None:
    done = x07("check", "--json", folder=project)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "schema_version": "x07.x07diag@0.1.0",
        "ok": True,
        "diagnostics": [],
        "meta": {"inputs": ["src/main.x07.json", "src/app.x07.json"]},
    }


def test_a_module_root_that_is_not_there(project: Path) -> None:
    """A warning, of every command that compiles."""
    file = project / "x07.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"module_roots": ["src", "libs"]}))
    assert diagnostics(project) == [("x07.json", "/module_roots/1", "X07-PROJECT-0001")]
    for words in (("check",), ("run",), ("bundle", "--out", "app")):
        done = x07(*words, folder=project)
        assert done.returncode == 0
        said = done.stdout if words == ("check",) else done.stderr
        assert said.startswith("warning[X07-PROJECT-0001]: the module root `libs` does not exist")
        assert 'x07.json /module_roots/1\n   |  "libs"\n' in said
        assert "x07 fmt" not in said


def test_a_member_that_nothing_reads(project: Path) -> None:
    """A warning, of every command that compiles."""
    file = project / "x07.json"
    document = json.loads(file.read_text())
    document["profiles"]["os"]["solve_fule"] = 3
    file.write_text(json.dumps(document))
    assert diagnostics(project) == [("x07.json", "/profiles/os/solve_fule", "X07-PROJECT-0002")]
    for words in (("check",), ("run",), ("bundle", "--out", "app")):
        done = x07(*words, folder=project)
        assert done.returncode == 0
        said = done.stdout if words == ("check",) else done.stderr
        assert said.startswith("warning[X07-PROJECT-0002]: nothing reads the member `solve_fule`")
        assert "hint: did you mean `solve_fuel`?" in said


@pytest.mark.skipif(sys.platform != "linux", reason="a file that nobody can read")
def test_a_file_that_cannot_be_read_hides_nothing(project: Path) -> None:
    (project / "src/a.x07.json").symlink_to("/proc/self/mem")
    put(project / "src/lib.x07.json", "lib", function("lib.f", ["+", 1, True]))
    done = x07("check", "--json", folder=project)
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)["diagnostics"]
    assert {(one["data"]["file"], one["code"]) for one in found} == {
        ("src/a.x07.json", "X07-IMPORT-0001"),
        ("src/lib.x07.json", "X07-AST-0001"),
    }


def test_text(project: Path) -> None:
    put(project / "src/lib.x07.json", "lib", function("lib.f", ["+", 1, True]))
    done = x07("check", folder=project)
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout == (
        "error[X07-AST-0001]: `true` is not an expression\n"
        "  --> src/lib.x07.json /decls/0/body/2 in `lib.f`\n"
        "   |  true\n"
        "  hint: truth is 1 and falsehood is 0\n"
        "  fix: write it as 1\n"
        "\n"
        "1 error\n"
    )


def test_text_says_when_pointers_need_formatting(project: Path) -> None:
    lib = project / "src/a b.x07.json"
    put(lib, "a", function("a.f", "nobody"))
    lib.write_text(json.dumps(json.loads(lib.read_text()), indent=4))
    done = x07("check", folder=project)
    assert "note: pointers refer to the formatted file: `x07 fmt --write 'src/a b" in done.stdout


def test_text_names_no_command_that_would_fail(project: Path) -> None:
    """`x07 fmt` leaves alone what cannot be read as x07AST."""
    (project / "src/lib.x07.json").write_text('{ "kind": "module" }')
    done = x07("check", folder=project)
    assert "note: pointers refer to the formatted file\n" in done.stdout


def test_files_that_nothing_reaches_are_checked(project: Path) -> None:
    put(project / "src/a/b.x07.json", "a.b", function("a.b.f", "nobody"))
    put(project / "src/c.x07.json", "d")
    (project / "src/e.x07.json").write_text("{")
    assert sorted(diagnostics(project)) == [
        ("src/a/b.x07.json", "/decls/0/body", "X07-TYPE-0001"),
        ("src/c.x07.json", "/module_id", "X07-IMPORT-0001"),
        ("src/e.x07.json", "", "X07-X07AST-PARSE-0001"),
    ]


def test_other_entry_programs_are_checked(project: Path) -> None:
    tool = (project / "src/main.x07.json").read_text().replace('"input"', '"nobody"')
    (project / "src/tool.x07.json").write_text(tool)
    assert diagnostics(project) == [("src/tool.x07.json", "/solve/1", "X07-TYPE-0001")]


def test_types_are_checked_beside_a_missing_module(project: Path) -> None:
    put(project / "src/lib.x07.json", "lib", imports=("nowhere",))
    put(project / "src/app.x07.json", "app", function("app.f", "nobody"), imports=())
    main = (project / "src/main.x07.json").read_text().replace('["app"]', '["app","lib"]')
    (project / "src/main.x07.json").write_text(main)
    assert diagnostics(project) == [
        ("src/lib.x07.json", "/imports/0", "X07-IMPORT-0001"),
        ("src/app.x07.json", "/decls/0/body", "X07-TYPE-0001"),
    ]


def test_one_finding_of_a_module_that_two_entries_reach(project: Path) -> None:
    put(project / "src/app.x07.json", "app", function("app.solve", "nobody"))
    main = (project / "src/main.x07.json").read_text()
    (project / "src/tool.x07.json").write_text(main)
    found = [one for one in diagnostics(project) if one[0] == "src/app.x07.json"]
    assert found == [("src/app.x07.json", "/decls/0/body", "X07-TYPE-0001")]


def test_a_program_that_is_too_large(project: Path) -> None:
    main = project / "src/main.x07.json"
    main.write_text(main.read_text() + " " * 70_000)
    (found,) = diagnostics(project)
    assert found == ("src/main.x07.json", "", "X07-LIMIT-0001")


@pytest.mark.parametrize("head", ["+", "begin", "if"])
def test_an_expression_as_deep_as_files_may_be(project: Path, head: str) -> None:
    body: object = 1
    for _ in range(250):
        body = {"+": ["+", 1, body], "begin": ["begin", body], "if": ["if", 1, 2, body]}[head]
    put(project / "src/lib.x07.json", "lib", function("lib.f", body))
    assert diagnostics(project) == []


def test_from_elsewhere(project: Path) -> None:
    (project / "below").mkdir()
    assert diagnostics(project / "below") == []
    assert diagnostics(project.parent, "--project", project.name) == []
    assert diagnostics(project.parent, "--project", f"{project.name}/x07.json") == []


def test_world_of_a_profile(project: Path) -> None:
    manifest = json.loads((project / "x07.json").read_text())
    manifest["profiles"]["os"]["world"] = "solve-pure"
    (project / "x07.json").write_text(json.dumps(manifest))
    put(project / "src/lib.x07.json", "lib", imports=("std.os.fs",))
    assert diagnostics(project) == [("src/lib.x07.json", "/imports/0", "X07-IMPORT-0001")]
    assert diagnostics(project, "--profile", "sandbox") == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x07.json", "{", "[X07PROJECT_PARSE]"),
        ("x07.json", '{"schema_version":"x07.project@9.0.0"}', "schema_version mismatch"),
        ("x07.lock.json", "{}", "[X07LOCK_SCHEMA]"),
        ("src/main.x07.json", None, "cannot read `src/main.x07.json`"),
    ],
)
def test_a_project_that_cannot_be_read(
    project: Path, name: str, text: str | None, words: str
) -> None:
    if text is None:
        (project / name).unlink()
    else:
        (project / name).write_text(text)
    done = x07("check", folder=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_no_project(tmp_path: Path) -> None:
    done = x07("check", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no project found\nhint: ")
