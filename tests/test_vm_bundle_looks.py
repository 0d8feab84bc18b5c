"""`inspect`, `verify` and `doctor` of a bundle: from outside, and from the bundle itself."""

import json
import os
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from tests import vm_bundles
from tests.fakes import engines
from tests.program_build import ROOT
from tests.unit.cli.commands import x07
from tests.vm_bundles import ACCEPT, Bench, MakeBench
from x07bundle.bundle.sidecar import folder_of

MODES: Final = ("inspect", "verify", "doctor")


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    made = make_bench(
        fs__enabled=True, fs__read_roots=["data"], env__enabled=True, env__allow_keys=["A"]
    )
    (made.folder / "data").mkdir()
    return made


def looked(bench: Bench, mode: str, *, status: int = 0, **variables: str) -> Any:  # noqa: ANN401
    """The document, which fits its schema; and what people get."""
    asked = {"X07_BUNDLE": mode, "X07_BUNDLE_FORMAT": "json"}
    inside = bench.start(variables={**asked, **variables})
    assert (inside.returncode, inside.stderr) == (status, b"")
    outside = x07(
        *(mode, "--json", str(bench.app)), folder=bench.folder, variables=bench.env(**variables)
    )
    assert (outside.returncode, outside.stderr) == (status, "")
    assert outside.stdout == inside.stdout.decode()
    document = json.loads(inside.stdout)
    schema = ROOT / f"x07bundle/schemas/x07.bundle.{mode}@0.1.0.schema.json"
    jsonschema.validate(document, json.loads(schema.read_bytes()))
    return document


def text(bench: Bench, mode: str) -> str:
    return bench.start(X07_BUNDLE=mode).stdout.decode()


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_run(bench: Bench, mode: str) -> None:
    looked(bench, mode)
    assert "run" not in bench.docker.asked
    assert bench.left() == []


def test_inspect(bench: Bench) -> None:
    found = looked(bench, "inspect")
    manifest = json.loads((folder_of(bench.app) / "manifest.json").read_bytes())
    assert found["manifest"] == manifest
    assert found["policy"] == json.loads((folder_of(bench.app) / "policy.json").read_bytes())
    assert {row["path"]: row["sha256"] for row in found["files"]} == manifest["files"]
    said = text(bench, "inspect")
    for words in (
        "backend     docker",
        "fs.read_roots: data",
        "env.allow_keys: A",
        "signed      no",
    ):
        assert words in said
    assert vm_bundles.CONFIG in said


def test_inspect_shows_no_control_characters(bench: Bench) -> None:
    bench.make(fs__enabled=True, fs__read_roots=["a\x1b[2Jb"])
    assert "\x1b" not in text(bench, "inspect")


def test_verify(bench: Bench) -> None:
    assert looked(bench, "verify")["problems"] == []
    assert "files are as they were made" in text(bench, "verify")


def checks(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in document["checks"]}


def test_doctor_of_a_bundle_that_can_run(bench: Bench) -> None:
    found = checks(looked(bench, "doctor"))
    assert list(found) == ["integrity", "machine", "consent", "backend", "policy", "jobs", "image"]
    assert all(check["ok"] for check in found.values())
    assert vm_bundles.CONFIG in found["image"]["detail"]


def test_doctor_without_consent(bench: Bench) -> None:
    consent = checks(looked(bench, "doctor", status=125, X07_I_ACCEPT_WEAKER_ISOLATION="0"))[
        "consent"
    ]
    assert not consent["ok"]
    assert f"{ACCEPT}=1" in consent["fix"]


def test_doctor_without_an_engine(bench: Bench) -> None:
    backend = checks(looked(bench, "doctor", status=126, PATH="/nonexistent"))["backend"]
    assert not backend["ok"]
    assert "not installed" in backend["detail"]


def test_doctor_without_the_image(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench({"'image inspect '*": engines.fails("Error: No such image: x")})
    image = checks(looked(bench, "doctor", status=127))["image"]
    assert not image["ok"]
    assert "x07 vm load" in image["detail"]
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"image")
    bench.make(archive=archive)
    image = checks(looked(bench, "doctor"))["image"]
    assert image["ok"]
    assert "loads it from" in image["detail"]


def test_doctor_of_a_policy_that_cannot_be(bench: Bench) -> None:
    (bench.folder / "data").rmdir()
    policy = checks(looked(bench, "doctor", status=125))["policy"]
    assert not policy["ok"]
    assert "fs.read_roots" in policy["detail"]


def test_doctor_where_no_job_can_be_kept(bench: Bench) -> None:
    (bench.folder / "file").touch()
    place = str(bench.folder / "file" / "jobs")
    jobs = checks(looked(bench, "doctor", status=127, X07_VM_STATE_DIR=place))["jobs"]
    assert not jobs["ok"]
    assert place in jobs["detail"]
    assert jobs["fix"] == "set X07_VM_STATE_DIR to a folder that you can write"


@pytest.mark.parametrize("name", ["a,b", os.fsdecode(b"a\xff")])
def test_doctor_where_engines_cannot_be_told_of_jobs(bench: Bench, name: str) -> None:
    place = str(bench.folder / name)
    jobs = checks(looked(bench, "doctor", status=125, X07_VM_STATE_DIR=place))["jobs"]
    assert not jobs["ok"]
    assert jobs["fix"].startswith("set X07_VM_STATE_DIR to a folder whose path is UTF-8")
    done = bench.start(X07_VM_STATE_DIR=place)
    assert done.returncode == 125
    assert done.stderr.decode().splitlines()[-1] == f"hint: {jobs['fix']}"
    streamed = looked(bench, "doctor", X07_VM_STATE_DIR=place, X07_VM_TRANSPORT="stream")
    assert checks(streamed)["jobs"]["ok"]


def test_doctor_where_a_variable_would_narrow(bench: Bench) -> None:
    policy = checks(looked(bench, "doctor", status=125, X07_OS_FS="0"))["policy"]
    assert "X07_OS_FS: a VM bundle has the policy that it was made with" in policy["detail"]


def test_doctor_makes_no_folder(bench: Bench) -> None:
    bench.make(fs__enabled=True, fs__write_roots=["out"])
    assert looked(bench, "doctor")["ok"]
    assert not (bench.folder / "out").exists()


@pytest.mark.parametrize("mode", MODES)
def test_what_is_no_bundle(mode: str, tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"\x7fELF")
    for name in ("app", "missing", "."):
        done = x07(mode, name, folder=tmp_path)
        assert done.returncode == 125, name
        assert done.stderr.splitlines()[-1].startswith("hint: "), name


def test_a_bundle_has_no_project(bench: Bench) -> None:
    done = x07("doctor", str(bench.app), "--profile", "os", folder=bench.folder)
    assert done.returncode == 2
    assert "a bundle has no project" in done.stderr
