"""The public tutorial "Sandbox policy walkthrough", steps 0 to 3 and 6, command by command, and
what bundles of it do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.bundling import ACCEPTED, Tool, everything, run_program
from tests.unit.native.stub_sources import CC, needs_cc
from tests.walkthrough import FOLDER, Walk, output, write_module

pytestmark = needs_cc

POLICY: Final = ".x07/policies/base/cli.sandbox.base.policy.json"
GENERATED: Final = ".x07/policies/_generated"
LAYERS: Final = ["capabilities", "landlock", "no_new_privs", "rlimits", "seccomp"]

WRITES: Final = [
    "begin",
    ["let", "data", ["view.to_bytes", "b"]],
    ["let", "rc", ["std.os.fs.write_file", ["bytes.lit", "out/input.bin"], "data"]],
    ["if", ["=", "rc", 0], ["bytes.lit", "ok"], ["bytes.lit", "write_failed"]],
]
"""The body of step 3's module."""


class Demo(Walk):
    """What is changed in it, and refused."""

    def refused(self, *words: str) -> str:
        """What is said where nothing runs, and nothing is written."""
        before = everything(self.folder)
        done = self.tool(*words)
        assert (done.returncode, done.stdout) == (2, b"")
        assert everything(self.folder) == before
        return done.stderr.decode()

    def module(self, body: object, *imports: str) -> None:
        write_module(self.folder, body, *imports)

    def edit(self, section: str, **fields: object) -> None:
        path = self.folder / POLICY
        document = json.loads(path.read_text())
        document[section] |= fields
        path.write_text(json.dumps(document))


@pytest.fixture
def bare(tmp_path: Path, x07_cache: Path) -> Demo:
    """After step 0, without consent."""
    (tmp_path / "in.bin").write_bytes(b"hello")
    folder = tmp_path / FOLDER
    folder.mkdir()
    demo = Demo(Tool(folder, x07_cache))
    assert demo.tool("init").returncode == 0
    return demo


@pytest.fixture
def demo(bare: Demo) -> Demo:
    """After step 1."""
    accepted = Demo(Tool(bare.folder, bare.tool.cache, ACCEPTED))
    assert accepted.tool("policy", "init", "--template", "cli").returncode == 0
    return accepted


# -- the steps


def test_step_0_names_a_policy_that_is_not_there_yet(bare: Demo) -> None:
    manifest = json.loads((bare.folder / "x07.json").read_text())
    assert manifest["profiles"]["sandbox"]["policy"] == POLICY
    assert not (bare.folder / POLICY).exists()
    accepted = Demo(Tool(bare.folder, bare.tool.cache, ACCEPTED))
    said = accepted.refused("run", "--profile", "sandbox", "--input", "../in.bin")
    assert "missing policy file" in said
    assert "x07 policy init" in said


def test_step_1_and_2(demo: Demo) -> None:
    assert (demo.folder / POLICY).is_file()
    report = demo.run()
    assert output(report) == b"hello"
    assert (report["sandbox_backend"], report["policy_denials"]) == ("os", [])
    assert sorted(report["sandbox_layers"]) == LAYERS
    assert report["sandbox_layers"]["rlimits"]["in_force"]


def test_step_3_writes_below_out_and_nowhere_else(demo: Demo) -> None:
    demo.module(WRITES, "std.os.fs")
    (demo.folder / "out").mkdir()
    before = everything(demo.folder)
    assert output(demo.run()) == b"ok"
    assert everything(demo.folder) == before | {"out/input.bin": b"hello"}


def test_a_denial_is_reported_with_the_smallest_grant(demo: Demo) -> None:
    body = json.loads(json.dumps(WRITES).replace("out/input.bin", "tmp/input.bin"))
    demo.module(body, "std.os.fs")
    (demo.folder / "tmp").mkdir()
    report = demo.run()
    [denial] = report["policy_denials"]
    assert denial == {
        "operation": "os.fs.write_file",
        "target": "tmp/input.bin",
        "field": "fs.write_roots",
        "grant": 'add "tmp" to fs.write_roots',
    }
    assert not (demo.folder / "tmp/input.bin").exists()
    explained = demo.tool("policy", "explain", POLICY, "--json", "--write", "tmp/input.bin")
    [answer] = json.loads(explained.stdout)["answers"]
    assert (answer["field"], answer["grant"]) == (denial["field"], denial["grant"])
    granted = demo.tool(
        "run", "--profile", "sandbox", "--input", "../in.bin", "--allow-write-root", "tmp"
    )
    assert output(json.loads(granted.stdout)) == b"ok"
    assert (demo.folder / "tmp/input.bin").read_bytes() == b"hello"


def test_who_exits_at_once_has_its_denials_told(demo: Demo) -> None:
    """Also where it said something of the kind before."""
    lie = ["bytes.lit", json.dumps({"policy_denials": [], "sandbox_layers": {}}) + "\n"]
    caps = ["std.os.stdio.spec.caps_default_v1"]
    demo.module(
        [
            "begin",
            ["std.os.fs.stat_v1", ["bytes.lit", "/etc/passwd"], ["std.os.fs.spec.caps_default_v1"]],
            ["std.os.stdio.write_stderr_v1", lie, caps],
            ["std.os.process.exit", 3],
            ["bytes.empty"],
        ],
        "std.os.fs",
        "std.os.fs.spec",
        "std.os.stdio",
        "std.os.stdio.spec",
        "std.os.process",
    )
    report = demo.run(status=1)
    assert report["solve"]["exit_status"] == 3
    assert [one["target"] for one in report["policy_denials"]] == ["/etc/passwd"]
    assert sorted(report["sandbox_layers"]) == LAYERS


def test_hosts_are_refused_under_a_policy_without_a_network(demo: Demo) -> None:
    words = (
        "run",
        "--profile",
        "sandbox",
        "--input",
        "../in.bin",
        "--allow-host",
        "example.com:443",
    )
    assert "net.enabled=false" in demo.refused(*words)


def test_derived_policies_are_where_the_note_says(demo: Demo) -> None:
    words = ("run", "--profile", "sandbox", "--input", "../in.bin", "--allow-write-root", "tmp")
    done = demo.tool(*words)
    [path] = (demo.folder / GENERATED).iterdir()
    shown = path.relative_to(demo.folder)
    assert f"x07 run: using derived policy {shown}\n" in done.stderr.decode()
    assert json.loads(path.read_text())["fs"]["write_roots"] == ["out", "tmp"]
    first = path.read_bytes()
    demo.tool(*words)
    assert [one.read_bytes() for one in (demo.folder / GENERATED).iterdir()] == [first]


def test_step_6(demo: Demo) -> None:
    demo.module(["std.os.env.get", ["bytes.lit", "GREETING"]], "std.os.env")
    host = Demo(Tool(demo.folder, demo.tool.cache, {**ACCEPTED, "GREETING": "hi", "OTHER": "x"}))
    report = host.run(status=1)
    assert [one["field"] for one in report["policy_denials"]] == ["env.enabled"]
    host.edit("env", enabled=True)
    report = host.run(status=1)
    assert [one["field"] for one in report["policy_denials"]] == ["env.allow_keys"]
    host.edit("env", allow_keys=["GREETING"])
    assert output(host.run()) == b"hi"


def test_wrapped(demo: Demo) -> None:
    report = demo.run("--report", "wrapped")
    assert (report["world"], report["runner"]) == ("run-os-sandboxed", "os")
    assert report["report"]["sandbox_backend"] == "os"


def test_the_policy_says_what_the_language_is(demo: Demo) -> None:
    demo.module(["begin", ["unsafe", ["let", "x", 1]], ["view.to_bytes", "b"]])
    report = demo.run(status=1)
    assert report["solve"] is None
    assert "allow_unsafe" in report["compile"]["compile_error"]


# -- consent

RUN: Final = ("run", "--profile", "sandbox", "--input", "../in.bin")
BUNDLE: Final = ("bundle", "--profile", "sandbox", "--out", "dist/app")


@pytest.mark.parametrize(
    ("flags", "variables"),
    [((), {}), (("--i-accept-weaker-isolation",), {}), (("--sandbox-backend", "vm"), ACCEPTED)],
)
def test_without_a_vm_nothing_runs(
    demo: Demo, tmp_path: Path, flags: tuple[str, ...], variables: dict[str, str]
) -> None:
    """Where PATH has a compiler and no engine."""
    assert CC is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cc").symlink_to(CC)
    tool = Tool(demo.folder, demo.tool.cache, {**variables, "PATH": str(tmp_path / "bin")})
    ran = tool(*RUN, *flags)
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["exit_code"], report["solve"]) == (1, 1, None)
    assert report["compile"]["trap"].startswith("vm backend failure: no VM backend")
    assert report["sandbox_backend"] == "vm"
    said = ran.stderr.decode()
    assert "`--sandbox-backend os" in said
    assert ("accept" in said.lower()) == ((flags, variables) == ((), {}))


@pytest.mark.parametrize("words", [RUN, BUNDLE])
@pytest.mark.parametrize("backend", ["os", "none"])
def test_a_weaker_backend_without_consent(demo: Demo, words: tuple[str, ...], backend: str) -> None:
    bare = Demo(Tool(demo.folder, demo.tool.cache))
    assert "which nobody accepted" in bare.refused(*words, "--sandbox-backend", backend)


def test_no_backend_is_rlimits_alone(demo: Demo) -> None:
    """Root's processes are not counted, and its report says so."""
    layers = demo.run("--sandbox-backend", "none")["sandbox_layers"]
    rlimits = layers.pop("rlimits")
    assert rlimits["in_force"] or "limits.procs" in rlimits["detail"]
    assert not any(layer["in_force"] for layer in layers.values())


def test_layers_that_are_required(demo: Demo) -> None:
    assert "no layer `chroot`" in demo.refused(*RUN, "--require-layer", "chroot")
    said = demo.refused(*RUN, "--sandbox-backend", "none", "--require-layer", "landlock")
    assert "contradicts" in said
    assert output(demo.run("--require-layer", "rlimits")) == b"hello"


def test_artifacts_are_not_run_in_a_sandbox(demo: Demo) -> None:
    demo.run("--compiled-out", "app")
    words = ("run", "--artifact", "app", "--world", "run-os-sandboxed", "--policy", POLICY)
    assert "`--artifact`" in demo.refused(*words)


def test_the_runner_by_itself(demo: Demo) -> None:
    words = ("--project", "x07.json", "--world", "run-os-sandboxed", "--policy", POLICY)
    done = subprocess.run(
        [sys.executable, "-m", "x07bundle.cli.os_runner", *words],
        cwd=demo.folder,
        env=demo.tool.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["sandbox_backend"] == "os"


# -- limits


def test_a_limit_is_reported_by_its_field(demo: Demo) -> None:
    demo.module(["begin", ["for", "i", 0, -1, 0], ["view.to_bytes", "b"]])
    demo.edit("limits", cpu_ms=1000)
    report = demo.run("--solve-fuel", str(2**60), status=1)
    assert "limits.cpu_ms" in report["solve"]["trap"]
    assert "`limits.cpu_ms` of the policy" in report["solve"]["trap_help"]
    assert report["limit_exceeded"] == {"field": "limits.cpu_ms", "value": 1000}


def test_the_end_of_time_that_an_option_set_is_told(demo: Demo) -> None:
    """The program has its last words, as at the end of the policy's: what it was denied."""
    nap = ["for", "i", 0, 9, ["let", "slept", ["os.time.sleep_ms_v1", 1000]]]
    denied = ["let", "no", ["std.os.fs.write_file", ["bytes.lit", ".no"], ["bytes.lit", "x"]]]
    demo.module(["begin", denied, nap, ["view.to_bytes", "b"]], "std.os.fs")
    demo.edit("time", allow_sleep=True, max_sleep_ms=1000)
    options = ("--cpu-time-limit-seconds", "1", "--collect-denials")
    report = demo.run(*options, status=1)
    assert (report["solve"]["trap"], report["solve"]["exit_status"]) == ("timed out", 124)
    assert "`--cpu-time-limit-seconds`" in report["solve"]["trap_help"]
    assert report["limit_exceeded"] == {"field": "cpu_time_limit_seconds", "value": 1}
    assert [denial["target"] for denial in report["policy_denials"]] == [".no"]


# -- bundles


@pytest.fixture
def bundled(demo: Demo) -> Demo:
    demo.module(WRITES, "std.os.fs")
    (demo.folder / "out").mkdir()
    return demo


def start(demo: Demo, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["dist/app"], cwd=demo.folder, env=variables, capture_output=True, check=False, timeout=60
    )


def test_a_bundle_carries_its_policy(bundled: Demo) -> None:
    flags = ("--sandbox-backend", "os", "--i-accept-weaker-isolation", "--emit-dir", "emit")
    report = bundled.tool.bundle("dist/app", "--profile", "sandbox", *flags)
    policy = report["bundle"]["policy"]
    assert policy["base_policy"] == policy["effective_policy"] == str(bundled.folder / POLICY)
    assert policy["embedded_env_keys"][:3] == ["X07_WORLD", "X07_OS_SANDBOXED", "X07_OS_FS"]
    assert len(policy["embedded_env_keys"]) == 80
    used = bundled.folder / "emit/policy.used.json"
    assert used.read_bytes() == (bundled.folder / POLICY).read_bytes()
    done = start(bundled)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ok", b"")
    assert (bundled.folder / "out/input.bin").exists()
    assert run_program(bundled.folder / "dist/app").stdout in (b"ok", b"write_failed")


WIDER: Final = {
    "X07_OS_NET": "1",
    "X07_OS_SANDBOXED": "0",
    "X07_OS_DENY_HIDDEN": "0",
    "X07_OS_FS_WRITE_ROOTS": ".",
    "X07_OS_FS_READ_ROOTS": "/",
    "X07_OS_FS_MAX_READ_BYTES": "4294967295",
    "X07_OS_ENV_ALLOW_KEYS": "HOME",
    "X07_OS_PROC_ALLOW_SPAWN": "yes",
    "X07_OS_FS": "perhaps",
    "X07_OS_FS_READ_ROOT": "data",
    "X07_OS_DENIALS": "bogus",
}


def test_the_environment_narrows_and_never_widens(bundled: Demo) -> None:
    bundled.tool.bundle("dist/app", "--profile", "sandbox")
    for variable, value in WIDER.items():
        done = start(bundled, **{variable: value})
        assert (done.returncode, done.stdout) == (125, b"")
        assert variable.encode() in done.stderr
    assert not (bundled.folder / "out/input.bin").exists()
    done = start(bundled, X07_OS_FS="0")
    assert done.returncode == 132
    assert b"fs.enabled is false" in done.stderr
    assert start(bundled, X07_OS_FS_WRITE_ROOTS="out/deeper").stdout == b"write_failed"


def test_a_bundle_tells_of_denials_where_it_is_asked_to(bundled: Demo) -> None:
    """stderr is the program's own else."""
    bundled.tool.bundle("dist/app", "--profile", "sandbox")
    narrowed = {"X07_OS_FS_WRITE_ROOTS": "out/deeper"}
    for asked in ({}, {"X07_OS_DENIALS": ""}, {"X07_OS_DENIALS": "report"}):
        done = start(bundled, **narrowed, **asked)
        assert (done.stdout, done.stderr) == (b"write_failed", b"")
    done = start(bundled, **narrowed, X07_OS_DENIALS="stderr")
    assert done.stdout == b"write_failed"
    assert done.stderr.decode() == (
        "x07: denied: os.fs.write_file of `out/input.bin`: not under fs.write_roots; "
        'grant: add "out" to fs.write_roots\n'
    )


def test_a_plan_says_what_confines_and_writes_nothing(bundled: Demo) -> None:
    before = everything(bundled.folder)
    done = bundled.tool(*BUNDLE, "--plan", "--allow-write-root", "tmp")
    sandbox = json.loads(done.stdout)["bundle"]["sandbox"]
    assert sandbox["backend"] == "os"
    assert GENERATED in sandbox["effective_policy"]
    assert everything(bundled.folder) == before


def test_a_bundle_with_overrides(bundled: Demo) -> None:
    done = bundled.tool(*BUNDLE, "--allow-write-root", "tmp")
    effective = json.loads(done.stdout)["bundle"]["policy"]["effective_policy"]
    assert f"x07 bundle: using derived policy {effective}\n".encode() in done.stderr
    assert os.path.exists(effective)  # noqa: PTH110  a text of the report
