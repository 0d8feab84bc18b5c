"""`x07 image build` puts the guest's agent into images."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.unit.cli.test_image import FULL, Place
from tests.unit.cli.test_image import place as place  # the fixture
from tests.unit.image.layouts import opened
from tests.unit.image.test_agent import program
from tests.unit.native.stub_sources import needs_cc
from x07bundle.image import trees
from x07bundle.image.agent import PLACE
from x07bundle.image.steps import Silent

RUN = ("--flavour", "run")


@pytest.fixture
def file(place: Place) -> Path:
    made = place.folder / "own-agent"
    made.write_bytes(program())
    return made


@needs_cc
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the mirror is for amd64")
def test_one_that_is_compiled_here(place: Place) -> None:
    (image,) = place.build("x.tar", *RUN)["images"]
    assert [layer["name"] for layer in image["layers"]] == ["distribution", "agent"]
    layout, found = opened(place.folder / "x.tar")
    there = trees.read(layout, found, Silent()).files[PLACE]
    assert (there.mode, there.user, there.group) == (0o755, 0, 0)
    assert (there.sha256, there.size_bytes) == (
        image["agent"]["sha256"], image["agent"]["size_bytes"],
    )  # fmt: skip
    assert image["agent"]["compiler"]
    assert found.config.labels["io.x07.agent-digest"] == f"sha256:{there.sha256}"


def test_one_that_is_given(place: Place, file: Path) -> None:
    (image,) = place.build("x.tar", *RUN, "--agent", str(file))["images"]
    digest = hashlib.sha256(program()).hexdigest()
    assert image["agent"] == {"sha256": digest, "size_bytes": len(program()), "compiler": None}
    # The SBOM, which is plain in the archive.
    assert f"x07-guestd@sha256-{digest}".encode() in (place.folder / "x.tar").read_bytes()


def test_one_that_the_toolchain_brings(place: Place, file: Path) -> None:
    tool = place.folder / "toolchain" / PLACE
    tool.write_bytes(program())
    tool.chmod(0o755)
    (image,) = place.build("x.tar", *FULL)["images"]
    assert image["agent"] is None
    assert "agent" not in [layer["name"] for layer in image["layers"]]
    said = place.build("y.tar", *FULL, "--agent", str(file), code=2)
    assert f"has `{PLACE}` already" in said


def test_one_for_another_machine(place: Place, file: Path) -> None:
    file.write_bytes(program(183))
    said = place.build("x.tar", *RUN, "--agent", str(file), code=2)
    assert "is for arm64, and no image is made for it" in said
    assert not (place.folder / "x.tar").exists()


def test_no_compiler(place: Place, tmp_path: Path) -> None:
    """And then with a file."""
    (tmp_path / "empty").mkdir()
    said = place.build("x.tar", *RUN, code=2, X07_CC=str(tmp_path / "empty/none"))
    assert "error: the guest agent cannot be compiled for amd64" in said
    assert "`--agent FILE`" in said
    assert not (place.folder / "x.tar").exists()
