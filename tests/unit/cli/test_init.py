"""`x07 init`: the report, and the commands that it names."""

import json
from pathlib import Path

from tests.unit.cli.commands import x07


def test_report(tmp_path: Path) -> None:
    done = x07("init", "hello", folder=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert list(report) == ["ok", "command", "root", "created", "next_steps"]
    assert (report["ok"], report["command"], report["root"]) == (True, "init", "hello")
    assert report["created"][0] == "x07.json"
    assert report["created"][-1] == "AGENT.md"
    bundle = "x07 bundle --profile os --out dist/app"
    assert report["next_steps"] == ["cd hello", "x07 run", bundle]


def test_a_folder_with_a_space(tmp_path: Path) -> None:
    report = json.loads(x07("init", "my project", folder=tmp_path).stdout)
    assert report["next_steps"][0] == "cd 'my project'"


def test_here(tmp_path: Path) -> None:
    report = json.loads(x07("init", folder=tmp_path).stdout)
    assert report["root"] == str(tmp_path)
    assert report["next_steps"][0] == "x07 run"
    done = x07("check", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no findings in 2 files\n")
    assert x07("fmt", "--check", ".", folder=tmp_path).returncode == 0


def test_failure(tmp_path: Path) -> None:
    (tmp_path / "x07.json").write_text("mine")
    done = x07("init", folder=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 20
    assert (report["ok"], report["error"]["code"]) == (False, "X07INIT_EXISTS")
    assert "`x07.json`" in report["error"]["message"]
    assert done.stderr.startswith("error: there is a project here already")
    assert [path.name for path in tmp_path.iterdir()] == ["x07.json"]


def test_a_name_of_no_characters(tmp_path: Path) -> None:
    done = x07("init", "", folder=tmp_path)
    assert done.returncode == 20
    assert json.loads(done.stdout)["error"]["code"] == "X07INIT_ARGS"
    assert list(tmp_path.iterdir()) == []


def test_templates(tmp_path: Path) -> None:
    done = x07("init", "--template", "sqlite-app", folder=tmp_path)
    assert done.returncode == 20
    assert json.loads(done.stdout)["error"]["code"] == "X07INIT_ARGS"
    assert list(tmp_path.iterdir()) == []
