"""`x07 vm backends` and `x07 vm load`, as processes, on engines that answer as the real ones do."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.fakes import engines, install
from tests.unit.cli.commands import CHECKOUT, x07
from tests.unit.image.layouts import contents, made
from tests.unit.vm.samples import CONFIG

NAMES = ["firecracker-ctr", "qemu", "apple-container", "vz", "podman", "docker"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run.tar").write_bytes(b"x")
    (tmp_path / "bin").mkdir()
    return tmp_path


def variables(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(folder / "bin"), **more}


def docker(folder: Path) -> engines.Engine:
    engine = engines.engine(folder, "docker")
    image = engine.says(engines.docker_image(CONFIG.value))
    engine.answers(
        {
            "version*": "echo 28.2.2",
            "'load '*": "echo 'Loaded image: guest:1'",
            "'image inspect '*": image,
        }
    )
    return engine


def backends(folder: Path, **more: str) -> dict[str, Any]:
    done = x07("vm", "backends", "--json", folder=folder, variables=variables(folder, **more))
    assert (done.returncode, done.stderr) == (0, "")
    return checked("backends", done.stdout)


def checked(name: str, text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    schema = CHECKOUT / f"x07bundle/schemas/x07.vm.{name}.report@0.1.0.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(document)
    return document


def test_backends_without_an_engine(folder: Path) -> None:
    document = backends(folder)
    assert document["schema_version"] == "x07.vm.backends.report@0.1.0"
    assert (document["chosen"], document["problem"]) == (None, "no VM backend is usable here")
    assert [row["name"] for row in document["backends"]] == NAMES
    assert [row["driven"] for row in document["backends"]] == [True, False, True, False, True, True]
    assert not any(row["usable"] for row in document["backends"])


def test_backends_with_consent(folder: Path) -> None:
    docker(folder)
    assert backends(folder)["chosen"] is None
    assert backends(folder, X07_I_ACCEPT_WEAKER_ISOLATION="1")["chosen"] == "docker"
    row = backends(folder)["backends"][-1]
    assert (row["usable"], row["needs_consent"], row["isolation"]) == (True, True, "container")
    assert row["caps"]["digest_kinds"] == ["config", "manifest"]


def test_a_named_backend_that_is_down(folder: Path) -> None:
    install(folder / "bin", "docker", engines.fails("Cannot connect to the Docker daemon."))
    named = {"X07_I_ACCEPT_WEAKER_ISOLATION": "1", "X07_VM_BACKEND": "docker"}
    document = backends(folder, **named)
    assert document["chosen"] is None
    assert "Cannot connect to the Docker daemon." in document["problem"]


def test_backends_for_people(folder: Path) -> None:
    docker(folder)
    env = variables(folder, X07_I_ACCEPT_WEAKER_ISOLATION="1")
    done = x07("vm", "backends", folder=folder, variables=env)
    lines = done.stdout.splitlines()
    assert lines[0] == "guests run in docker"
    assert lines[2].split("  ")[0] == "backend"
    assert [line.split()[0] for line in lines[3:9]] == NAMES
    assert (
        "docker: docker 28.2.2; it is no VM, so it needs X07_I_ACCEPT_WEAKER_ISOLATION=1" in lines
    )


def test_load(folder: Path) -> None:
    engine = docker(folder)
    for more, options in (({}, ("--backend", "docker")), ({"X07_VM_BACKEND": "docker"}, ())):
        done = x07(
            "vm", "load", *options, "run.tar", folder=folder, variables=variables(folder, **more)
        )
        assert (done.returncode, done.stdout) == (0, f"guest:1  {CONFIG}\n")
        assert done.stderr == (
            "x07 vm load: asking docker\n"
            "x07 vm load: giving docker the image of run.tar, 1 bytes; it has 120 s\n"
        )
    assert engine.asked[1] == f"load --input {folder / 'run.tar'}"
    done = x07(
        "vm", "load", "--json", "--backend", "docker", "run.tar",
        folder=folder, variables=variables(folder),
    )  # fmt: skip
    assert checked("load", done.stdout) == {
        "schema_version": "x07.vm.load.report@0.1.0",
        "backend": "docker",
        "reference": "guest:1",
        "digest": CONFIG.value,
        "digest_kind": "config",
    }


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("run.tar",), 126, "no VM backend is usable here"),
        (("--backend", "podman", "run.tar"), 126, "not installed: no `podman` on PATH"),
        (("--backend", "vz", "run.tar"), 126, "this version starts no guests in it yet"),
        (("--backend", "nothing", "run.tar"), 126, "`--backend`: no backend `nothing`"),
        (("--backend", "", "run.tar"), 2, "`--backend` is empty"),
        (
            ("run.tar",),
            126,
            "hint: name the engine, which needs no consent here: `--backend podman`",
        ),
        (("--backend", "docker", "missing.tar"), 2, "no image archive `missing.tar`"),
    ],
)
def test_loads_that_fail(folder: Path, options: tuple[str, ...], status: int, words: str) -> None:
    docker(folder)
    done = x07("vm", "load", *options, folder=folder, variables=variables(folder))
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "hint: " in done.stderr


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (engines.fails("Cannot connect to the Docker daemon."), "its daemon does not answer"),
        ('test "$1" = version && echo 28.2.2', "gives no answer that can be used"),
        (engines.HANGS, "gave no answer within 5 s"),
    ],
)
def test_an_engine_that_does_not_load(folder: Path, script: str, words: str) -> None:
    (folder / "run.tar").unlink()
    made(folder / "run.tar", contents("amd64"), name="x07.test/guest:1")
    install(folder / "bin", "docker", script)
    env = variables(folder)
    done = x07("vm", "load", "--backend", "docker", "run.tar", folder=folder, variables=env)
    assert (done.returncode, done.stdout) == (126, "")
    assert words in done.stderr


def test_an_archive_that_is_none(folder: Path) -> None:
    """What an engine says of it is not for people."""
    install(folder / "bin", "docker", 'test "$1" = version && echo 28.2.2')
    env = variables(folder)
    done = x07("vm", "load", "--backend", "docker", "run.tar", folder=folder, variables=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: `run.tar` is no OCI archive that can be used" in done.stderr
    assert "hint: " in done.stderr
