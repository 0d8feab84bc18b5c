"""`x07 init --template json-report`: a project with packages, and what its program does."""

import base64
import json
import shlex
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.bundling import ACCEPTED
from tests.unit.cli.commands import x07
from tests.unit.native.stub_sources import needs_cc

PACKAGES: Final = {"ext-cli": "0.1.17", "ext-data-model": "0.1.11", "ext-json-rs": "0.1.7"}
DATA: Final = b'[{"a": 1, "b": "x"}, {"a": null}, 3, {"a": 2.5, "c": []}]'
REPORT: Final = "records: 4\na: 1 null, 2 number\nb: 1 string\nc: 1 array\n"
AS_JSON: Final = {
    "fields": {"a": {"null": 1, "number": 2}, "b": {"string": 1}, "c": {"array": 1}},
    "records": 4,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    x07("init", "--template", "json-report", folder=tmp_path)
    return tmp_path


def test_what_is_made(tmp_path: Path) -> None:
    done = x07("init", "--template", "json-report", folder=tmp_path)
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert report["created"][-1] == ".x07/policies/base/cli.sandbox.base.policy.json"
    manifest = json.loads((tmp_path / "x07.json").read_text())
    assert manifest["default_profile"] == "os"
    named = {one["name"]: one["version"] for one in manifest["dependencies"]}
    locked = json.loads((tmp_path / "x07.lock.json").read_text())["dependencies"]
    assert named == {one["name"]: one["version"] for one in locked} == PACKAGES
    assert x07("check", folder=tmp_path).stdout == "no findings in 7 files\n"
    assert x07("fmt", "--check", ".", folder=tmp_path).returncode == 0
    assert x07("pkg", "lock", "--check", "--offline", folder=tmp_path).returncode == 0


def test_packages_that_cannot_be_had(tmp_path: Path) -> None:
    """The project stays, and locks when that is mended."""
    variables = {"X07_PKG_INDEX_URL": "gopher://nowhere/"}
    done = x07("init", "--template", "json-report", folder=tmp_path, variables=variables)
    report = json.loads(done.stdout)
    assert (done.returncode, report["error"]["code"]) == (20, "X07INIT_PKG_LOCK")
    assert "x07.json" in report["created"]
    assert "x07 pkg lock" in done.stderr
    assert x07("pkg", "lock", folder=tmp_path).returncode == 0


@needs_cc
@pytest.mark.parametrize("profile", ["os", "sandbox"])
@pytest.mark.parametrize(
    "words", [("--", "--input", "data.json"), ("--", "-fjson", "-i", "data.json"), ("--input",)]
)
def test_its_program(project: Path, x07_cache: Path, profile: str, words: tuple[str, ...]) -> None:
    """What `x07 run --input` gives it is the JSON itself."""
    (project / "data.json").write_bytes(DATA)
    given = (*words, "data.json") if words == ("--input",) else words
    variables = {**ACCEPTED, "X07_CACHE_DIR": str(x07_cache)}
    done = x07("run", "--profile", profile, *given, folder=project, variables=variables)
    assert done.returncode == 0, done.stderr
    output = base64.b64decode(json.loads(done.stdout)["solve_output_b64"]).decode()
    if "-fjson" in words:
        assert output == json.dumps(AS_JSON, indent=2) + "\n"
    else:
        assert output == REPORT


@needs_cc
def test_its_next_steps_and_its_bundle(tmp_path: Path, x07_cache: Path) -> None:
    report = json.loads(x07("init", "--template", "json-report", folder=tmp_path).stdout)
    run, bundle, start = map(shlex.split, report["next_steps"])
    for words in (run, bundle):
        variables = {"X07_CACHE_DIR": str(x07_cache)}
        done = x07(*words[1:], folder=tmp_path, variables=variables)
        assert done.returncode == 0, done.stderr
    assert started(tmp_path, start)[1].startswith("records: 1\ncompat: 1 string\n")
    program = start[0]
    assert started(tmp_path, [program], DATA) == (0, REPORT, "")
    code, output, _ = started(tmp_path, [program, "--help"])
    assert (code, output[:28]) == (0, "usage: json-report [OPTIONS]")
    for words, data, code, error in (
        ([], b'[{"a":1},', 1, "line 2, column 1: this is not JSON\n"),
        (["-i", "missing"], b"", 1, "cannot read `missing`: there is no such file\n"),
        (["-i", "src"], b"", 1, "cannot read `src`: it is a folder\n"),
        (
            ["-i", "x07.json/a"],
            b"",
            1,
            "cannot read `x07.json/a`: a part of the path is no folder\n",
        ),
        (["-f", "xml"], b"", 2, "--format is text or json\n"),
        (["-x"], b"", 2, "unknown option `-x`\nhint: --help lists the arguments and options\n"),
    ):
        expected = (code, "", f"json-report: {error}")
        assert started(tmp_path, [program, *words], data) == expected


def started(folder: Path, words: list[str], data: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [folder / words[0], *words[1:]], cwd=folder, input=data, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()
