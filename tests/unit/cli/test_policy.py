"""`x07 policy init`, `check` and `diff`: reports, exit codes, and what is written."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result

from tests.unit.cli.commands import X07, environment, x07
from tests.unit.contract.policies import policy
from x07bundle.cli.policy import check, command, diff, init
from x07bundle.errors import UsageError, X07Error
from x07bundle.policy.templates import NAMES, base_policy

SCHEMAS: Final = Path(__file__).resolve().parents[3] / "x07bundle/schemas"
CLI: Final = ".x07/policies/base/cli.sandbox.base.policy.json"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(which: click.Command, *arguments: str) -> Result:
    """In this process. The exit code is what the command returned."""
    result = CliRunner().invoke(which, arguments, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    result.exit_code = result.return_value
    return result


def report_of(result: Result, schema: str) -> dict[str, Any]:
    document = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    jsonschema.validate(document, json.loads((SCHEMAS / f"{schema}.schema.json").read_bytes()))
    assert isinstance(document, dict)
    return document


def init_report(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = run(init, *arguments)
    return result.exit_code, report_of(result, "x07.policy.init.report@0.1.0")


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def write(name: str, document: object) -> str:
    Path(name).write_text(json.dumps(document))
    return name


@pytest.mark.parametrize("name", NAMES)
def test_init(tmp_path: Path, name: str) -> None:
    code, report = init_report("--template", name)
    assert (code, list(report.items())) == (
        0,
        [
            ("schema_version", "x07.policy.init.report@0.1.0"),
            ("template", name),
            ("project_root", str(tmp_path)),
            ("out", f".x07/policies/base/{name}.sandbox.base.policy.json"),
            ("status", "created"),
            ("policy_id", f"sandbox.{name}.base"),
        ],
    )
    assert (tmp_path / report["out"]).read_bytes() == base_policy(name)


def test_init_of_a_file_that_is_there(tmp_path: Path) -> None:
    assert init_report("--template", "cli")[1]["status"] == "created"
    code, report = init_report("--template", "cli", "--force")
    assert (code, report["status"]) == (0, "unchanged")
    result = run(init, "--template", "cli", "--policy-id", "mine")
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (2, "exists_different")
    assert result.stderr.startswith(
        f"error: `{tmp_path / CLI}` is there and differs\nhint: --force"
    )
    assert (tmp_path / CLI).read_bytes() == base_policy("cli")
    code, report = init_report("--template", "cli", "--policy-id", "mine", "--force")
    assert (code, report["status"], report["policy_id"]) == (0, "overwritten", "mine")
    assert (tmp_path / CLI).read_bytes() == base_policy("cli", "mine")
    assert everything(tmp_path) == [CLI]


def test_init_prints_the_policy(tmp_path: Path) -> None:
    assert run(init, "--template", "cli", "--emit", "policy").stdout_bytes == base_policy("cli")
    assert (tmp_path / CLI).read_bytes() == base_policy("cli")
    Path(CLI).write_text("mine")
    result = run(init, "--template", "cli", "--emit", "policy")
    assert (result.exit_code, result.stdout_bytes) == (2, base_policy("cli"))
    assert Path(CLI).read_text() == "mine"


def test_init_in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x07.json").write_text("not looked at")
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a/b")
    assert init_report("--template", "cli")[1]["project_root"] == str(tmp_path)
    assert everything(tmp_path) == [CLI, "x07.json"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a/x07.json").write_text("")
    report = init_report("--template", "cli", "--project", "a/x07.json")[1]
    assert (report["project_root"], report["out"]) == (str(tmp_path / "a"), CLI)
    assert (tmp_path / "a" / CLI).is_file()
    assert init_report("--template", "cli", "--project", "a")[1] == {
        **report,
        "status": "unchanged",
    }
    with pytest.raises(X07Error, match="no project at `a/b`") as caught:
        run(init, "--template", "cli", "--project", "a/b")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("words", [(), ("--template", "clj")])
def test_init_names_its_templates(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        run(init, *words)
    assert caught.value.hint == f"choose one: {', '.join(NAMES)}"


def test_init_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match=r"refusing to create output dir `.*/new`") as caught:
        run(init, "--template", "cli", "--out", "new/p.json")
    assert caught.value.exit_code == 2
    assert everything(tmp_path) == []
    assert init_report("--template", "cli", "--out", "p.json")[1]["out"] == "p.json"
    assert init_report("--template", "cli", "--out", "new/p.json", "--mkdir-out")[0] == 0
    outside = tmp_path.parent / f"{tmp_path.name}.json"
    assert init_report("--template", "cli", "--out", str(outside))[1]["out"] == str(outside)
    assert everything(tmp_path) == ["new/p.json", "p.json"]


@pytest.mark.parametrize("policy_id", ["", "a b", "a/b", "é", "a" * 65, "a\n"])
def test_ids_that_are_none(tmp_path: Path, policy_id: str) -> None:
    with pytest.raises(X07Error, match="must be 1 to 64 ASCII letters") as caught:
        run(init, "--template", "cli", "--policy-id", policy_id)
    assert caught.value.exit_code == 2
    assert everything(tmp_path) == []


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / ".x07").write_text("a file")
    with pytest.raises(X07Error, match="cannot write"):
        run(init, "--template", "cli")
    assert everything(tmp_path) == [".x07"]
    with pytest.raises(X07Error, match=r"cannot write `.*/\.x07`: not a directory"):
        run(init, "--template", "cli", "--out", ".x07/p.json")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_init_never_reads_a_device(tmp_path: Path) -> None:
    """It would not come to an end."""
    limited = 'ulimit -v 4000000 && exec "$@"'
    words = ("sh", "-c", limited, "sh", *X07, "policy", "init", "--template", "cli")
    done = subprocess.run(
        (*words, "--out", "/dev/zero"),
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: cannot write `/dev/zero`: it is a device")


def test_check_of_valid_policies() -> None:
    files = [write(f"{name}.json", policy(name)) for name in NAMES]
    result = run(check, *files)
    assert (result.exit_code, result.stdout) == (0, "no problems in 8 policies\n")
    result = run(check, files[0])
    assert result.stdout == "no problems in 1 policy\n"
    result = run(check, "--json", files[0])
    assert json.loads(result.stdout) == {
        "schema_version": "x07.x07diag@0.1.0",
        "ok": True,
        "diagnostics": [],
        "meta": {"inputs": ["cli.json"]},
    }


def test_check_says_everything() -> None:
    write("good.json", policy())
    write("a.json", policy(limits__cpu_ms=0, fs__allow_symlink=True))
    Path("b.json").write_text("")
    result = run(check, "a.json", "good.json", "b.json")
    assert (result.exit_code, result.stdout.splitlines()) == (
        3,
        [
            "the policy `a.json` has 2 problems",
            "  /limits/cpu_ms: must be an integer in 1..600000, this is 0",
            "  /fs/allow_symlink: unknown field; did you mean `allow_symlinks`?",
            "the policy `b.json` has 1 problem",
            "  not valid JSON: expecting value (line 1, column 1)",
        ],
    )
    result = run(check, "--json", "a.json", "good.json", "b.json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["ok"]) == (3, False)
    places = [(one["data"]["file"], one["loc"]["ptr"]) for one in said["diagnostics"]]
    assert places == [("a.json", "/limits/cpu_ms"), ("a.json", "/fs/allow_symlink"), ("b.json", "")]


def test_check_of_a_missing_file() -> None:
    write("a.json", {})
    with pytest.raises(X07Error, match=re.escape("cannot read `none.json`")) as caught:
        run(check, "a.json", "none.json")
    assert caught.value.exit_code == 2


def test_diff() -> None:
    write("a.json", policy(fs__allow_remove=True))
    write("b.json", policy(fs__write_roots=["out", "tmp"], limits__wall_ms=300_000))
    result = run(diff, "a.json", "b.json")
    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        [
            "only in b.json:",
            "  limits.wall_ms  300000, not 120000",
            "  fs.write_roots  tmp",
            "only in a.json:",
            "  fs.allow_remove  true",
        ],
    )
    result = run(diff, "--json", "a.json", "b.json")
    report = report_of(result, "x07.policy.diff@0.1.0")
    assert (result.exit_code, report["a"], report["b"]) == (1, "a.json", "b.json")
    assert report["only_a"] == [{"field": "fs.allow_remove", "what": "true"}]
    assert report["only_b"][1] == {"field": "fs.write_roots", "what": "tmp"}


def test_diff_of_policies_that_grant_the_same() -> None:
    write("a.json", policy(notes="a"))
    write("b.json", policy(notes="b"))
    result = run(diff, "a.json", "b.json")
    assert (result.exit_code, result.stdout) == (0, "both grant the same\n")
    assert report_of(run(diff, "--json", "a.json", "b.json"), "x07.policy.diff@0.1.0") == {
        "schema_version": "x07.policy.diff@0.1.0",
        "a": "a.json",
        "b": "b.json",
        "only_a": [],
        "only_b": [],
    }


def test_diff_with_a_policy_that_is_not_valid() -> None:
    write("a.json", policy())
    write("b.json", policy(limits__cpu_ms="long"))
    with pytest.raises(X07Error) as caught:
        run(diff, "a.json", "b.json")
    assert caught.value.exit_code == 3
    assert "/limits/cpu_ms: must be an integer" in caught.value.render()


def test_every_option_says_what_it_does() -> None:
    assert isinstance(command, click.Group)
    for which in command.commands.values():
        options = [one for one in which.params if isinstance(one, click.Option)]
        assert [one.name for one in options if not one.help] == []
        assert which.help
        assert f"x07 policy {which.name} " in which.help


def test_the_command(tmp_path: Path) -> None:
    done = x07("policy", "init", "--template", "cli", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["status"] == "created"
    done = x07("policy", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: x07 policy ")
    done = x07("policy", "init", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "missing option `--template`" in done.stderr
    done = x07("policy", "init", "--template", "desktop", folder=tmp_path)
    assert done.returncode == 2
    assert "desktop" in done.stderr
    write("bad.json", {"limits": {}})
    done = x07("policy", "diff", "bad.json", CLI, folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: the policy `bad.json` has ")
    assert done.stderr.splitlines()[-1].startswith("hint: ")
