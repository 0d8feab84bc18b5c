"""`x07 bundle` of VM bundles: places that cannot be written, found before anything is compiled."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.bundling import write_json
from tests.test_vm_bundling import ACCEPTED, ARCHITECTURE, Room, in_guest, room_in, unwanted_sidecar
from tests.unit.image.layouts import contents, made
from x07bundle.contract import vm_manifest


@pytest.fixture
def room(tmp_path: Path, x07_cache: Path) -> Room:
    archive = tmp_path / "image.tar"
    made(archive, contents(ARCHITECTURE), name="x07.test/guest:1")
    return room_in(tmp_path / "room", x07_cache, archive)


def out_that_is_a_folder(room: Room) -> None:
    (room.folder / "dist/app/demo").mkdir(parents=True)


def out_below_a_file(room: Room) -> None:
    (room.folder / "dist").write_text("of somebody")


def sources_in_the_folder(room: Room) -> None:
    """A folder that was a bundle's, and would be replaced."""
    room.sidecar.mkdir(parents=True)
    (room.sidecar / vm_manifest.NAME).write_text('{"schema_version": "x07.vm.bundle.manifest@0"}')
    shutil.move(room.folder / "src", room.sidecar / "src")
    path = room.folder / "x07.json"
    moved = {"entry": "dist/app.vm/src/main.x07.json", "module_roots": ["dist/app.vm/src"]}
    write_json(path, {**json.loads(path.read_bytes()), **moved})


def manifest_of_something_else(room: Room) -> None:
    room.sidecar.mkdir(parents=True)
    (room.sidecar / vm_manifest.NAME).write_text('{"schema_version": "x07.vz.guest.bundle@0.1.0"}')


PLACES: Final = [
    (out_that_is_a_folder, "cannot write `dist/app/demo`: is a directory"),
    (out_below_a_file, "cannot write `dist/app`: not a directory"),
    (sources_in_the_folder, "`dist/app.vm` would be replaced"),
    (manifest_of_something_else, "is no folder of a bundle"),
    (unwanted_sidecar, "is no folder of a bundle"),
]


@pytest.mark.parametrize(("spoil", "words"), PLACES)
@pytest.mark.parametrize("more", [(), ("--plan",)], ids=["build", "plan"])
def test_a_place_is_looked_at_before_a_guest_compiles(
    room: Room, spoil: Callable[[Room], None], words: str, more: tuple[str, ...]
) -> None:
    spoil(room)
    in_guest(room, "exit 1")
    assert words in room.refused(*more, **ACCEPTED)
    assert room.docker.asked == []


@pytest.mark.parametrize("flag", ["--embed-guest", "--sign-key", "--password-file", "--policy"])
def test_the_files_of_options_stay(room: Room, flag: str) -> None:
    shutil.copy(room.folder / "policy.json", room.folder / "given")
    assert "`given` would be overwritten" in room.refused(flag, "given", "--out", "given")


def test_a_derived_policy_is_not_left_behind(room: Room) -> None:
    """Nor is one begun where it cannot be kept."""
    room.policy(fs__enabled=True, fs__read_roots=["data"])
    wider = ("--allow-read-root", "src")
    assert "cannot read `no.tar`" in room.refused(*wider, "--embed-guest", "no.tar", **ACCEPTED)
    (room.folder / ".x07").write_text("of somebody")
    in_guest(room, "exit 1")
    said = room.refused(*wider, **ACCEPTED)
    assert "cannot write `" in said
    assert "/.x07/policies/_generated/" in said
    assert room.docker.asked == []


def test_what_the_launcher_takes_is_looked_for_before_a_guest_compiles(room: Room) -> None:
    in_guest(room, "exit 1")
    assert "no C compiler found" in room.refused(**ACCEPTED, PATH=str(room.docker.bin))
    assert not any(line.startswith("run ") for line in room.docker.asked)
