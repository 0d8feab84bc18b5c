"""What is wrong with the input of `x07 bundle`: an exit code, a message, and nothing written."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests import bundling
from tests.bundling import Tool, everything, module, run_program, write_json, write_project
from tests.fakes import plan
from x07bundle.policy.templates import base_policy

IS_ROOT = os.geteuid() == 0
SANDBOXED = ("--out", "dist/app", "--world", "run-os-sandboxed", "--policy", "policy.json")
ACCEPTED = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")


@pytest.fixture
def tool(tmp_path: Path, x07_cache: Path) -> Tool:
    """The tool in a project that would bundle; its temporary folder is `scratch`."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Tool(write_project(tmp_path / "demo"), x07_cache, {"TMPDIR": str(scratch)})


def entry(tool: Tool) -> Path:
    return tool.folder / "src" / "main.x07.json"


def no_project(tool: Tool) -> None:
    (tool.folder / "x07.json").unlink()


def broken_manifest(tool: Tool) -> None:
    (tool.folder / "x07.json").write_text('{"schema_version": ')


def old_manifest(tool: Tool) -> None:
    write_json(
        tool.folder / "x07.json", {**bundling.MANIFEST, "schema_version": "x07.project@0.1.0"}
    )


def broken_entry(tool: Tool) -> None:
    entry(tool).write_text('{"kind": "entry", ')


def future_entry(tool: Tool) -> None:
    write_json(entry(tool), module(bundling.ECHO, schema_version="x07.x07ast@1.0.0"))


def no_entry(tool: Tool) -> None:
    entry(tool).unlink()


def entry_that_is_a_folder(tool: Tool) -> None:
    entry(tool).unlink()
    entry(tool).mkdir()


def unknown_module(tool: Tool) -> None:
    write_json(entry(tool), module(["nowhere.f"], imports=["nowhere"]))


def entry_of_type_i32(tool: Tool) -> None:
    write_json(entry(tool), module(7))


def long_entry(tool: Tool) -> None:
    entry(tool).write_bytes(json.dumps(module(bundling.ECHO)).encode().ljust(70_000))


def binary_entry(tool: Tool) -> None:
    entry(tool).write_bytes(bytes(range(256)))


def deep_entry(tool: Tool) -> None:
    entry(tool).write_text("[" * 30_000 + "]" * 30_000)


def out_that_is_a_folder(tool: Tool) -> None:
    """Found before what is wrong with the program."""
    entry_of_type_i32(tool)
    (tool.folder / "dist" / "app" / "demo").mkdir(parents=True)


def out_below_a_file(tool: Tool) -> None:
    """Found before what is wrong with the program."""
    (tool.folder / "dist").write_bytes(b"")
    entry_of_type_i32(tool)


def a_policy(tool: Tool) -> None:
    (tool.folder / "policy.json").write_bytes(base_policy("cli"))


def nothing(tool: Tool) -> None:
    pass


@dataclass(frozen=True)
class Bad:
    """`text` is part of stderr; `report` whether stdout has one, with `compile.ok` false."""

    spoil: Callable[[Tool], None]
    exit_code: int
    text: str
    arguments: tuple[str, ...] = ("--out", "dist/app")
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_report(self) -> bool:
        return self.exit_code == 1


def with_options(text: str, options: str) -> Bad:
    """Options that are refused."""
    return Bad(nothing, 2, text, ("--out", "dist/app", *options.split()))


BAD = {
    "missing project": Bad(no_project, 2, "no project found"),
    "manifest is no json": Bad(broken_manifest, 2, "[X07PROJECT_PARSE]"),
    "manifest of another version": Bad(old_manifest, 2, "schema_version mismatch"),
    "entry is no json": Bad(broken_entry, 1, "main.x07.json"),
    "entry is binary": Bad(binary_entry, 1, "main.x07.json"),
    "entry of a later version": Bad(future_entry, 1, "x07.x07ast@1.0.0"),
    "entry nests too deep": Bad(deep_entry, 1, "main.x07.json"),
    "entry that is not there": Bad(no_entry, 2, "main.x07.json"),
    "entry that is a folder": Bad(entry_that_is_a_folder, 2, "main.x07.json"),
    "unknown module": Bad(unknown_module, 1, 'unknown module: "nowhere"'),
    "entry of type i32": Bad(entry_of_type_i32, 1, "i32"),
    "70,000 bytes of source": Bad(long_entry, 1, "max_source_bytes=65536"),
    "out that is a folder": Bad(out_that_is_a_folder, 2, "dist/app/demo"),
    "out below a file": Bad(out_below_a_file, 2, "dist"),
    "no out": Bad(nothing, 2, "missing `--out <PATH>`", ()),
    "project that is not there": with_options("none.json", "--project none.json"),
    "module roots of a project": with_options("--module-root", "--module-root src"),
    "program without roots": with_options("--module-root", "--program src/main.x07.json"),
    "program of another kind": with_options(".x07.json", "--program x07.json --module-root src"),
    "unknown profile": with_options("(available: os)", "--profile sandbox"),
    "world without a policy": with_options("requires a policy", "--world run-os-sandboxed"),
    "policy without a vm": Bad(
        a_policy, 126, "no VM backend", SANDBOXED, {"PATH": "/none", "X07_VM_BACKEND": "auto"}
    ),
    "weaker than a vm": Bad(a_policy, 2, "nobody accepted", (*SANDBOXED, "--sandbox-backend=os")),
    "options of a vm": Bad(
        a_policy, 2, "is for VM bundles", (*SANDBOXED, *ACCEPTED, "--payload-build", "host")
    ),
    "options of a vm without a sandbox": with_options("--payload-build", "--payload-build host"),
    "a derived policy": Bad(
        a_policy, 2, "no C compiler found",
        (*SANDBOXED, *ACCEPTED, "--allow-read-root", "src"), {"PATH": "/none"},
    ),
    "policy of nothing": with_options("`--policy`", "--policy policy.json"),
    "consent to nothing": with_options("`--i-accept-weak", "--i-accept-weaker-isolation"),
    "a grant to nothing": with_options("`--allow-host`", "--allow-host example.com:443"),
    "repair": with_options("--repair", "--repair write"),
    "limit that is no number": with_options("--solve-fuel", "--solve-fuel much"),
    "too much c": Bad(nothing, 1, "max_c_bytes", ("--out", "a", "--max-c-bytes", "10")),
    "compiler that is not there": Bad(nothing, 2, "`X07_CC`", variables={"X07_CC": "/none/cc"}),
    "no compiler at all": Bad(nothing, 2, "no C compiler found", variables={"PATH": "/none"}),
    "variable that is no number": Bad(nothing, 2, "X07_MAX", variables={"X07_MAX_LOCALS": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_nothing_is_written(tool: Tool, bad: Bad) -> None:
    bad.spoil(tool)
    before = everything(tool.folder.parent)
    done = replace(tool, variables={**tool.variables, **bad.variables})("bundle", *bad.arguments)
    stderr = done.stderr.decode()
    assert (done.returncode, bad.text in stderr) == (bad.exit_code, True), stderr
    assert "Traceback" not in stderr
    assert everything(tool.folder.parent) == before
    if bad.has_report:
        assert json.loads(done.stdout)["report"]["compile"]["ok"] is False
    else:
        assert done.stdout == b""


def test_a_failure_keeps_what_was_there(tool: Tool) -> None:
    tool.bundle("dist/app")
    entry_of_type_i32(tool)
    assert tool("bundle", "--out", "dist/app").returncode == 1
    assert run_program(tool.folder / "dist" / "app").stdout == bundling.argv_v1(["app"])


def test_a_program_that_does_not_compile_is_not_attested(tool: Tool) -> None:
    entry_of_type_i32(tool)
    done = tool("bundle", "--out", "app", "--emit-attestation", "attest.json", "--emit-dir", "out")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"`--emit-attestation` requires a successful bundle" in done.stderr
    assert sorted(path.name for path in tool.folder.iterdir()) == ["src", "x07.json"]


def test_only_a_handful_of_findings_is_shown(tool: Tool) -> None:
    write_json(
        entry(tool), module(["begin", *[["nothing.here", k] for k in range(40)], ["bytes.empty"]])
    )
    done = tool("bundle", "--out", "app")
    assert done.returncode == 1
    assert done.stderr.decode().count("error[") == 4
    assert "`x07 check`" in done.stderr.decode()


def test_a_compiler_that_fails(tool: Tool, tmp_path: Path, planned_cc: Path) -> None:
    """It compiles the runtime, and not the program."""
    failure = plan(planned_cc, tmp_path / "plan", "echo no such luck >&2; exit 3")
    failing = replace(tool, variables={**tool.variables, **failure})
    before = everything(tool.folder)
    done = failing("bundle", "--out", "dist/app")
    assert done.returncode == 1
    assert "no such luck" in done.stderr.decode()
    compiled = json.loads(done.stdout)["report"]["compile"]
    assert (compiled["ok"], compiled["exit_status"]) == (False, 3)
    assert compiled["compile_error"].startswith("C toolchain failed (exit=3)")
    assert everything(tool.folder) == before


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_interrupted_half_way(
    tool: Tool, tmp_path: Path, planned_cc: Path, number: signal.Signals, exit_code: int
) -> None:
    started = tmp_path / "started"
    script = f"echo $$ >'{started}.new'; mv '{started}.new' '{started}'; exec sleep 300"
    slow = plan(planned_cc, tmp_path / "plan", script)
    before = everything(tool.folder), everything(tmp_path / "scratch")
    slow_tool = replace(tool, variables={**tool.variables, **slow})
    child = slow_tool.start("bundle", "--out", "dist/app")
    bundling.wait_for(started)
    code, stderr = bundling.interrupt(child, number)
    assert code == exit_code, stderr
    assert "Traceback" not in stderr
    assert (everything(tool.folder), everything(tmp_path / "scratch")) == before
    assert not bundling.is_alive(int(started.read_text()))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 KiB."""
    if not IS_ROOT:
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_where_the_output_goes(tool: Tool, small_disk: Path) -> None:
    done = tool("bundle", "--out", str(small_disk / "deep" / "app"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert "no space left on device" in done.stderr.decode()
    assert everything(small_disk) == {}


def test_a_full_disk_where_the_report_goes(tool: Tool, small_disk: Path) -> None:
    done = tool("bundle", "--out", "dist/app", "--emit-dir", str(small_disk / "out"), "--static")
    if done.returncode == 0:
        pytest.skip("the sources fit into 8 KiB")
    assert done.returncode == 2
    assert not (tool.folder / "dist").exists()
    assert everything(small_disk) == {}


def test_a_full_disk_where_the_compiler_works(tool: Tool, small_disk: Path) -> None:
    before = everything(tool.folder)
    full = replace(tool, variables={**tool.variables, "TMPDIR": str(small_disk)})
    done = full("bundle", "--out", "dist/app")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "no space left on device" in done.stderr.decode()
    assert everything(tool.folder) == before
    assert everything(small_disk) == {}


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that even root cannot write to, where the machine allows one."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    if not IS_ROOT:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=8k", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


OUTPUTS = [("--out",), ("--out", "app", "--emit-dir"), ("--out", "app", "--emit-attestation")]


@pytest.mark.parametrize("words", OUTPUTS, ids=lambda words: words[-1])
@pytest.mark.parametrize("more", [(), ("--plan",)], ids=["build", "plan"])
def test_a_folder_that_is_read_only(
    tool: Tool, read_only_folder: Path, words: tuple[str, ...], more: tuple[str, ...]
) -> None:
    """Nothing was compiled: there is no compiler."""
    before = everything(tool.folder)
    bare = replace(tool, variables={**tool.variables, "PATH": "/none"})
    done = bare("bundle", *words, f"{read_only_folder}/deep", *more)
    assert (done.returncode, done.stdout) == (2, b"")
    said = done.stderr.decode()
    assert f"cannot write `{read_only_folder}/deep" in said
    assert "hint:" in said
    assert everything(read_only_folder) == {}
    assert everything(tool.folder) == before


def test_a_folder_that_others_own(tool: Tool, tmp_path: Path) -> None:
    """Root has to give up its power over files first."""
    if IS_ROOT and shutil.which("setpriv") is None:
        pytest.skip("`setpriv` is not here")
    powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if IS_ROOT else []
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    done = subprocess.run(
        [*powerless, *bundling.X07, "bundle", "--out", str(folder / "app")],
        cwd=tool.folder,
        env=tool.environment,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"{folder}" in done.stderr.decode()
    assert "permission denied" in done.stderr.decode()
    assert "hint:" in done.stderr.decode()
    assert everything(folder) == {}


def test_a_cache_that_cannot_be_written(tool: Tool, read_only_folder: Path) -> None:
    done = replace(tool, cache=read_only_folder)("bundle", "--out", "dist/app")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "X07_CACHE_DIR" in done.stderr.decode()
    assert not (tool.folder / "dist").exists()


def test_stdout_that_is_full_is_an_error(tool: Tool) -> None:
    with Path("/dev/full").open("wb") as full:
        done: subprocess.CompletedProcess[Any] = subprocess.run(
            [*bundling.X07, "bundle", "--out", "app"],
            cwd=tool.folder,
            env=tool.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    said = done.stderr.decode()
    assert said.startswith(
        "error: cannot write to standard output: no space left on device\nhint: "
    )
    assert said.count("error:") == 1
    assert subprocess.run([tool.folder / "app"], check=False, capture_output=True).returncode == 0
