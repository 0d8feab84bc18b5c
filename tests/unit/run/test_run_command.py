"""`x07 run`, from options to the report."""

import base64
import json
import random
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fakes import plan
from tests.unit.native.stub_sources import calls, needs_cc
from tests.unit.run.tool import Refused, Tool, refusal
from x07bundle.cli.run import command

ECHO = ["view.to_bytes", "input"]
TRAP = ["begin", ["view.get_u8", "input", 5], ECHO]

pytestmark = needs_cc


def test_the_tutorials_project(tool: Tool) -> None:
    (tool.folder / "in.bin").write_bytes(b"hello")
    ran = tool.run("--profile", "os", "--input", "in.bin")
    assert (ran.status, ran.stderr, ran.output) == (0, "", b"hello")
    assert ran.report["mode"] == "project-compile-run"
    assert ran.report["solve"]["solve_output_b64"] == ran.report["solve_output_b64"]
    assert ran.report["solve"]["mem_stats"]["live_allocs"] == 0


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (("--stdin",), b"from stdin", b"from stdin"),
        ((), b"from a pipe", b"from a pipe"),
        (("--input-b64", "aGk="), b"from a pipe", b"hi"),
        (("--", "a", "--input"), b"", b"\2\0\0\0\1\0\0\0a\7\0\0\0--input"),
    ],
)
def test_inputs(tool: Tool, arguments: tuple[str, ...], stdin: bytes, expected: bytes) -> None:
    assert tool.run(*arguments, stdin=stdin).output == expected


def test_the_profiles_values_hold_where_no_option_does(tool: Tool) -> None:
    (tool.folder / "profile.bin").write_bytes(b"of the profile")
    profile = {"world": "run-os", "input": "profile.bin", "solve_fuel": 1}
    tool.change(profiles={"os": profile}, default_profile="os")
    ran = tool.run()
    assert (ran.status, ran.report["solve"]["trap"]) == (1, "fuel exhausted")
    assert tool.run("--solve-fuel", "1000").output == b"of the profile"


def test_an_unchanged_program_is_not_compiled_again(
    tool: Tool, tmp_path: Path, planned_cc: Path
) -> None:
    log = tmp_path / "log"
    logging = plan(planned_cc, tmp_path / "plan", f'echo "$*" >> {log}')
    tool = replace(tool, variables=tool.variables | logging)
    words = random.randbytes(8).hex()
    tool.solve(["bytes.lit", words])
    first = tool.run()
    assert (first.output, len(calls(log))) == (words.encode(), 1)
    main = tool.folder / "src/main.x07.json"
    main.write_text(json.dumps(json.loads(main.read_text()), indent=4))
    second = tool.run()
    assert len(calls(log)) == 1
    assert first.stdout == second.stdout
    tool.solve(["bytes.lit", f"other {words}"])
    assert tool.run().output == f"other {words}".encode()
    assert len(calls(log)) == 2


def test_a_trap(tool: Tool) -> None:
    tool.solve(TRAP)
    ran = tool.run()
    trap = ran.report["solve"]["trap"]
    assert (ran.status, ran.report["exit_code"], ran.output) == (1, 1, b"")
    assert trap.startswith("view.get_u8 oob ptr=/solve/")
    assert ran.stderr == f"error: the program failed: {trap}\n"
    assert ran.report["solve"]["exit_status"] == 132


def test_a_heap_limit(tool: Tool) -> None:
    tool.solve(["begin", ["bytes.alloc", 4096], ECHO])
    assert tool.run().status == 0
    ran = tool.run("--max-memory-bytes", "1024")
    assert ran.report["solve"]["trap"].startswith("out of memory")
    assert "--max-memory-bytes" in ran.report["solve"]["trap_help"]
    assert "hint: the heap limit is 1024 bytes" in ran.stderr


def test_options_that_scripts_give_are_accepted(tool: Tool) -> None:
    words = ("--offline", "--world", "run-os", "--compat", "0.5", "--os", "--repair", "off")
    more = ("--repair-max-iters", "3", "--auto-ffi")
    assert tool.run(*words, *more, stdin=b"x").output == b"x"


def test_zero_is_no_limit(tool: Tool) -> None:
    tool.solve(["begin", ["bytes.alloc", 70_000_000], ECHO])
    limits = ("--solve-fuel", "0", "--max-memory-bytes", "0", "--cpu-time-limit-seconds", "0")
    assert tool.run(*limits, stdin=b"x").output == b"x"


def test_an_output_limit(tool: Tool) -> None:
    assert tool.run("--max-output-bytes", "2", stdin=b"12").output == b"12"
    ran = tool.run("--max-output-bytes", "2", stdin=b"123")
    assert ran.report["solve"]["trap"].startswith("native output too large: 3")
    assert tool.run("--max-output-bytes", "0", stdin=b"1" * 2_000_000).output == b"1" * 2_000_000


def test_a_program_that_is_not_accepted(tool: Tool) -> None:
    wrong = ["begin", *([["set", f"x{i}", 1] for i in range(6)]), ECHO]
    tool.solve(wrong)
    ran = tool.run()
    compiled = ran.report["compile"]
    assert (ran.status, compiled["ok"], ran.report["solve"]) == (1, False, None)
    assert ran.output == b""
    assert len(compiled["diagnostics"]) == 6
    assert ran.stderr.count("error[") == 4
    assert "2 more: `x07 check`" in ran.stderr
    assert "src/main.x07.json" in ran.stderr


def test_a_c_compiler_that_fails(tool: Tool, tmp_path: Path, planned_cc: Path) -> None:
    failure = plan(planned_cc, tmp_path / "plan", 'echo "said by cc" >&2; exit 3')
    failing = replace(tool, variables=tool.variables | failure)
    ran = failing.run("--compiled-out", "out/app")
    compiled = ran.report["compile"]
    assert (ran.status, compiled["exit_status"]) == (1, 3)
    assert compiled["compile_error"] == "C toolchain failed (exit=3)"
    assert base64.b64decode(compiled["stderr_b64"]) == b"said by cc\n"
    assert ran.stderr == "error: C toolchain failed (exit=3)\n  said by cc\n"
    assert not (tool.folder / "out").exists()


@pytest.mark.skipif(find_spec("ziglang") is not None, reason="zig is installed beside Python")
def test_no_c_compiler(tool: Tool, tmp_path: Path) -> None:
    ran = tool.run(PATH=str(tmp_path), X07_CACHE_DIR=str(tmp_path / "cache"))
    assert (ran.status, ran.stdout) == (2, b"")
    assert "error: no C compiler found" in ran.stderr
    assert "hint: " in ran.stderr


def test_compiled_out_and_artifact(tool: Tool) -> None:
    ran = tool.run("--compiled-out", "out/app", stdin=b"1")
    assert ran.report["compile"]["compiled_exe"] == "out/app"
    assert ran.report["compile"]["compiled_exe_size"] == (tool.folder / "out/app").stat().st_size
    assert [path.name for path in (tool.folder / "out").iterdir()] == ["app"]
    again = tool.run("--artifact", "out/app", stdin=b"2")
    assert (again.status, again.output, again.report["mode"]) == (0, b"2", "run-os")
    assert "compile" not in again.report


def test_an_executable_that_cannot_be_placed(tool: Tool) -> None:
    ran = tool.run("--compiled-out", "src")
    assert (ran.status, ran.stdout) == (2, b"")
    assert ran.stderr.startswith("error: cannot write `src`: is a directory\nhint: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--compiled-out", "x07.json"),
        ("--report-out", "src/../x07.json"),
        ("--report-out", "src/main.x07.json"),
        ("--input", "in.bin", "--report-out", "in.bin"),
        ("--compiled-out", "r", "--report-out", "r"),
    ],
)
def test_an_output_never_replaces_what_is_run(
    tool: Tool, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tool.folder)
    (tool.folder / "in.bin").write_bytes(b"hello")
    before = {path: path.read_bytes() for path in tool.folder.rglob("*") if path.is_file()}
    assert f"`{arguments[-1]}` would be overwritten" in refusal(command, arguments)
    assert {path: path.read_bytes() for path in tool.folder.rglob("*") if path.is_file()} == before


def test_a_program_with_its_roots(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tool.folder / "src/app.x07.json").rename(tmp_path / "lib/app.x07.json")
    ran = tool.run("--program", "src/main.x07.json", "--module-root", "../lib", stdin=b"x")
    assert (ran.output, ran.report["mode"]) == (b"x", "compile-run")
    assert tool.run("--program", "src/main.x07.json").status == 1


def test_the_program_runs_in_its_project(tool: Tool, tmp_path: Path) -> None:
    write = ["std.os.fs.write_file", ["bytes.lit", "out/here"], ["view.to_bytes", "input"]]
    tool.solve(["begin", ["let", "code", write], ECHO], "std.os.fs")
    (tool.folder / "out").mkdir()
    other = Tool(tmp_path, tool.variables)
    assert other.run("--project", "hello", stdin=b"x").status == 0
    assert (tool.folder / "out/here").read_bytes() == b"x"


def test_reports(tool: Tool) -> None:
    ran = tool.run("--report-out", "a/report.json", "--quiet-json")
    assert (ran.status, ran.stdout) == (0, b"")
    plain = (tool.folder / "a/report.json").read_bytes()
    ran = tool.run("--report-out", "report.json")
    assert (tool.folder / "report.json").read_bytes() == ran.stdout == plain
    ran = tool.run("--report", "wrapped")
    assert ran.report["schema_version"] == "x07.run.report@0.3.0"
    assert ran.report["report"] == json.loads(plain)
    assert list(ran.report) == ["schema_version", "runner", "world", "target", "report"]
    assert ran.report["target"]["resolved_module_roots"][0] == "src"
    assert plain.rstrip() in ran.stdout


def test_accepted_without_effect(tool: Tool) -> None:
    words = ("--offline", "--auto-ffi", "--compat", "0.5", "--repair", "off", "--os")
    assert tool.run(*words, stdin=b"x").output == b"x"


def test_a_program_as_an_argument(tool: Tool) -> None:
    """After `--` it is one."""
    assert tool.run("--", "src/main.x07.json").output.endswith(b"src/main.x07.json")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--project", "nowhere"), "no project at `nowhere`"),
        (("--profile", "nope"), 'unknown profile "nope" (available: os, sandbox)'),
        (("--world", "solve-pure"), "os runner is incompatible with --world solve-pure"),
        (("--host",), "os runner is incompatible with --world solve-pure"),
        (("--host", "--os"), "`--host` and `--os` are mutually exclusive"),
        (("--runner", "host"), "host runner is incompatible with --world run-os"),
        (("--policy", "p.json"), "`--policy` is only valid for --world run-os-sandboxed"),
        (("--allow-host", "a:1"), "`--allow-host` is only valid for --world"),
        (("--sandbox-backend", "os"), "`--sandbox-backend` is only valid for --world"),
        (("--repair", "write"), "`--repair write`: not available"),
        (("--debug-borrow-checks",), "`--debug-borrow-checks`: not available"),
        (("--quiet-json",), "`--quiet-json` needs `--report-out PATH`"),
        (("--report-out", "-"), "`--report-out` takes a file"),
        (("--compat", "many"), "`many` is none of current, strict"),
        (("--input", "no.bin"), "cannot read `no.bin`"),
        (("--input-b64", "?"), "`--input-b64` is not base64"),
        (("--stdin", "--", "a"), "the input comes from one source"),
        (("--solve-fuel", "-1"), "`-1` is not a number from 0"),
        (("--solve-fuel", "9" * 5000), "is not a number from 0"),
        (("--no-such-option",), "No such option"),
        (("src/main.x07.json",), "would be an argument of the program"),
    ],
)
def test_refused(refused: Refused, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(command, arguments)


def test_an_error_as_it_is_printed(tool: Tool) -> None:
    ran = tool.run("--project", "nowhere")
    assert (ran.status, ran.stdout) == (2, b"")
    assert ran.stderr.startswith("error: no project at `nowhere`\nhint: ")


@pytest.mark.parametrize("variable", ["X07_MAX_C_BYTES", "X07_MAX_AST_NODES"])
def test_limits_of_the_compiler_from_the_environment(tool: Tool, variable: str) -> None:
    assert tool.run(stdin=None, **{variable: "1"}).status == 1
    ran = tool.run(stdin=None, **{variable: "one"})
    assert (ran.status, variable in ran.stderr) == (2, True)
    assert tool.run("--max-c-bytes", "1000000", X07_MAX_C_BYTES="1").status == 0
