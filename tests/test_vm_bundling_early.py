"""What `x07 bundle` refuses of VM bundles before an engine is asked, and anything compiled."""

from pathlib import Path
from typing import Final

import pytest

from tests import vm_bundles
from tests.bundling import ECHO, module, write_json
from tests.fakes import engines
from tests.test_vm_bundling import (
    ACCEPTED,
    ARCHITECTURE,
    HOST_BUILD,
    REFERENCE,
    Room,
    archived,
    in_guest,
    room_in,
)
from tests.unit.image.layouts import contents, made
from tests.unit.native.stub_sources import needs_cc

pytestmark = needs_cc

NOWHERE: Final = {
    "/": "it would be all of the guest's root",
    "../x": "it leads out of where it starts",
    "/proc": "it is in /proc",
    "/x07/in": "/x07 is where the guest has its own files",
    "data/.x07": "`.x07` holds policies",
    "a,b": "its path contains a disallowed byte, `,`",
    'a"b': "its path contains a disallowed byte, a double quote",
}
ENGINES: Final = {
    "no engine": (HOST_BUILD, {}),
    "one that is named": ((), ACCEPTED),
    "one that is to be found": ((), {"X07_I_ACCEPT_WEAKER_ISOLATION": "1"}),
    "a plan": (("--plan",), ACCEPTED),
    "a plan for any": (("--plan",), {}),
}
PIN: Final = "X07_VM_GUEST_IMAGE_DIGEST"
OTHER: Final = "sha256:" + "b" * 64
HOSTS: Final = [{"host": "example.com", "ports": [443]}]


@pytest.fixture
def room(tmp_path: Path, x07_cache: Path) -> Room:
    """With a program that does not compile, which is found later."""
    archive = tmp_path / "image.tar"
    made(archive, contents(ARCHITECTURE), name=REFERENCE)
    room = room_in(tmp_path / "room", x07_cache, archive)
    room.docker.answers({"*": engines.fails("nobody asks")})
    write_json(room.folder / "src/main.x07.json", module(7))
    return room


def compiles(room: Room) -> None:
    vm_bundles.runtime(room.cache)
    write_json(room.folder / "src/main.x07.json", module(ECHO))


# -- roots that no start accepts


@pytest.mark.parametrize(("root", "words"), NOWHERE.items())
def test_a_root_that_no_guest_has(room: Room, root: str, words: str) -> None:
    room.policy(fs__read_roots=["data", root], fs__write_roots=[root])
    said = room.refused(*HOST_BUILD, status=125)
    assert "the policy is refused at `fs.read_roots[1]`" in said
    for field in ("fs.read_roots[1]", "fs.write_roots[0]"):
        assert f"{field}: {words}" in said
    assert room.docker.asked == []


@pytest.mark.parametrize(("words", "more"), ENGINES.values(), ids=ENGINES)
def test_no_engine_is_asked_before(
    room: Room, words: tuple[str, ...], more: dict[str, str]
) -> None:
    room.policy(fs__read_roots=["/", "."], fs__write_roots=["/proc"])
    said = room.refused(*words, status=125, **more)
    for field in ("fs.read_roots[0]", "fs.write_roots[0]"):
        assert f"{field}: " in said
    assert "fs.read_roots[1]" not in said
    assert room.docker.asked == []


def test_all_of_a_policy_at_once(room: Room) -> None:
    more = {"net__enabled": True, "net__allow_tcp": True, "net__allow_hosts": HOSTS}
    room.policy(fs__read_roots=["/"], **more)
    said = room.refused(*HOST_BUILD, status=125)
    assert "fs.read_roots[0]: " in said
    assert "net.allow_hosts: " in said


def test_what_depends_on_the_machine_is_not_looked_at(room: Room) -> None:
    compiles(room)
    (room.folder / "to_proc").symlink_to("/proc")
    (room.folder / "own").mkdir()
    (room.folder / "own/.x07").write_text("")
    room.policy(fs__read_roots=["/nowhere/at/all", "missing", "to_proc", "own", "/dev2"])
    room.report("--plan", *HOST_BUILD)
    room.report(*HOST_BUILD)


def test_without_files_there_are_no_roots(room: Room) -> None:
    room.policy(fs__enabled=False, fs__read_roots=["/"])
    room.report("--plan", *HOST_BUILD)


# -- an image to embed that is not the pinned one


@pytest.mark.parametrize("more", [(), ("--plan",)], ids=["build", "plan"])
def test_another_image_than_the_pinned(room: Room, more: tuple[str, ...]) -> None:
    said = room.refused(*HOST_BUILD, *more, status=125, **{PIN: OTHER})
    image = archived(room)
    assert "guest digest mismatch" in said
    for digest in (OTHER, image.manifest.value, image.config.value):
        assert digest in said
    assert "is no digest" in room.refused(*HOST_BUILD, *more, X07_VM_GUEST_IMAGE_DIGEST="latest")
    assert room.docker.asked == []


def test_the_pinned_image_by_either_digest(room: Room) -> None:
    compiles(room)
    image = archived(room)
    for digest in (image.manifest, image.config):
        pinned = {PIN: f" {digest.value} "}
        room.report("--plan", *HOST_BUILD, **pinned)
        room.report(*HOST_BUILD, **pinned)
        assert room.manifest["guest_digests"][digest.kind] == digest.value


def test_the_pin_is_of_the_guest_that_compiles(room: Room) -> None:
    """Where one does: what is embedded may be an image without a compiler."""
    compiles(room)
    in_guest(room, "exit 1")
    more = {**ACCEPTED, PIN: vm_bundles.CONFIG}
    room.report("--plan", "--embed-guest", "../g.tar", **more)
    said = room.refused("--embed-guest", "../g.tar", **more)
    assert "the guest made no bundle of the program" in said
