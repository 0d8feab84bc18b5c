"""Images that an engine had when it was asked last."""

from pathlib import Path

import pytest

from x07bundle.vm import remembered
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.job import Digest, Image
from x07bundle.vm.state import State

CONFIG = Image("guest:1", Digest("config", f"sha256:{'1' * 64}"))
OTHER = Image("guest:1", Digest("config", f"sha256:{'2' * 64}"))
MANIFEST = Image("guest:1", Digest("manifest", f"sha256:{'3' * 64}"))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path, "ri-1")


def docker(**env: str) -> Backend:
    return table.from_env("docker", {"PATH": "/nowhere", **env})


def test_what_was_noted_is_known_until_it_is_forgotten(state: State) -> None:
    assert not remembered.is_known(state, docker(), CONFIG)
    remembered.note(state, docker(), CONFIG)
    assert remembered.is_known(state, docker(), CONFIG)
    remembered.forget(state, docker(), CONFIG)
    assert not remembered.is_known(state, docker(), CONFIG)


def test_neither_another_image_nor_another_engine_is_known(state: State) -> None:
    remembered.note(state, docker(), CONFIG)
    assert not remembered.is_known(state, docker(), OTHER)
    assert not remembered.is_known(state, docker(DOCKER_HOST="unix:///elsewhere"), CONFIG)
    assert not remembered.is_known(state, table.from_env("podman", {"PATH": "/nowhere"}), CONFIG)


@pytest.mark.parametrize("name", ["firecracker-ctr", "apple-container"])
def test_an_image_that_is_run_by_name_is_asked_for_each_time(state: State, name: str) -> None:
    backend = table.from_env(name, {"PATH": "/nowhere"})
    remembered.note(state, backend, MANIFEST)
    assert not remembered.is_known(state, backend, MANIFEST)


def test_a_link_in_its_place_is_no_note(state: State, tmp_path: Path) -> None:
    remembered.note(state, docker(), CONFIG)
    (note,) = tmp_path.iterdir()
    note.rename(tmp_path / "elsewhere")
    note.symlink_to(tmp_path / "elsewhere")
    assert not remembered.is_known(state, docker(), CONFIG)


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    gone = State(tmp_path / "gone", "ri-1")
    remembered.note(gone, docker(), CONFIG)
    remembered.forget(gone, docker(), CONFIG)
    assert not remembered.is_known(gone, docker(), CONFIG)
