"""`--emit-dir` and `--emit-attestation` of VM bundles (contract/cli.md §3, reports.md §5)."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from tests import vm_bundles
from tests.bundling import X07, everything, module, run_program, write_json
from tests.fakes import docker_guests
from tests.program_build import ROOT
from tests.test_vm_bundle_check import COMPILED, COMPILING
from tests.test_vm_bundling import ACCEPTED, ARCHITECTURE, HOST_BUILD, Room, in_guest, room_in
from tests.unit.image.layouts import contents, made
from tests.unit.native.stub_sources import needs_cc
from x07bundle.bundle.plan import EMITTED
from x07bundle.files import sha256_bytes, sha256_file

pytestmark = needs_cc

SCHEMA: Final = ROOT / "x07bundle/schemas/x07.compile.attest@0.1.0.schema.json"
WANTED: Final = ("--emit-dir", "emitted", "--emit-attestation", "attest.json")


@pytest.fixture
def room(tmp_path: Path, x07_cache: Path) -> Room:
    vm_bundles.runtime(x07_cache)
    archive = tmp_path / "image.tar"
    made(archive, contents(ARCHITECTURE), name="x07.test/guest:1")
    return room_in(tmp_path / "room", x07_cache, archive)


def attestation(room: Room) -> dict[str, Any]:
    """Which is part of the bundle, too."""
    data = (room.folder / "attest.json").read_bytes()
    assert (room.sidecar / "compile.attest.json").read_bytes() == data
    assert room.manifest["files"]["compile.attest.json"] == sha256_bytes(data)
    assert room.x07("verify", "dist/app").returncode == 0
    document = json.loads(data)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    assert isinstance(document, dict)
    assert list(document) == sorted(document)
    assert document["bundle_kind"] == "vm"
    assert document["output_path"] == "dist/app.vm/payload"
    assert document["artifacts"]["binary_sha256"] == sha256_file(room.sidecar / "payload")
    assert document["inputs"]["target_kind"] == "project"
    assert document["inputs"]["project_path"] == str(room.folder)
    assert document["inputs"]["program_sha256"] == sha256_file(room.folder / "src/main.x07.json")
    return document


def test_of_a_payload_of_this_machine(room: Room) -> None:
    """Which is the same without them."""
    room.report(*HOST_BUILD)
    before = room.manifest
    report = room.report(*HOST_BUILD, *WANTED)
    after = room.manifest
    assert after["files"].pop("compile.attest.json")
    assert after == before
    emitted = everything(room.folder / "emitted")
    assert sorted(emitted) == sorted(EMITTED)
    assert json.loads(emitted["report.json"] or b"") == report
    assert emitted["policy.used.json"] == (room.folder / "policy.json").read_bytes()
    combined = emitted["bundle.combined.c"] or b""
    assert combined == (emitted["program.freestanding.c"] or b"") + (
        emitted["wrapper.main.c"] or b""
    )
    document = attestation(room)
    assert document["rebuild"]["deterministic_match"] is True
    assert document["artifacts"]["combined_c_sha256"] == sha256_bytes(combined)


# -- what a guest makes


def said(room: Room, **changes: object) -> dict[str, Any]:
    """A guest's attestation of a payload that is its source."""
    binary = sha256_file(room.folder / "src/main.x07.json")
    digests = dict.fromkeys(("combined_c_sha256", "freestanding_c_sha256"), "1" * 64)
    return {
        "artifacts": {"binary_sha256": binary, **digests, "wrapper_c_sha256": "2" * 64},
        "compiler": {"stderr_sha256": "3" * 64, "stdout_sha256": "4" * 64},
        "rebuild": {"binary_sha256": binary, "deterministic_match": True},
        **changes,
    }


def guest_that_says(room: Room, document: object, script: str = "") -> None:
    writes = [f'echo {name} >"$out/build/emitted/{name}"' for name in EMITTED]
    attests = f'{room.docker.says(json.dumps(document))} >"$out/build/attested.json"'
    lines = [COMPILING, '/bin/mkdir -p "$out/build/emitted"', *writes, attests, script]
    in_guest(room, "\n".join(lines) + "\n" + room.docker.says(json.dumps(COMPILED)))


def test_of_a_payload_of_a_guest(room: Room) -> None:
    guest_that_says(room, said(room))
    report = room.report(*WANTED, **ACCEPTED)
    emitted = everything(room.folder / "emitted")
    assert sorted(emitted) == sorted(
        ["guest", "policy.used.json", "report.json", *(f"guest/{name}" for name in EMITTED)]
    )
    assert json.loads(emitted["report.json"] or b"") == report
    assert all(emitted[f"guest/{name}"] == f"{name}\n".encode() for name in EMITTED)
    document = attestation(room)
    assert document["rebuild"]["deterministic_match"] is True
    assert document["artifacts"]["wrapper_c_sha256"] == "2" * 64
    words = next(line for line in room.docker.asked if " --emit-dir " in line)
    assert words.endswith("--emit-dir emitted --emit-attestation attested.json")
    assert "--emit-dir" not in room.manifest["payload_build"]["command"]


REAL: Final = f"""{docker_guests.begins({"out": "/x07/out"})}
while test "$1" != /usr/local/bin/x07; do shift; done
shift
cd "$out/build"
"""


def test_what_a_guest_does_with_its_words(room: Room) -> None:
    """With the tool itself in its place."""
    tool = f"PYTHONPATH='{ROOT}' X07_CACHE_DIR='{room.cache}' exec {' '.join(X07)}"
    in_guest(room, f'{REAL}{tool} "$@"')
    room.report(*WANTED, **ACCEPTED)
    combined = (room.folder / "emitted/guest/bundle.combined.c").read_bytes()
    document = attestation(room)
    assert document["artifacts"]["combined_c_sha256"] == sha256_bytes(combined)
    assert document["rebuild"]["deterministic_match"] is True
    assert run_program(room.sidecar / "payload", "one").stdout.endswith(b"one")


def test_two_builds_of_a_guest_that_differ(room: Room) -> None:
    """Whatever the guest says of them."""
    again = {"binary_sha256": "5" * 64, "deterministic_match": True}
    guest_that_says(room, said(room, rebuild=again))
    room.report(*WANTED, **ACCEPTED)
    assert attestation(room)["rebuild"] == {
        "binary_sha256": "5" * 64,
        "deterministic_match": False,
    }


NONE: Final[list[Any]] = [
    7,
    {},
    {"artifacts": {"binary_sha256": "6" * 64}},
    {"rebuild": {"binary_sha256": "no digest"}},
    {"compiler": None},
]


@pytest.mark.parametrize("changes", NONE)
def test_an_attestation_that_is_none(room: Room, changes: Any) -> None:  # noqa: ANN401
    whole = {**said(room), **changes} if isinstance(changes, dict) and changes else changes
    guest_that_says(room, whole)
    assert "the guest attested nothing" in room.refused(*WANTED, **ACCEPTED)


@pytest.mark.parametrize("name", ["attested.json", "emitted/report.json"])
@pytest.mark.parametrize(
    "script", ['/bin/rm "$out/build/{name}"', '/bin/ln -sf /etc/passwd "$out/build/{name}"']
)
def test_a_guest_that_leaves_something_out(room: Room, name: str, script: str) -> None:
    """Or a link, which would lead to a file of this machine."""
    guest_that_says(room, said(room), script.format(name=name))
    assert "the guest made no bundle" in room.refused(*WANTED, **ACCEPTED)


# -- what is refused


def test_a_program_that_does_not_compile(room: Room) -> None:
    write_json(room.folder / "src/main.x07.json", module(7))
    text = room.refused(*HOST_BUILD, *WANTED)
    assert "`--emit-attestation` requires a successful bundle" in text


@pytest.mark.parametrize("flag", ["--emit-dir", "--emit-attestation"])
def test_nothing_else_is_put_into_the_folder_of_a_bundle(room: Room, flag: str) -> None:
    said = room.refused(*HOST_BUILD, flag, "dist/app.vm/compile.attest.json")
    assert "`dist/app.vm` would be replaced" in said
