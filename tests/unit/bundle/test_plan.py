"""Plans: what is decided from options and a project, before anything is written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from x07bundle.bundle.front import options
from x07bundle.bundle.pipeline import plan
from x07bundle.bundle.plan import Plan, as_json
from x07bundle.bundle.request import Limits, Request
from x07bundle.errors import ProjectError, UsageError, X07Error
from x07bundle.policy.templates import base_policy

SCHEMAS = Path(__file__).resolve().parents[3] / "x07bundle" / "schemas"

Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Makes a project in a folder `demo`, which becomes the working folder."""

    def make(**members: object) -> Path:
        folder = tmp_path / "demo"
        (folder / "src").mkdir(parents=True)
        manifest = {
            "schema_version": "x07.project@0.5.0",
            "world": "run-os",
            "entry": "src/main.x07.json",
            "module_roots": ["src"],
        }
        (folder / "x07.json").write_text(json.dumps(manifest | members), encoding="utf-8")
        (folder / "src" / "main.x07.json").write_text("{}", encoding="utf-8")
        monkeypatch.chdir(folder)
        return folder

    return make


def planned(request: Request) -> Plan:
    return plan(request, {})


def test_a_project_is_found_and_planned(project: Project) -> None:
    folder = project()
    made = planned(Request(out="dist/app"))
    assert (made.target.kind, made.world, made.name) == ("project", "run-os", "app")
    assert made.target.path == folder / "x07.json"
    assert (made.limits, made.static, made.cc_profile) == (Limits(), False, "default")


def test_a_plan_writes_nothing(project: Project) -> None:
    folder = project()
    before = sorted(folder.rglob("*"))
    planned(Request(out="dist/app", emit_folder=Path("out"), attestation=Path("attest.json")))
    assert sorted(folder.rglob("*")) == before


def test_the_document_of_a_plan_keeps_its_schema(project: Project) -> None:
    project(link={"libs": ["z"], "static": True})
    document = as_json(planned(Request(out="dist/app", limits=Limits(solve_fuel=7))))
    schema = json.loads((SCHEMAS / "x07.bundle.plan@0.1.0.schema.json").read_bytes())
    jsonschema.validate(document, schema)
    assert document["link"]["libs"] == ["z"]
    assert document["link"]["static"] is True
    assert document["limits"]["solve_fuel"] == 7
    assert document["limits"]["max_memory_bytes"] is None


@pytest.mark.parametrize(
    ("out", "path"),
    [
        ("dist/app", "dist/app"),
        ("dist/", "dist/demo"),
        ("dist\\", "dist/demo"),
        ("src", "src/demo"),
        (".", "demo"),
        ("dist/app.v1", "dist/app.v1"),
    ],
)
def test_where_the_executable_goes(project: Project, out: str, path: str) -> None:
    project()
    assert planned(Request(out=out)).out == Path(path)


def test_a_program_in_a_folder_is_called_app(project: Project) -> None:
    project()
    request = Request(out="dist/", program=Path("src/main.x07.json"), module_roots=(Path("src"),))
    assert planned(request).out == Path("dist/app")


def test_the_name_is_the_stem_of_the_path(project: Project) -> None:
    project()
    assert planned(Request(out="dist/app.v1")).name == "app"


def test_limits_come_from_options_before_the_profile(project: Project) -> None:
    project(profiles={"os": {"world": "run-os", "solve_fuel": 5, "max_output_bytes": 6}})
    made = planned(Request(out="app", limits=Limits(solve_fuel=7)))
    assert made.limits == Limits(solve_fuel=7, max_output_bytes=6)
    assert made.profile == "os"


def test_zero_is_no_limit(project: Project) -> None:
    """And so nothing of it is compiled in: the fuel of a program without a limit is not counted."""
    project(profiles={"os": {"world": "run-os", "solve_fuel": 7, "max_output_bytes": 0}})
    made = planned(Request(out="app", limits=Limits(solve_fuel=0, max_memory_bytes=0)))
    assert made.limits == Limits()
    assert options(made).fuel is None
    assert planned(Request(out="app")).limits == Limits(solve_fuel=7)


def test_the_profile_of_the_project_holds_for_a_program(project: Project) -> None:
    folder = project(profiles={"os": {"world": "run-os", "cc_profile": "size"}})
    program = folder / "src" / "main.x07.json"
    made = planned(Request(out="app", program=program, module_roots=(Path("src"),)))
    assert (made.target.kind, made.cc_profile) == ("program", "size")


def test_a_program_takes_the_place_of_the_entry(project: Project) -> None:
    folder = project()
    (folder / "src" / "other.x07.json").write_text("{}", encoding="utf-8")
    request = Request(out="app", project=Path("x07.json"), program=Path("src/other.x07.json"))
    assert planned(request).target.entry == Path("src/other.x07.json")


ACCEPTED = {"--sandbox-backend": "os", "--i-accept-weaker-isolation": True}
SANDBOXED = {"sandbox": {"world": "run-os-sandboxed", "policy": "policy.json"}}

REFUSED: list[tuple[dict[str, Any], dict[str, Any], type[X07Error], str]] = [
    ({}, {"out": None}, UsageError, "missing `--out <PATH>`"),
    ({}, {"out": ""}, UsageError, "missing `--out <PATH>`"),
    ({}, {"module_roots": (Path("src"),)}, UsageError, "only valid with `--program`"),
    ({}, {"program": Path("src/main.x07.json")}, UsageError, "requires explicit `--module-root`"),
    ({}, {"project": Path("none.json")}, UsageError, "none.json"),
    ({}, {"profile": "os"}, UsageError, "no profile `os`"),
    ({}, {"world": "run-os-sandboxed"}, UsageError, "requires a policy file"),
    ({"profiles": SANDBOXED}, {"profile": "sandbox"}, X07Error, "missing policy file"),
    (
        {"profiles": SANDBOXED},
        {"profile": "sandbox", "sandbox": {"--sandbox-backend": "os"}},
        UsageError,
        "nobody accepted",
    ),
    ({}, {"world": "run-os-sandboxed", "sandbox": ACCEPTED}, UsageError, "requires a policy file"),
    (
        {"profiles": SANDBOXED},
        {"profile": "sandbox", "sandbox": ACCEPTED},
        X07Error,
        "missing policy file",
    ),
    (
        {"profiles": SANDBOXED},
        {"profile": "sandbox", "sandbox": ACCEPTED | {"--require-layer": ("landlock,chroot",)}},
        UsageError,
        "no layer `chroot`",
    ),
    ({}, {"sandbox": {"--policy": "p.json"}}, UsageError, "`--policy`"),
    ({}, {"out": "src/main.x07.json"}, UsageError, "`src/main.x07.json` would be overwritten"),
    ({}, {"out": "x07.json"}, UsageError, "`x07.json` would be overwritten"),
    ({}, {"attestation": Path("app")}, UsageError, "`app` would be overwritten"),
    ({}, {"out": "src/../x07.json"}, UsageError, "`src/../x07.json` would be overwritten"),
    ({}, {"emit_folder": Path("app")}, UsageError, "cannot be both a file and a folder"),
    (
        {},
        {"out": "o/report.json", "emit_folder": Path("o")},
        UsageError,
        "`o/report.json` would be overwritten",
    ),
    ({"entry": "src/none.x07.json"}, {}, ProjectError, "src/none.x07.json"),
    ({"entry": "src/main.json"}, {}, ProjectError, "/entry"),
    ({"schema_version": "x07.project@9.0.0"}, {}, ProjectError, "schema_version mismatch"),
]


@pytest.mark.parametrize(("members", "options", "kind", "text"), REFUSED)
def test_refused(
    project: Project,
    members: dict[str, Any],
    options: dict[str, Any],
    kind: type[X07Error],
    text: str,
) -> None:
    project(**members)
    with pytest.raises(kind) as caught:
        planned(Request(**({"out": "app"} | options)))
    assert text in caught.value.render()
    assert caught.value.exit_code == 2


def test_no_project_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no project found"):
        planned(Request(out="app"))


def test_the_policy_stays(project: Project) -> None:
    folder = project(profiles=SANDBOXED)
    policy = folder / str(SANDBOXED["sandbox"]["policy"])
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_bytes(base_policy("cli", None))
    usual = Request(out="app", profile="sandbox", sandbox=ACCEPTED)
    assert planned(usual).sandbox is not None
    for outputs in ({"out": str(policy)}, {"attestation": policy}):
        with pytest.raises(UsageError, match="would be overwritten"):
            planned(usual._replace(**outputs))


def test_a_vm_is_planned_where_nothing_else_is_chosen(project: Project) -> None:
    """Nobody is asked whether there is one."""
    folder = project(profiles=SANDBOXED)
    (folder / str(SANDBOXED["sandbox"]["policy"])).write_bytes(base_policy("cli", None))
    usual = Request(out="app", profile="sandbox")
    for request in (usual, usual._replace(sandbox={"--sandbox-backend": "vm"})):
        document = as_json(planned(request))
        assert document["bundle"]["kind"] == "vm"
    weaker = usual._replace(sandbox=ACCEPTED)
    assert as_json(planned(weaker))["bundle"]["kind"] == "native"


def test_an_evaluation_world(project: Project) -> None:
    """Taken, as by the public toolchain; what it lacks is found by the compiler."""
    project()
    assert planned(Request(out="app", world="solve-pure")).world == "solve-pure"
