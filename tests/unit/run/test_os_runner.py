"""`x07-os-runner`, which asks for everything by name."""

import pytest

from tests.unit.native.stub_sources import needs_cc
from tests.unit.run.tool import Refused, Tool
from x07bundle.cli.os_runner import command

pytestmark = needs_cc


def test_project_program_and_artifact(tool: Tool) -> None:
    (tool.folder / "in.bin").write_bytes(b"hello")
    ran = tool.os_runner("--project", "x07.json", "--input", "in.bin", "--world", "run-os")
    assert (ran.status, ran.output, ran.report["mode"]) == (0, b"hello", "project-compile-run")
    program = ("--program", "src/main.x07.json", "--module-root", "src")
    ran = tool.os_runner(*program, "--compiled-out", "app")
    assert (ran.status, ran.output, ran.report["mode"]) == (0, b"", "compile-run")
    ran = tool.os_runner("--artifact", "app", "--input", "in.bin")
    assert (ran.status, ran.output, ran.report["mode"]) == (0, b"hello", "run-os")


def test_a_project_has_a_lockfile(tool: Tool) -> None:
    lock = tool.folder / "x07.lock.json"
    data = lock.read_bytes()
    lock.unlink()
    ran = tool.os_runner("--project", "x07.json")
    assert (ran.status, ran.stdout) == (2, b"")
    assert ran.stderr.startswith("error: missing lockfile: cannot read `x07.lock.json` [X07LOCK_R")
    lock.write_bytes(data)
    assert tool.os_runner("--project", "x07.json").status == 0


def test_profiles_are_not_its_business(tool: Tool) -> None:
    tool.change(default_profile="sandbox")
    assert tool.os_runner("--project", "x07.json").status == 0


def test_stdin_is_not_read(tool: Tool) -> None:
    assert tool.os_runner("--project", "x07.json").output == b""


@pytest.mark.parametrize("target", [("--project", "x07.json"), ("--program", "src/main.x07.json")])
def test_compile_only(tool: Tool, target: tuple[str, ...]) -> None:
    ran = tool.os_runner(*target, "--compile-only", "--compiled-out", "app")
    assert (ran.status, ran.report["solve"]) == (0, None)
    assert (tool.folder / "app").exists()


def test_a_module_is_no_program(tool: Tool) -> None:
    ran = tool.os_runner("--program", "src/app.x07.json")
    assert (ran.status, ran.report["exit_code"]) == (1, 1)
    assert "this file is a module" in ran.report["compile"]["compile_error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "set exactly one of `--artifact`, `--program`, or `--project`"),
        (("--project", "x07.json", "--artifact", "a"), "set exactly one of"),
        (("--project", "x07.json", "--world", "solve-fs"), "incompatible with --world solve-fs"),
        (("--project", "x07.json", "--policy", "p"), "`--policy` is only valid for --world"),
        (("--artifact", "no"), "no executable at `no`"),
        (("--artifact", "x07.json"), "cannot execute"),
        (("--project", "x07.json", "--module-root", "src"), "only valid with `--program`"),
    ],
)
def test_refused(refused: Refused, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(command, arguments)


def test_an_output_never_replaces_what_is_run(tool: Tool) -> None:
    before = (tool.folder / "x07.json").read_bytes()
    ran = tool.os_runner("--project", "x07.json", "--compiled-out", "x07.json")
    assert (ran.status, ran.stdout) == (2, b"")
    assert "`x07.json` would be overwritten" in ran.stderr
    assert (tool.folder / "x07.json").read_bytes() == before


def test_an_error_as_it_is_printed(tool: Tool) -> None:
    ran = tool.os_runner("--project", "nowhere")
    assert (ran.status, ran.stdout) == (2, b"")
    assert ran.stderr.startswith("error: no project at `nowhere`\nhint: ")


def test_help_and_version(tool: Tool) -> None:
    assert b"--artifact" in tool.os_runner("--help").stdout
    assert tool.os_runner("--version").stdout.startswith(b"x07-os-runner ")
