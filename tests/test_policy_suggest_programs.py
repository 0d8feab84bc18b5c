"""From a template to the least policy: `x07 run` and `x07 policy suggest --write`, again and again,
end in a policy under which a program works, and does not work with any grant of it taken away.

A grant is taken away by an item of a list, a switch, one unit of a number. How long a program may
run that a policy starts for the first time is told by runs that collect denials alone.
"""

import base64
import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.bundling import ACCEPTED, Tool
from tests.unit.native.stub_sources import needs_cc
from x07bundle.policy.granting import operations
from x07bundle.policy.templates import base_policy

pytestmark = needs_cc

POLICY: Final = ".x07/policies/base/cli.sandbox.base.policy.json"
VARIABLES: Final = {**ACCEPTED, "GREETING": "hello", "NAME": "Ada"}
MOST_ROUNDS: Final = 8
"""More than any program here has denials in a row."""

Expression = list[Any]
Document = dict[str, Any]
RUNTIME: Final = "process.max_runtime_ms"
FS_CAPS: Final = ["std.os.fs.spec.caps_default_v1"]
REQ, CAPS, PROCESS = "std.os.process.req_v1", "std.os.process.caps_v1", "std.os.process"


class Program(NamedTuple):
    """`body`: of the absolute path of the data. `grants`: paths that the patches change."""

    body: Callable[[str], Expression]
    output: bytes
    grants: set[str]


def text(words: str) -> Expression:
    return ["bytes.lit", words]


def joined(*parts: object) -> Expression:
    first, *rest = parts
    return ["bytes.concat", first, joined(*rest)] if rest else ["bytes.concat", first, text("")]


def content(path: str) -> Expression:
    return ["result_bytes.unwrap_or", ["std.os.fs.read_all_v1", text(path), FS_CAPS], text("?")]


def succeeds(result: Expression) -> Expression:
    return ["if", ["result_i32.is_ok", result], text("y"), text("n")]


def copies(data: str) -> Expression:
    """Files from outside of the project into a folder of it."""
    both = joined(content(f"{data}/a"), content(f"{data}/b"))
    return joined(
        succeeds(["std.os.fs.write_all_v1", text("report/all"), both, FS_CAPS]),
        content("report/all"),
    )


def greets(data: str) -> Expression:
    return joined(["std.os.env.get", text("GREETING")], ["std.os.env.get", text("NAME")])


def started(*args: str) -> Expression:
    """What `/bin/sh -c 'printf …'` says, in a variable's words."""
    steps: Expression = ["begin", ["let", "req", [f"{REQ}.new", text(args[0])]]]
    steps += [["set", "req", [f"{REQ}.arg", "req", text(word)]] for word in args[1:]]
    steps += [
        ["set", "req", [f"{REQ}.env", "req", text("LANG"), text("C")]],
        ["let", "caps", [f"{CAPS}.finish", 1000, 1000, 5000, 0]],
        ["let", "doc", [f"{PROCESS}.run_capture_v1", [f"{REQ}.finish", "req"], "caps"]],
        ["if", [f"{PROCESS}.is_err", "doc"], text("?"), [f"{PROCESS}.resp_stdout", "doc"]],
    ]
    return steps


def starts(data: str) -> Expression:
    return joined(started("/bin/echo", "one"), started("/bin/sh", "-c", "printf $LANG"))


def tidies(data: str) -> Expression:
    """Removes a file, and says which are left."""
    listed = ["std.os.fs.walk_glob_sorted_text_v1", text(data), text("*"), FS_CAPS]
    return [
        "begin",
        ["let", "removed", ["std.os.fs.remove_file_v1", text(f"{data}/a"), FS_CAPS]],
        joined(
            ["if", ["result_i32.is_ok", "removed"], text("y"), text("n")],
            ["result_bytes.unwrap_or", listed, text("?")],
        ),
    ]


def waits(data: str) -> Expression:
    zone = ["bytes.get_u8", ["os.time.local_tzid_v1"], 0]
    return joined(
        ["if", ["os.time.sleep_ms_v1", 20], text("y"), text("n")],
        ["if", ["os.time.sleep_ms_v1", 30], text("y"), text("n")],
        ["if", ["=", zone, 1], text("y"), text("n")],
    )


def dares(_data: str) -> Expression:
    """What the compiler denies, before anything runs."""
    return ["begin", ["unsafe", ["let", "x", 1]], text("ok")]


PROGRAMS: Final = {
    "copies": Program(copies, b"yaabb", {"/fs/read_roots/-", "/fs/write_roots/-"}),
    "greets": Program(greets, b"helloAda", {"/env/enabled", "/env/allow_keys/-"}),
    "starts": Program(
        starts,
        b"one\nC",
        {
            *("/process/allow_spawn", "/process/allow_exec", "/process/allow_execs/-"),
            *("/process/allow_env_keys/-", "/process/max_live", "/process/max_spawns"),
            "/process/max_runtime_ms",
        },
    ),
    "dares": Program(dares, b"ok", {"/language/allow_unsafe"}),
    "tidies": Program(
        tidies, b"yb\n", {"/fs/read_roots/-", "/fs/write_roots/-", "/fs/allow_remove"}
    ),
    "waits": Program(
        waits, b"yyy", {"/time/allow_sleep", "/time/max_sleep_ms", "/time/allow_local_tzid"}
    ),
}
IMPORTS: Final = [
    *("std.os.env", "std.os.fs", "std.os.fs.spec", "std.os.time"),
    *(PROCESS, CAPS, REQ),
]


class Project(NamedTuple):
    """A program in a project, what it reads, and what its template grants."""

    tool: Tool
    data: Path
    wanted: bytes

    @property
    def policy(self) -> Path:
        return self.tool.folder / POLICY

    def run(self, *flags: str) -> Document | None:
        """The report; None where the policy is not valid. The files are as they were before."""
        self.reset()
        done = self.tool("run", "--profile", "sandbox", "--input", "x07.json", *flags)
        assert done.returncode in (0, 1, 3), done.stderr.decode()
        report: Document | None = json.loads(done.stdout) if done.returncode != 3 else None
        return report

    def reset(self) -> None:
        shutil.rmtree(self.tool.folder / "report", ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        for name in "ab":
            (self.data / name).write_text(name * 2)

    def works(self, report: Document | None) -> bool:
        if report is None or report["exit_code"] != 0:
            return False
        return base64.b64decode(report["solve_output_b64"]) == self.wanted

    def suggest(self, report: Document) -> Document:
        (self.tool.folder / "report.json").write_text(json.dumps(report))
        done = self.tool("policy", "suggest", "--from", "report.json", "--write", "--json")
        assert done.returncode == 0, (done.stdout, done.stderr)
        said: Document = json.loads(done.stdout)
        return said


@pytest.fixture
def project(tmp_path: Path, x07_cache: Path, request: pytest.FixtureRequest) -> Project:
    program: Program = PROGRAMS[request.param]
    folder = tmp_path / "project"
    folder.mkdir()
    tool = Tool(folder, x07_cache, VARIABLES)
    assert tool("init").returncode == 0
    assert tool("policy", "init", "--template", "cli").returncode == 0
    data = tmp_path / "data"
    module = {
        "schema_version": "x07.x07ast@0.8.0", "kind": "module", "module_id": "app",
        "imports": IMPORTS,
        "decls": [
            {"kind": "export", "names": ["app.solve"]},
            {
                "kind": "defn", "name": "app.solve", "result": "bytes",
                "params": [{"name": "b", "ty": "bytes_view"}], "body": program.body(str(data)),
            },
        ],
    }  # fmt: skip
    (folder / "src/app.x07.json").write_text(json.dumps(module))
    return Project(tool, data, program.output)


def learned(project: Project, *flags: str) -> Iterator[Document]:
    """The suggestions, until the program works."""
    for _ in range(MOST_ROUNDS):
        report = project.run(*flags)
        assert report is not None
        assert report["policy_denials_collected"] is bool(flags)
        if project.works(report):
            assert report["policy_denials"] == []
            return
        said = project.suggest(report)
        assert said["patch"], report
        yield said
    pytest.fail(f"it does not work after {MOST_ROUNDS} rounds")


def lessened(base: Document, final: Document, is_exact: bool) -> Iterator[tuple[str, Document]]:
    """The policy without one of the grants that it has beyond another, for each."""
    for operation in operations(base, final):
        for place in operation.places:
            section, _, name = place.field.partition(".")
            made = copy.deepcopy(final)
            value = made[section][name]
            if isinstance(value, list):
                value.remove(place.item)
            elif isinstance(value, bool) or (place.field, is_exact) == (RUNTIME, False):
                made[section][name] = base[section][name]
            else:
                made[section][name] = value - 1
            yield f"{place.field} {place.item}", made


@pytest.mark.parametrize("flags", [(), ("--collect-denials",)], ids=["plain", "collected"])
@pytest.mark.parametrize("project", PROGRAMS, indirect=True)
def test_the_least_policy(
    project: Project, flags: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["project"]
    patches = [said["patch"] for said in learned(project, *flags)]
    assert {one["path"] for patch in patches for one in patch} == PROGRAMS[name].grants
    base, final = json.loads(base_policy("cli")), json.loads(project.policy.read_bytes())
    for grant, document in lessened(base, final, bool(flags)):
        project.policy.write_text(json.dumps(document))
        assert not project.works(project.run()), f"it works without {grant}"


@pytest.mark.parametrize("project", ["starts", "copies"], indirect=True)
def test_collecting_takes_fewer_rounds(project: Project) -> None:
    original = project.policy.read_bytes()
    plain = len(list(learned(project)))
    project.policy.write_bytes(original)
    collected = len(list(learned(project, "--collect-denials")))
    assert collected <= 2
    assert collected <= plain


@pytest.mark.parametrize("project", ["copies"], indirect=True)
def test_options_are_not_in_the_patch(project: Project) -> None:
    """What is suggested is for the base, and what options granted is not in it."""
    report = project.run("--allow-read-root", str(project.data))
    assert report is not None
    said = project.suggest(report)
    assert said["policy"] == str(project.policy)
    assert "_generated" in said["derived_policy"]
    assert [one["path"] for one in said["patch"]] == ["/fs/write_roots/-"]
    assert json.loads(project.policy.read_bytes())["fs"]["read_roots"] == ["."]
