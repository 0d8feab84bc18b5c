"""`x07 bundle --check`: whether the sources at hand still give the payload of a bundle."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from tests import vm_bundles
from tests.fakes import docker_guests, engines
from tests.program_build import ROOT
from tests.test_vm_bundling import ACCEPTED, CONSENT, HOST_BUILD, Room, in_guest, room_in
from tests.unit.image.layouts import contents, made
from tests.unit.native.stub_sources import needs_cc
from x07bundle.host import read as read_host

pytestmark = needs_cc

SCHEMA: Final = ROOT / "x07bundle/schemas/x07.bundle.check.report@0.1.0.schema.json"
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
NOTHING: Final[dict[str, list[str]]] = {"changed": [], "missing": [], "added": []}


@pytest.fixture
def room(tmp_path: Path, x07_cache: Path) -> Room:
    """With a bundle that was made on this machine."""
    vm_bundles.runtime(x07_cache)
    archive = tmp_path / "image.tar"
    made(archive, contents(ARCHITECTURES[read_host().arch]), name="x07.test/guest:1")
    room = room_in(tmp_path / "room", x07_cache, archive)
    room.report(*HOST_BUILD)
    return room


def checked(room: Room, status: int) -> dict[str, Any]:
    done = room.x07("bundle", "--profile", "sandbox", "--check", "dist/app")
    assert done.returncode == status, done.stderr.decode()
    document = json.loads(done.stdout)
    Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(document)
    assert document["ok"] == (status == 0)
    assert isinstance(document, dict)
    return document


def sources(room: Room) -> list[Path]:
    return sorted((room.folder / "src").glob("*.x07.json"))


def test_the_same_sources(room: Room) -> None:
    """Files beside them that are no sources do not matter."""
    (room.folder / "src/notes.txt").write_text("a note")
    found = checked(room, 0)
    digest = room.manifest["files"]["payload"]
    assert found["payload"] == {"expected_sha256": digest, "sha256": digest}
    assert found["inputs"] == NOTHING


def test_a_source_that_was_changed(room: Room) -> None:
    entry = next(path for path in sources(room) if path.name.startswith("main"))
    entry.write_bytes(entry.read_bytes() + b"\n")
    found = checked(room, 1)
    assert "program/main.x07.json" in found["inputs"]["changed"]
    assert found["payload"]["sha256"] is None


def test_a_source_that_was_added(room: Room) -> None:
    (room.folder / "src/more.x07.json").write_text("{}")
    inputs = checked(room, 1)["inputs"]
    assert inputs == {**NOTHING, "added": ["module_roots/0/more.x07.json"]}


def test_another_policy(room: Room) -> None:
    """Of the project, of a file that is named, and of an option."""
    base = room.folder / "policy.json"
    policy = json.loads(base.read_bytes())
    wide = room.folder / "wide.json"
    wide.write_text(json.dumps({**policy, "env": {**policy["env"], "allow_keys": ["SECRET"]}}))
    words = ("bundle", "--profile", "sandbox", "--check", "dist/app")
    for more in (("--policy", str(wide)), ("--allow-read-root", "src")):
        done = room.x07(*words, *more)
        assert done.returncode == 1, done.stderr
        assert json.loads(done.stdout)["inputs"] == {**NOTHING, "changed": ["policy.json"]}
    assert room.x07(*words).returncode == 0
    base.write_bytes(wide.read_bytes())
    assert checked(room, 1)["inputs"] == {**NOTHING, "changed": ["policy.json"]}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--profile", "sandbox", "--world", "run-os"), b"the world `run-os` has none"),
        (("--profile", "sandbox", "--out", "q"), b"`--out` has no meaning"),
    ],
)
def test_what_is_no_check(room: Room, more: tuple[str, ...], words: bytes) -> None:
    done = room.x07("bundle", "--check", "dist/app", *more)
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr
    assert b"hint: " in done.stderr


def test_another_payload_of_the_same_sources(room: Room) -> None:
    """As another compiler makes it."""
    done = room.x07("bundle", "--profile", "sandbox", "--check", "dist/app", X07_CC_ARGS="-O0")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert document["inputs"] == NOTHING
    assert document["payload"]["sha256"] != document["payload"]["expected_sha256"]


def test_a_bundle_that_was_changed(room: Room) -> None:
    manifest = room.sidecar / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    done = room.x07("bundle", "--profile", "sandbox", "--check", "dist/app")
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"manifest.json" in done.stderr


# -- made in a guest

COMPILING: Final = f"""{docker_guests.begins({"out": "/x07/out"})}
/bin/mkdir -p "$out/build/made"
/bin/cp "$out/build/program/main.x07.json" "$out/build/made/app"
"""
"""A payload that is its source."""
COMPILED: Final = {"report": {"compile": {"ok": True, "exit_status": 0}}}


@pytest.fixture
def guest_made(tmp_path: Path, x07_cache: Path) -> Room:
    vm_bundles.runtime(x07_cache)
    (tmp_path / "image.tar").write_bytes(b"")
    room = room_in(tmp_path / "room", x07_cache, tmp_path / "image.tar")
    in_guest(room, COMPILING + room.docker.says(json.dumps(COMPILED)))
    room.report(**ACCEPTED)
    return room


def test_a_guest_of_the_bundles_backend(guest_made: Room) -> None:
    """With the consent of an option, and with another engine that would be asked first."""
    podman = engines.engine(guest_made.docker.folder.parent, "podman")
    podman.answers({"'info '*": "echo 5.0.0", "*": engines.fails("no such image")})
    words = ("bundle", "--profile", "sandbox", "--check", "dist/app", CONSENT)
    for backend in ((), ("--backend", "docker")):
        done = guest_made.x07(*words, *backend)
        assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True), done.stderr
    assert podman.asked == []
    assert guest_made.x07(*words, "--backend", "podman").returncode == 127


def test_no_engine_is_asked_where_sources_differ(guest_made: Room) -> None:
    (guest_made.folder / "src/more.x07.json").write_text("{}")
    before = guest_made.docker.asked
    checked(guest_made, 1)
    assert guest_made.docker.asked == before


def test_nobody_accepted_the_guest(guest_made: Room) -> None:
    done = guest_made.x07("bundle", "--profile", "sandbox", "--check", "dist/app")
    assert (done.returncode, done.stdout) == (125, b"")
    assert b"nobody accepted" in done.stderr
