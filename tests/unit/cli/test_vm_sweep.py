"""`x07 vm sweep`: what it says, as text and as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from tests.fakes import install
from tests.program_build import ROOT
from x07bundle.cli.vm_sweep import command

OURS = {"io.x07.schema": "1", "io.x07.run_id": "1-2", "io.x07.deadline_unix_ms": "1"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without engines, and a folder of jobs."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("X07_VM_STATE_DIR", str(tmp_path / "vm/jobs"))
    (tmp_path / "vm").mkdir(mode=0o700)
    (tmp_path / "vm/runner_instance").write_text("ri-1\n")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, standalone_mode=False)


def report(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--json", *words).stdout)
    schema = ROOT / "x07bundle/schemas/x07.vm.sweep.report@0.1.0.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(found)
    return found


def docker(place: Path, answer: str) -> None:
    install(place / "bin", "docker", f'echo "$*" >>"{place}/log"\ncase $1 in\n{answer}\nesac')


def listing(labels: dict[str, str]) -> str:
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    row = json.dumps({"Names": "x07-1-2", "Labels": text})
    return f"ps) echo '{row}' ;; container) echo 'Error: No such container: x07-1-2' >&2; exit 1 ;;"


def test_nothing_was_left(place: Path) -> None:
    assert run().stdout == "nothing was left behind\n"
    assert report() == {
        "schema_version": "x07.vm.sweep.report@0.1.0",
        "state_dir": str(place / "vm/jobs"),
        "dry_run": False,
        "jobs": [],
        "foreign": 0,
        "problems": [],
    }


def test_a_guest_that_outlived_its_deadline(place: Path) -> None:
    docker(place, listing({**OURS, "io.x07.runner_instance": "ri-1"}))
    row = {
        "run_id": "1-2",
        "backend": "docker",
        "container_id": "x07-1-2",
        "folder": None,
        "outcome": "would_end",
        "why": "its deadline has passed",
    }
    assert report("--dry-run")["jobs"] == [row]
    assert "rm --force" not in (place / "log").read_text()
    shown = "ended        1-2 (docker): its deadline has passed\n1 ended\n"
    assert run().stdout == shown
    assert "rm --force --volumes x07-1-2" in (place / "log").read_text()
    assert report()["jobs"] == [{**row, "outcome": "ended"}]


def test_a_guest_of_another_instance(place: Path) -> None:
    docker(place, listing({**OURS, "io.x07.runner_instance": "ri-2"}))
    assert run().stdout == "1 of others not touched\n"
    asked = (place / "log").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["ps"]


def test_an_engine_that_does_not_answer_is_a_note(place: Path) -> None:
    docker(place, "*) echo 'is the docker daemon running?' >&2; exit 1 ;;")
    result = run()
    assert (result.exit_code, result.stdout) == (0, "nothing was left behind\n")
    assert "is the docker daemon running?" in result.stderr


def test_a_folder_of_jobs_that_others_may_write_to_is_refused(place: Path) -> None:
    (place / "vm/jobs").mkdir()
    (place / "vm/jobs").chmod(0o777)
    result = run()
    assert "may be written by others" in str(result.exception)
