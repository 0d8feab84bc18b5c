"""`x07 bundle --plan` of VM bundles: all that a build decides, with no engine asked."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from tests.bundling import everything, module, write_json
from tests.fakes import engines
from tests.program_build import ROOT
from tests.test_vm_bundling import (
    ACCEPTED,
    ARCHITECTURE,
    CONSENT,
    HOST_BUILD,
    Room,
    archived,
    room_in,
)
from tests.unit.image.layouts import contents, made
from x07bundle.files import sha256_bytes
from x07bundle.host import read as read_host
from x07bundle.registry import keys

SCHEMA: Final = ROOT / "x07bundle/schemas/x07.bundle.plan@0.1.0.schema.json"
NAME: Final = "x07.test/guest:1"
PIN: Final = "sha256:" + "a" * 64
OTHER: Final = "arm64" if ARCHITECTURE == "amd64" else "amd64"


@pytest.fixture
def room(tmp_path: Path, x07_cache: Path) -> Room:
    archive = tmp_path / "image.tar"
    made(archive, contents(ARCHITECTURE), name=NAME)
    room = room_in(tmp_path / "room", x07_cache, archive)
    room.docker.answers({"*": engines.fails("nobody asks")})
    return room


def planned(room: Room, *words: str, **more: str) -> dict[str, Any]:
    """`bundle` of the plan."""
    before = everything(room.folder)
    done = room.bundle("--plan", *words, **more)
    assert done.returncode == 0, done.stderr.decode()
    assert everything(room.folder) == before
    assert room.docker.asked == []
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    found = document["bundle"]
    assert isinstance(found, dict)
    assert found["kind"] == "vm"
    if found["vm"]["payload"]["static"] is not None:
        assert found["vm"]["payload"]["static"] == document["link"]["static"]
    return found


def vm(room: Room, *words: str, **more: str) -> dict[str, Any]:
    found = planned(room, *words, **more)["vm"]
    assert isinstance(found, dict)
    return found


def test_a_payload_of_a_guest(room: Room) -> None:
    more = {**ACCEPTED, "X07_VM_GUEST_IMAGE": NAME}
    assert vm(room, **more) == {
        "backend": "docker",
        "candidates": ["docker"],
        "problem": None,
        "guest": {
            "image": NAME,
            "digest": None,
            "digest_kind": None,
            "archive": None,
            "pull": "never",
        },
        "payload": {"where": "guest", "architecture": read_host().arch, "static": True},
        "signature": None,
    }


def test_a_pinned_image(room: Room) -> None:
    for more in ({"X07_VM_GUEST_IMAGE_DIGEST": PIN}, {"X07_VM_GUEST_IMAGE": f"{NAME}@{PIN}"}):
        guest = vm(room, "--pull", "missing", **ACCEPTED, **more)["guest"]
        assert (guest["digest"], guest["digest_kind"], guest["pull"]) == (PIN, None, "missing")


def test_a_payload_of_this_machine_and_an_embedded_image(room: Room) -> None:
    found = vm(room, *HOST_BUILD)
    digest = archived(room).config.value
    assert (found["backend"], found["payload"]["where"]) == ("docker", "host")
    assert found["guest"] == {
        "image": "x07.test/guest:1",
        "digest": digest,
        "digest_kind": "config",
        "archive": "../g.tar",
        "pull": "never",
    }


def test_an_option_goes_before_the_variable(room: Room) -> None:
    found = vm(room, *HOST_BUILD[:3], "firecracker", *HOST_BUILD[4:], **ACCEPTED)
    assert (found["backend"], found["guest"]["digest_kind"]) == ("firecracker-ctr", "manifest")


def test_several_engines_that_may_answer(room: Room) -> None:
    podman = engines.engine(room.docker.folder.parent, "podman")
    podman.answers({"*": engines.fails("nobody asks")})
    found = vm(room, CONSENT)
    assert (found["backend"], found["candidates"]) == (None, ["podman", "docker"])
    assert podman.asked == []


def test_no_engine(room: Room) -> None:
    """The rest of a plan does not depend on the machine."""
    found = vm(room)
    assert (found["backend"], found["candidates"]) == (None, [])
    assert found["problem"] == "no VM backend is usable here"
    assert found["payload"]["static"] is True


def test_a_program_that_does_not_compile(room: Room) -> None:
    write_json(room.folder / "src/main.x07.json", module(7))
    assert vm(room, **ACCEPTED)["payload"]["static"] is None


def test_a_signature(room: Room) -> None:
    done = room.x07("image", "keygen", "--out", "../key", X07_KEY_PASSWORD="sesame")
    assert done.returncode == 0, done.stderr
    public = keys.load_public(room.folder.parent / "key.pub")
    found = vm(room, "--sign-key", "../key.key", **ACCEPTED, X07_KEY_PASSWORD="sesame")
    assert found["signature"] == {
        "algorithm": "ecdsa-p256",
        "key_sha256": sha256_bytes(keys.public_der(public)),
    }


REFUSED: Final = {
    "no key": (("--sign-key", "missing.key"), 2, "cannot read the key `missing.key`"),
    "no archive": (("--embed-guest", "no.tar"), 2, "cannot read `no.tar`: no such file"),
    "an archive that is none": (("--embed-guest", "x07.json"), 2, "is no OCI archive"),
    "no such backend": (("--backend", "hyperv"), 2, "`--backend`"),
    "another architecture": (
        ("--embed-guest", "../other.tar", "--payload-build", "host"), 2,
        "`--payload-build host`: the guest is linux on",
    ),
    "nobody accepted": (("--backend", "podman"), 125, "nobody accepted"),
    "attestation": (
        ("--emit-attestation", "dist/app.vm/a.json"), 2, "`dist/app.vm` would be replaced",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "status", "said"), REFUSED.values(), ids=REFUSED)
def test_what_a_build_would_refuse(
    room: Room, words: tuple[str, ...], status: int, said: str
) -> None:
    made(room.folder.parent / "other.tar", contents(OTHER), name=NAME)
    accepted = {} if status == 125 else ACCEPTED
    assert said in room.refused("--plan", *words, status=status, **accepted)
    assert room.docker.asked == []


def test_a_policy_that_the_backend_does_not_enforce(room: Room) -> None:
    hosts = [{"host": "example.com", "ports": [443]}]
    room.policy(net__enabled=True, net__allow_tcp=True, net__allow_hosts=hosts)
    said = room.refused("--plan", *HOST_BUILD, status=125)
    assert "the policy is refused at `net.allow_hosts`" in said


def test_libraries_of_this_machine(room: Room) -> None:
    path = room.folder / "x07.json"
    write_json(path, {**json.loads(path.read_bytes()), "link": {"libs": ["c"]}})
    assert "`link` of x07.json" in room.refused("--plan", **ACCEPTED)
