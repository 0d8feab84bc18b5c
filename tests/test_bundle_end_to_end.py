"""`x07 bundle` from files on disk to executables that run."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests import bundling
from tests.bundling import ROOT, Tool, argv_v1, run_program, write_project
from tests.fakes import plan

SCHEMAS = ROOT / "x07bundle" / "schemas"
Make = Callable[..., Tool]


@pytest.fixture
def make(tmp_path: Path, x07_cache: Path) -> Make:
    """Makes a project, in a folder `demo` unless told otherwise; the tool in that folder."""

    def project(solve: object = bundling.ECHO, folder: str = "demo", **members: object) -> Tool:
        return Tool(write_project(tmp_path / folder, solve, **members), x07_cache)

    return project


def checked(document: dict[str, Any], schema: str) -> dict[str, Any]:
    jsonschema.validate(document, json.loads((SCHEMAS / f"{schema}.schema.json").read_bytes()))
    return document


def test_the_input_of_a_bundle_is_its_command_line(make: Make) -> None:
    tool = make()
    tool.bundle("dist/echo-argv", "--profile", "os")
    done = run_program(tool.folder / "dist" / "echo-argv", "--alpha", "A", "--beta", "B")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == argv_v1(["echo-argv", "--alpha", "A", "--beta", "B"])


def test_the_name_stays_when_the_file_is_renamed(make: Make) -> None:
    tool = make()
    tool.bundle("dist/before")
    (tool.folder / "dist" / "before").rename(tool.folder / "after")
    assert run_program(tool.folder / "after").stdout == argv_v1(["before"])


@pytest.mark.parametrize("name", ["with space", 'quote"d', "ünïcode", "what??=%d", "b\\n"])
def test_any_file_name_is_a_name(make: Make, name: str) -> None:
    tool = make()
    tool.bundle(f"dist/{name}")
    assert run_program(tool.folder / "dist" / name, "").stdout == argv_v1([name, ""])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the root folder")
def test_a_static_bundle_runs_in_an_empty_chroot(make: Make, tmp_path: Path) -> None:
    tool = make()
    tool.bundle("dist/echo-argv", "--static")
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copy(tool.folder / "dist" / "echo-argv", empty)
    done = subprocess.run(
        ["chroot", str(empty), "/echo-argv", "--alpha", "A", "--beta", "B"],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == argv_v1(["echo-argv", "--alpha", "A", "--beta", "B"])


def test_link_static_in_the_manifest_is_the_flag(make: Make) -> None:
    tool = make(link={"static": True})
    tool.bundle("by-manifest")
    other = make(folder="other")
    other.bundle("by-manifest", "--static")
    assert (tool.folder / "by-manifest").read_bytes() == (other.folder / "by-manifest").read_bytes()


def test_the_report(make: Make) -> None:
    tool = make()
    report = checked(tool.bundle("dist/app", "--emit-dir", "out"), "x07.bundle.report@0.4.0")
    assert list(report) == ["schema_version", "runner", "world", "target", "bundle", "report"]
    keys = ["out", "name", "abi", "policy", "emit_dir", "kind", "guest"]
    assert list(report["bundle"]) == keys
    assert list(report["report"]["compile"]) == sorted(report["report"]["compile"])
    assert report["report"]["mode"] == "project-compile"
    assert (
        report["report"]["compile"]["compiled_exe_size"]
        == (tool.folder / "dist" / "app").stat().st_size
    )
    assert json.loads((tool.folder / "out" / "report.json").read_bytes()) == report


def test_stderr_is_empty_where_it_is_no_terminal(make: Make) -> None:
    assert make()("bundle", "--out", "app").stderr == b""


def test_the_emitted_c_is_what_was_compiled(make: Make) -> None:
    tool = make()
    tool.bundle("dist/app", "--emit-dir", "out")
    out = tool.folder / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "bundle.combined.c",
        "program.freestanding.c",
        "report.json",
        "wrapper.main.c",
    ]
    program, wrapper = (
        (out / name).read_text() for name in ("program.freestanding.c", "wrapper.main.c")
    )
    assert (out / "bundle.combined.c").read_text() == program + wrapper
    assert "x07_program_solve" in program
    assert "int main(" in wrapper


def test_the_attestation_is_of_two_builds_that_agree(make: Make) -> None:
    """Of an entry that is not called `main`."""
    tool = make()
    source = tool.folder / "src" / "main.x07.json"
    bundling.write_json(source, bundling.module(bundling.ECHO, module_id="some.tool"))
    tool.bundle("dist/app", "--emit-attestation", "attest.json")
    document = json.loads((tool.folder / "attest.json").read_bytes())
    checked(document, "x07.compile.attest@0.1.0")
    assert document["rebuild"]["deterministic_match"] is True
    assert document["rebuild"]["binary_sha256"] == document["artifacts"]["binary_sha256"]
    assert list(document) == sorted(document)


def test_the_second_build_of_an_attestation_is_real(
    make: Make, tmp_path: Path, planned_cc: Path
) -> None:
    """A compiler whose output changes from run to run is found out."""
    counter = tmp_path / "counter"
    changing = f"set -- \"$@\" -Wl,--build-id=0x0$(grep -c x '{counter}')"
    variables = plan(planned_cc, tmp_path / "plan", f"echo x >>'{counter}'\n{changing}")
    tool = replace(make(), variables=variables)
    tool.bundle("dist/app", "--emit-attestation", "attest.json")
    assert counter.read_text() == "x\nx\n"
    document = json.loads((tool.folder / "attest.json").read_bytes())
    assert document["rebuild"]["deterministic_match"] is False


def test_a_program_without_a_project(make: Make, tmp_path: Path, x07_cache: Path) -> None:
    folder = tmp_path / "alone"
    folder.mkdir()
    bundling.write_json(folder / "tool.x07.json", bundling.module(bundling.ECHO))
    tool = Tool(folder, x07_cache)
    report = tool.bundle("dist/", "--program", "tool.x07.json", "--module-root", ".")
    assert report["target"]["kind"] == "program"
    assert report["report"]["mode"] == "compile"
    assert run_program(folder / "dist" / "app").stdout == argv_v1(["app"])


def test_an_entry_of_another_module_id_is_bundled_as_main(make: Make) -> None:
    tool = make()
    source = tool.folder / "src" / "main.x07.json"
    bundling.write_json(source, bundling.module(bundling.ECHO, module_id="some.tool"))
    before = source.read_bytes()
    tool.bundle("app")
    assert run_program(tool.folder / "app").stdout == argv_v1(["app"])
    assert source.read_bytes() == before


def test_an_executable_that_runs_is_replaced_in_one_step(make: Make) -> None:
    tool = make()
    target = tool.folder / "dist" / "app"
    target.parent.mkdir()
    shutil.copy("/bin/sleep", target)
    with subprocess.Popen([target, "60"]) as running:
        tool.bundle("dist/app")
        running.terminate()
    assert run_program(target).stdout == argv_v1(["app"])
    assert [path.name for path in target.parent.iterdir()] == ["app"]


ELSEWHERE = {
    "TZ": "Pacific/Apia",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "tr_TR.UTF-8",
    "USER": "somebody",
    "LOGNAME": "somebody",
    "HOME": "/somewhere",
    "SOURCE_DATE_EPOCH": "1",
    "PYTHONHASHSEED": "7",
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """Of somebody who bundled twice at once with an empty cache, and made one runtime."""
    folder = tmp_path_factory.mktemp("crowded")
    tool = Tool(write_project(folder / "demo"), folder / "cache", ELSEWHERE)
    running = [tool.start("bundle", "--out", "dist/app") for _ in range(2)]
    for child in running:
        _, stderr = child.communicate(timeout=bundling.DEADLINE_SECONDS)
        assert child.returncode == 0, stderr.decode()
    return tool


def test_several_at_once_with_an_empty_cache(crowded: Tool) -> None:
    """They make the same output."""
    assert run_program(crowded.folder / "dist" / "app").stdout == argv_v1(["app"])
    assert [path.name for path in (crowded.folder / "dist").iterdir()] == ["app"]


def test_the_exit_code_is_what_the_program_set(make: Make) -> None:
    tool = make(["begin", ["process.set_exit_code_v1", 7], ["bytes.lit", "seven"]])
    tool.bundle("app")
    done = run_program(tool.folder / "app")
    assert (done.returncode, done.stdout) == (7, b"seven")


LOOP = ["begin", ["let", "i", 0], ["while", 1, ["set", "i", ["+", "i", 1]]], ["bytes.empty"]]
GREEDY = ["bytes.alloc", 100_000_000]


@pytest.mark.parametrize(
    ("solve", "flags", "code", "text"),
    [
        (LOOP, ("--solve-fuel", "1000"), 132, "fuel exhausted"),
        (GREEDY, ("--max-memory-bytes", "1000000"), 132, "out of memory"),
        (["bytes.alloc", 10], ("--max-output-bytes", "9"), 2, "output"),
        (LOOP, ("--cpu-time-limit-seconds", "1"), -24, ""),
    ],
)
def test_limits_hold_where_they_are_asked_for(
    make: Make, solve: object, flags: tuple[str, ...], code: int, text: str
) -> None:
    tool = make(solve)
    tool.bundle("app", *flags)
    done = run_program(tool.folder / "app")
    assert done.stdout == b""
    assert text in done.stderr.decode()
    # The kernel ends a process that is over its CPU limit, by SIGXCPU or by SIGKILL.
    assert done.returncode == code or (code == -24 and done.returncode == -9)


def test_there_is_no_limit_otherwise(make: Make) -> None:
    """More than the 50,000,000 expressions and the 64 MiB of public bundles."""
    count = ["for", "i", 0, 30_000_000, ["set", "n", ["+", "n", "i"]]]
    solve = ["begin", ["let", "n", 0], count, ["let", "b", GREEDY], ["fmt.u32_to_dec", "n"]]
    tool = make(solve)
    tool.bundle("app")
    expected = sum(range(30_000_000)) % 2**32
    assert run_program(tool.folder / "app").stdout == str(expected).encode()


def test_a_limit_of_the_profile_holds(make: Make) -> None:
    tool = make(LOOP, profiles={"os": {"world": "run-os", "solve_fuel": 1000}})
    tool.bundle("app")
    assert b"fuel exhausted" in run_program(tool.folder / "app").stderr


def test_the_same_bytes_from_anywhere(tmp_path: Path, x07_cache: Path, crowded: Tool) -> None:
    """Other folders, umask, TZ, locale, user, home, number of jobs, and a runtime made afresh."""
    tutorial = {"imports": ["std.fmt", "std.os.fs"]}
    solve = ["std.fmt.u32_to_dec", ["std.os.fs.write_file", ["bytes.lit", "x"], ["bytes.empty"]]]
    here = Tool(write_project(tmp_path / "here"), x07_cache)
    there = replace(crowded, folder=write_project(tmp_path / "a much longer" / "påth, with spaces"))
    for tool in (here, there):
        bundling.write_json(
            tool.folder / "src" / "main.x07.json", bundling.module(solve, **tutorial)
        )
    for static in ((), ("--static",)):
        assert here("bundle", "--out", "app", "-j", "1", *static, umask=0o022).returncode == 0
        assert there("bundle", "--out", "app", "-j", "3", *static, umask=0o077).returncode == 0
        assert (here.folder / "app").read_bytes() == (there.folder / "app").read_bytes()


def test_no_path_of_the_build_is_in_the_output(make: Make, tmp_path: Path) -> None:
    tool = make()
    tool.bundle("app")
    data = (tool.folder / "app").read_bytes()
    for path in (tmp_path, ROOT, tool.cache):
        assert os.fsencode(path) not in data


TUTORIAL_MODULE = {
    "schema_version": "x07.x07ast@0.4.0",
    "kind": "module",
    "module_id": "app",
    "imports": ["std.os.fs"],
    "decls": [
        {"kind": "export", "names": ["app.solve"]},
        {
            "kind": "defn",
            "name": "app.solve",
            "params": [{"name": "b", "ty": "bytes_view"}],
            "result": "bytes",
            "body": [
                "begin",
                ["let", "data", ["view.to_bytes", "b"]],
                ["let", "rc", ["std.os.fs.write_file", ["bytes.lit", "out/input.bin"], "data"]],
                ["if", ["=", "rc", 0], ["bytes.lit", "ok"], ["bytes.lit", "write_failed"]],
            ],
        },
    ],
}


def test_the_tutorial(tmp_path: Path, x07_cache: Path) -> None:
    tool = Tool(tmp_path, x07_cache)
    assert tool("init").returncode == 0
    (tmp_path / "in.bin").write_bytes(b"hello")
    assert _output(tool) == b"hello"
    bundling.write_json(tmp_path / "src" / "app.x07.json", TUTORIAL_MODULE)
    assert _output(tool) == b"write_failed"
    (tmp_path / "out").mkdir()
    assert _output(tool) == b"ok"
    assert (tmp_path / "out" / "input.bin").read_bytes() == b"hello"


def _output(tool: Tool) -> bytes:
    """What the tutorial's own line of Python gets out of a run."""
    from base64 import b64decode

    done = tool("run", "--profile", "os", "--input", "in.bin")
    assert done.returncode == 0, done.stderr.decode()
    return b64decode(json.loads(done.stdout)["solve_output_b64"])
