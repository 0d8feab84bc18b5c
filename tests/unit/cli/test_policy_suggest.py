"""`x07 policy suggest`, from options to words."""

import base64
import json
import os
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from click.testing import CliRunner, Result

from tests.unit.contract.policies import policy
from x07bundle.cli.policy_suggest import command
from x07bundle.errors import X07Error
from x07bundle.files import json_pretty_sorted, sha256_bytes

SCHEMA: Final = (
    Path(__file__).resolve().parents[3] / "x07bundle/schemas/x07.policy.suggest@0.1.0.schema.json"
)
BASE: Final = json_pretty_sorted(policy("cli"))

DENIALS: Final = [
    {
        "operation": "os.fs.write_file",
        "target": "tmp/a",
        "field": "fs.write_roots",
        "grant": 'add "tmp" to fs.write_roots',
    },
    {
        "operation": "os.env.get",
        "target": "HOME",
        "field": "env.enabled",
        "grant": "set env.enabled to true",
    },
]
HIDDEN: Final = {
    "operation": "os.fs.write_file",
    "target": "tmp/.a",
    "field": "fs.deny_hidden",
    "grant": "set fs.deny_hidden to false",
}

WORDS: Final = """\
patch of base.json:
  {"op":"add","path":"/env/allow_keys/-","value":"HOME"}
    for os.env.get of `HOME`
    grants reading the variable `HOME`
  {"op":"replace","path":"/env/enabled","value":true}
    for os.env.get of `HOME`
    grants reading the listed variables
  {"op":"add","path":"/fs/write_roots/-","value":"tmp"}
    for os.fs.write_file of `tmp/a`
    grants writing all files below the folder `tmp`
"""
LEFT: Final = """\
not suggested:
  os.fs.write_file of `tmp/.a` (fs.deny_hidden)
    it would open every hidden file below the roots; keep what the program needs under a name \
without a dot
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.json").write_bytes(BASE)
    return tmp_path


def report(*denials: dict[str, str], **members: object) -> dict[str, Any]:
    base = os.path.abspath("base.json")  # noqa: PTH100
    digest = sha256_bytes(BASE)
    return {
        "schema_version": "x07-os-runner.report@0.5.0",
        "policy_denials": list(denials),
        "limit_exceeded": None,
        "sandbox_policy": {
            "base": base, "base_sha256": digest, "effective": base, "effective_sha256": digest,
        },
    } | members  # fmt: skip


def run(*words: str, of: object, stdin: bool = False) -> Result:
    data = json.dumps(of).encode()
    Path("report.json").write_bytes(data)
    name = "-" if stdin else "report.json"
    runner = CliRunner()
    return runner.invoke(
        command,
        ["--from", name, *words],
        input=data if stdin else b"",
        catch_exceptions=False,
        standalone_mode=False,
    )


def refused(*words: str, of: object) -> str:
    before = sorted((path.name, path.read_bytes()) for path in Path().iterdir())
    with pytest.raises(X07Error) as caught:
        run(*words, of=of)
    Path("report.json").unlink()
    before = [pair for pair in before if pair[0] != "report.json"]
    assert sorted((path.name, path.read_bytes()) for path in Path().iterdir()) == before
    assert caught.value.exit_code == 2
    return caught.value.render()


def document(result: Result) -> dict[str, Any]:
    found = json.loads(result.stdout)
    jsonschema.validate(found, json.loads(SCHEMA.read_bytes()))
    assert isinstance(found, dict)
    return found


# -- what is said


def test_in_words() -> None:
    result = run(of=report(*DENIALS))
    assert (result.return_value, result.stdout) == (0, WORDS)
    assert result.stderr == ("x07 policy suggest: nothing is written; --write changes the file\n")
    result = run(of=report(*DENIALS, HIDDEN))
    assert (result.return_value, result.stdout) == (1, WORDS + LEFT)
    assert Path("base.json").read_bytes() == BASE


@pytest.mark.parametrize("stdin", [False, True])
def test_as_json(stdin: bool) -> None:
    result = run("--json", of=report(*DENIALS, HIDDEN), stdin=stdin)
    found = document(result)
    assert result.return_value == 1
    assert found["policy"] == os.path.abspath("base.json")  # noqa: PTH100
    assert [one["path"] for one in found["patch"]] == [
        "/env/allow_keys/-",
        "/env/enabled",
        "/fs/write_roots/-",
    ]
    assert [one["path"] for one in found["reasons"]] == [one["path"] for one in found["patch"]]
    assert found["reasons"][2]["denials"] == [DENIALS[0]]
    assert [one["target"] for one in found["not_suggested"]] == ["tmp/.a"]
    assert (found["written"], found["derived_policy"], found["granted_already"]) == (
        False,
        None,
        [],
    )


def test_of_a_wrapped_report() -> None:
    wrapped = {"schema_version": "x07.run.report@0.3.0", "report": report(*DENIALS)}
    assert run(of=wrapped).stdout == WORDS


def test_of_a_run_that_was_denied_nothing() -> None:
    result = run(of=report())
    assert (result.return_value, result.stdout) == (0, "nothing to add to base.json\n")
    assert result.stderr == ""


def test_of_a_run_with_options() -> None:
    origin = report()["sandbox_policy"] | {"effective": "/elsewhere/derived"}
    result = run("--json", of=report(*DENIALS, sandbox_policy=origin))
    assert document(result)["derived_policy"] == "/elsewhere/derived"
    assert "options changed the policy of that run (`/elsewhere/derived`)" in result.stderr


def test_of_a_run_that_met_a_limit() -> None:
    met = {"field": "limits.cpu_ms", "value": 1}
    assert "the run met `limits.cpu_ms`" in run(of=report(limit_exceeded=met)).stderr


# -- what is written


def test_writing() -> None:
    result = run("--write", "--json", of=report(*DENIALS))
    assert document(result)["written"] is True
    assert (result.return_value, result.stderr) == (0, "")
    wanted = policy("cli", env__enabled=True, env__allow_keys=["HOME"])
    wanted["fs"]["write_roots"].append("tmp")
    assert Path("base.json").read_bytes() == json_pretty_sorted(wanted)
    again = run("--write", of=report(*DENIALS))
    assert again.stdout == (
        "nothing to add to base.json\ngranted already:\n"
        "  os.fs.write_file of `tmp/a`\n  os.env.get of `HOME`\n"
    )
    assert Path("base.json").read_bytes() == json_pretty_sorted(wanted)
    assert sorted(path.name for path in Path().iterdir()) == ["base.json", "report.json"]


def test_writing_gives_the_layout_of_templates() -> None:
    data = json.dumps(policy("cli")).encode()
    Path("base.json").write_bytes(data)
    origin = report()["sandbox_policy"] | {"base_sha256": sha256_bytes(data)}
    run("--write", of=report(DENIALS[0], sandbox_policy=origin))
    wanted = policy("cli")
    wanted["fs"]["write_roots"].append("tmp")
    assert Path("base.json").read_bytes() == json_pretty_sorted(wanted)


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "base.json").rename(folder / "real.json")
    (folder / "base.json").symlink_to("real.json")
    run("--write", of=report(*DENIALS))
    assert (folder / "base.json").is_symlink()
    assert b'"HOME"' in (folder / "real.json").read_bytes()


def test_a_policy_that_changed_since() -> None:
    changed = json_pretty_sorted(policy("cli", time__allow_sleep=True))
    Path("base.json").write_bytes(changed)
    assert "the file is not as it was in that run" in run(of=report(*DENIALS)).stderr
    assert "is not as it was in that run" in refused("--write", of=report(*DENIALS))
    run("--write", "--force", of=report(*DENIALS))
    found = json.loads(Path("base.json").read_bytes())
    assert (found["env"]["allow_keys"], found["time"]["allow_sleep"]) == (["HOME"], True)


def test_a_policy_that_is_named() -> None:
    Path("other.json").write_bytes(BASE)
    result = run("--policy", "other.json", "--write", of=report(*DENIALS))
    assert result.stdout.startswith("patch of other.json:\n")
    assert Path("base.json").read_bytes() == BASE
    assert b'"HOME"' in Path("other.json").read_bytes()


# -- what is refused


def test_a_report_that_names_no_policy() -> None:
    assert "names no policy" in refused(of=report(sandbox_policy=None))
    nameless = report(*DENIALS, sandbox_policy=None)
    assert run("--policy", "base.json", of=nameless).stdout == WORDS
    assert "is not as it was" in refused("--policy", "base.json", "--write", of=nameless)


def test_a_policy_that_options_made() -> None:
    notes = "Mine.\nDerived from a/b.json by options of the command, digest 0123abcd."
    derived = policy("cli", policy_id="sandbox.cli.base.g0123abcd", notes=notes)
    Path("derived.json").write_bytes(json_pretty_sorted(derived))
    assert "name its base, `a/b.json`" in refused("--policy", "derived.json", of=report())


def test_a_policy_that_is_not_valid() -> None:
    Path("base.json").write_bytes(b"{}")
    with pytest.raises(X07Error) as caught:
        run(of=report(*DENIALS))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("of", "why"),
    [
        ([], "`schema_version` is another"),
        ({"schema_version": 1}, "`schema_version` is another"),
        ({"schema_version": "x07.run.report@0.3.0", "report": 1}, "`schema_version` is another"),
        ({"schema_version": "x07.bundle.report@0.4.0"}, "`schema_version` is another"),
        ({"schema_version": "x07-os-runner.report@0.5.0"}, "no run in a sandbox"),
        (
            {"schema_version": "x07-os-runner.report@0.5.0", "policy_denials": [1]},
            "a denial without",
        ),
        (
            {
                "schema_version": "x07-os-runner.report@0.5.0",
                "policy_denials": [DENIALS[0] | {"grant": 1}],
            },
            "a denial without",
        ),
    ],
)
def test_what_is_no_report(of: object, why: str) -> None:
    assert why in refused(of=of)


def test_files_that_cannot_be_read() -> None:
    Path("report.json").write_bytes(b"\xff" + base64.b64encode(b"no JSON"))
    runner = CliRunner()
    for name in ("report.json", "missing.json", "."):
        with pytest.raises(X07Error):
            runner.invoke(command, ["--from", name], catch_exceptions=False, standalone_mode=False)
    gone = report()["sandbox_policy"] | {"base": "/nonexistent/policy.json"}
    assert "cannot read" in refused(of=report(sandbox_policy=gone))
