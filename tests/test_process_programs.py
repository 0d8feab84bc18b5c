"""Programs that start others and talk with their users, from files on disk to executables: what a
policy grants runs with every layer of the kernel in force, and what it does not is held by each."""

import base64
import contextlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bundling import ACCEPTED, DEADLINE_SECONDS, Tool, write_project
from tests.unit.native.stub_sources import needs_cc

pytestmark = needs_cc

POLICY: Final = ".x07/policies/base/worker-parallel.sandbox.base.policy.json"
PROFILES: Final = {
    "os": {"world": "run-os"},
    "sandbox": {"world": "run-os-sandboxed", "policy": POLICY},
}

REQ, CAPS, PROCESS = "std.os.process.req_v1", "std.os.process.caps_v1", "std.os.process"
PROCESS_IMPORTS: Final = [PROCESS, CAPS, REQ]
RUN_INPUT: Final = [
    "begin",
    ["let", "req", [f"{REQ}.new", ["view.to_bytes", "input"]]],
    ["set", "req", [f"{REQ}.arg", "req", ["bytes.lit", "word"]]],
    ["let", "caps", [f"{CAPS}.finish", 1000, 1000, 0, 0]],
    ["let", "doc", [f"{PROCESS}.run_capture_v1", [f"{REQ}.finish", "req"], "caps"]],
    ["let", "out", [f"{PROCESS}.resp_stdout", "doc"]],
    ["let", "err", [f"{PROCESS}.resp_stderr", "doc"]],
    ["let", "code", ["fmt.u32_to_dec", [f"{PROCESS}.err_code", "doc"]]],
    ["bytes.concat", "code", ["bytes.concat", ["bytes.lit", ":"], ["bytes.concat", "out", "err"]]],
]
"""Runs the program that the input names: its error, 0 if none, and what it wrote."""

STDIO: Final = ["std.os.stdio", "std.os.stdio.spec"]
NUMBERED: Final = [
    "begin",
    ["let", "count", 0],
    ["let", "more", 1],
    [
        "while",
        "more",
        [
            "begin",
            ["let", "line", ["std.os.stdio.read_line_v1", ["std.os.stdio.spec.caps_default_v1"]]],
            ["set", "more", ["result_bytes.is_ok", "line"]],
            ["set", "count", ["+", "count", "more"]],
            ["let", "text", ["result_bytes.unwrap_or", "line", ["bytes.empty"]]],
            ["let", "number", ["bytes.concat", ["fmt.u32_to_dec", "count"], ["bytes.lit", " "]]],
            ["let", "said", ["bytes.concat", "number", ["bytes.concat", "text", ["bytes1", 10]]]],
            [
                "if",
                "more",
                [
                    "result_i32.unwrap_or",
                    ["std.os.stdio.write_stdout_v1", "said", ["std.os.stdio.spec.caps_default_v1"]],
                    0,
                ],
                0,
            ],
        ],
    ],
    ["bytes.lit", "end\n"],
]
"""Says each line of its input with its number, and that there are no more."""


@dataclass(frozen=True)
class Worker:
    """A project under the policy of the template, whose programs are in `deps/x07/`."""

    tool: Tool

    def run(self, program: str) -> tuple[bytes, dict[str, Any]]:
        (self.tool.folder / "in.bin").write_text(program)
        done = self.tool("run", "--profile", "sandbox", "--input", "in.bin")
        assert done.returncode == 0, done.stderr.decode()
        report = json.loads(done.stdout)
        return base64.b64decode(report["solve_output_b64"]), report


def project(folder: Path, cache: Path, solve: object, imports: list[str]) -> Tool:
    write_project(folder, solve, profiles=PROFILES)
    path = folder / "src" / "main.x07.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "imports": imports}))
    tool = Tool(folder, cache, ACCEPTED)
    assert tool("policy", "init", "--template", "worker-parallel").returncode == 0
    return tool


@pytest.fixture
def worker(tmp_path: Path, x07_cache: Path) -> Worker:
    tool = project(tmp_path / "demo", x07_cache, RUN_INPUT, PROCESS_IMPORTS)
    programs = tool.folder / "deps" / "x07"
    programs.mkdir(parents=True)
    for name in ("echo", "sh"):
        found = shutil.which(name)
        assert found is not None
        shutil.copy(Path(found).resolve(), programs / name)
    script = programs / "script"
    script.write_text("#!deps/x07/sh\necho got $1; env\n")
    script.chmod(0o755)
    (programs / "link").symlink_to(shutil.which("env") or "/usr/bin/env")
    return Worker(tool)


def test_what_is_granted_runs_with_every_layer_in_force(worker: Worker) -> None:
    said, report = worker.run("deps/x07/echo")
    assert said == b"0:word\n"
    assert report["policy_denials"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is in Linux")
def test_what_a_granted_program_starts_is_held_by_the_kernel(worker: Worker) -> None:
    said, report = worker.run("deps/x07/script")
    assert said.startswith(b"0:got word\n")
    if not report["sandbox_layers"]["landlock"]["in_force"]:
        pytest.skip("no Landlock in this kernel")
    assert b"env: Permission denied" in said


@pytest.mark.parametrize("program", ["/usr/bin/env", "deps/x07/link", "deps/x07/../../../sh"])
def test_what_is_not_granted_is_denied_and_told(worker: Worker, program: str) -> None:
    said, report = worker.run(program)
    assert said == b"1:"
    [denial] = report["policy_denials"]
    assert denial["operation"] == "os.process.run_capture_v1"
    assert denial["target"] == program
    assert denial["field"].startswith("process.allow_exec")


# -- time

FOREVER: Final = "987654"
"""Seconds, by which a process of the test is known."""


def sleepers() -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            found += [folder.name] if FOREVER.encode() in words else []
    return found


def wait_until_gone() -> bool:
    """A kill takes effect a moment after it was sent."""
    end = time.monotonic() + DEADLINE_SECONDS
    while sleepers() and time.monotonic() < end:
        time.sleep(0.01)
    return not sleepers()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read")
def test_a_run_that_takes_too_long_leaves_nobody_and_tells(worker: Worker) -> None:
    """Neither what it started nor what that left behind."""
    programs = worker.tool.folder / "deps" / "x07"
    shutil.copy(Path(shutil.which("sleep") or "/bin/sleep").resolve(), programs / "sleep")
    sleep = f"deps/x07/sleep {FOREVER}"
    (programs / "script").write_text(f"#!deps/x07/sh\n{sleep} &\n{sleep} & wait\n")
    policy = worker.tool.folder / POLICY
    document = json.loads(policy.read_text())
    document["limits"]["wall_ms"] = 1500
    policy.write_text(json.dumps(document))
    (worker.tool.folder / "in.bin").write_text("deps/x07/script")
    done = worker.tool("run", "--profile", "sandbox", "--input", "in.bin")
    report = json.loads(done.stdout)
    assert "`limits.wall_ms` of the policy, 1500" in report["solve"]["trap_help"]
    assert "rlimits" in report["sandbox_layers"]
    assert wait_until_gone()


def leave_behind(worker: Worker, *lines: str) -> dict[str, Any]:
    """The report of a run whose program starts a script of these lines. `sleep` is for ever."""
    programs = worker.tool.folder / "deps" / "x07"
    for name in ("sleep", "setsid"):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"no `{name}` here")
        shutil.copy(Path(found).resolve(), programs / name)
    text = "\n".join(lines).replace("sleep", f"deps/x07/sleep {FOREVER}")
    (programs / "script").write_text(f"#!deps/x07/sh\n{text}\n")
    (worker.tool.folder / "in.bin").write_text("deps/x07/script")
    done = worker.tool("run", "--profile", "sandbox", "--input", "in.bin")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read")
def test_what_is_started_has_no_session_of_its_own(worker: Worker) -> None:
    report = leave_behind(worker, "deps/x07/setsid deps/x07/echo no 2>&1", "sleep >&- 2>&- &")
    assert report["solve"]["exit_status"] == 0
    said = base64.b64decode(report["solve_output_b64"])
    assert (b"no\n" in said) is not report["sandbox_layers"]["seccomp"]["in_force"]
    assert wait_until_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read")
def test_a_run_whose_program_is_killed_leaves_nobody(worker: Worker) -> None:
    """Nothing of it was left to end what it had started."""
    report = leave_behind(worker, "sleep >&- 2>&- &", "kill -9 $PPID", "sleep")
    assert report["solve"]["trap"] == "terminated by signal 9"
    assert wait_until_gone()


# -- filters


def filter_lines(program: Path, data: bytes) -> bytes:
    done = subprocess.run(
        [program], input=data, env={}, capture_output=True, check=True, timeout=DEADLINE_SECONDS
    )
    return done.stdout


@pytest.mark.parametrize("profile", ["os", "sandbox"])
def test_a_filter(tmp_path: Path, x07_cache: Path, profile: str) -> None:
    tool = project(tmp_path / "demo", x07_cache, NUMBERED, STDIO)
    tool.bundle("dist/number", "--profile", profile)
    program = tool.folder / "dist" / "number"
    assert filter_lines(program, b"") == b"end\n"
    assert filter_lines(program, b"a\r\n\nlast") == b"1 a\n2 \n3 last\nend\n"


def test_a_filter_answers_each_line(tmp_path: Path, x07_cache: Path) -> None:
    """Before the next one comes."""
    tool = project(tmp_path / "demo", x07_cache, NUMBERED, STDIO)
    tool.bundle("dist/number", "--profile", "os")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [tool.folder / "dist" / "number"], stdin=pipe, stdout=pipe, env={}
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for number in (1, 2):
            program.stdin.write(b"line\n")
            program.stdin.flush()
            assert program.stdout.readline() == b"%d line\n" % number
        program.stdin.close()
        assert program.stdout.read() == b"end\n"
    assert program.returncode == 0
