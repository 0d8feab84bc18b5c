"""From contents to a layout: the same bytes anywhere, and what the documents say."""

import json
import os
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.image.layouts import BASE, blob_file, contents, made, opened
from x07bundle.errors import X07Error
from x07bundle.image import images, report, sbom
from x07bundle.image.layer import Entry
from x07bundle.image.layout import open_layout
from x07bundle.image.oci import IMAGE_NAME, REF_NAME, SPDX


@pytest.fixture
def other_surroundings() -> Iterator[None]:
    mask, zone = os.umask(0o077), os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Kiritimati"
    time.tzset()
    yield
    os.umask(mask)
    del os.environ["TZ"]
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_bytes_from_two_folders(tmp_path: Path) -> None:
    made(tmp_path / "one")
    made(tmp_path / "deeper/two")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "deeper/two")


def test_the_same_bytes_in_other_surroundings(tmp_path: Path, request: Any) -> None:  # noqa: ANN401
    made(tmp_path / "one.tar")
    request.getfixturevalue("other_surroundings")
    made(tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_a_time_changes_what_has_no_earlier_one(tmp_path: Path) -> None:
    old = {
        "base": (Entry("old", "file", 0o644, time_seconds=5),),
        "top": (Entry("x", "folder", 0o755),),
    }
    reports = [
        made(tmp_path / str(at), contents(layers=old), time_seconds=at).images[0] for at in (10, 20)
    ]
    one, other = ([layer.diff_id for layer in found.layers] for found in reports)
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_documents(tmp_path: Path) -> None:
    made(tmp_path / "image")
    layout, image = opened(tmp_path / "image")
    assert image.names == ("localhost/x07-guest-runner:test", "test")
    assert image.platform == "linux/amd64"
    assert image.config.created == "2023-11-14T22:13:20Z"
    assert image.config.labels == {
        "io.x07.flavour": "run",
        "io.x07.lock-digest": "sha256:" + "cd" * 32,
        "io.x07.tool-version": "0.1.0",
    }
    assert image.manifest.annotations["org.opencontainers.image.title"] == "x07-guest-runner"
    assert image.config.history == ("x07bundle layer distribution", "x07bundle layer toolchain")
    assert layout.top.manifests[0].annotations == {
        REF_NAME: "test",
        IMAGE_NAME: "localhost/x07-guest-runner:test",
    }


def test_docker_is_led_to_the_same_image(tmp_path: Path) -> None:
    made(tmp_path / "image", name="host.example/x/y:1")
    _, image = opened(tmp_path / "image")
    (row,) = json.loads((tmp_path / "image/manifest.json").read_bytes())
    assert row["RepoTags"] == ["host.example/x/y:1"]
    assert row["Config"] == f"blobs/sha256/{image.manifest.config.digest[7:]}"
    assert row["Layers"] == [f"blobs/sha256/{one.digest[7:]}" for one in image.manifest.layers]


def test_the_sbom_is_in_the_image_and_about_it(tmp_path: Path) -> None:
    made(tmp_path / "image")
    layout, image = opened(tmp_path / "image")
    (referrer,) = (found for found in images.manifests(layout) if not found.is_image)
    assert referrer.manifest.artifact_type == SPDX
    assert referrer.manifest.subject is not None
    assert referrer.manifest.subject.digest == image.descriptor.digest
    document = json.loads(layout.document(referrer.manifest.layers[0]))
    assert document["packages"][0]["versionInfo"] == image.descriptor.digest
    top = blob_file(tmp_path / "image", image.manifest.layers[-1].digest)
    with tarfile.open(top) as archive:
        inside = archive.extractfile(sbom.PLACE)
        assert inside is not None
        assert json.load(inside)["packages"][0]["versionInfo"] == "0.1.0"


def test_two_architectures_are_one_name(tmp_path: Path) -> None:
    done = made(tmp_path / "image", contents("amd64"), contents("arm64"))
    layout = open_layout(tmp_path / "image")
    assert [image.platform for image in images.images(layout)] == ["linux/amd64", "linux/arm64"]
    assert layout.top.manifests[0].digest == done.top.digest
    assert len(layout.top.manifests) == 3  # the index, and two SBOMs


def test_folders_keep_the_permissions_of_lower_layers(tmp_path: Path) -> None:
    layers = {"base": BASE, "top": (Entry("tmp/x", "file", 0o644),)}
    made(tmp_path / "image", contents(layers=layers))
    _, image = opened(tmp_path / "image")
    top = blob_file(tmp_path / "image", image.manifest.layers[-1].digest)
    with tarfile.open(top) as archive:
        assert archive.getmember("tmp").mode == 0o1777


def test_what_is_reported(tmp_path: Path) -> None:
    done = made(tmp_path / "image.tar")
    document = report.document(done)
    (image,) = document["images"]
    assert document["form"] == "archive"
    assert document["digest"] == image["manifest"]["digest"]
    assert document["compression"].endswith("level 6")
    assert [layer["name"] for layer in image["layers"]] == ["distribution", "toolchain"]
    assert image["packages"] == 1
    _, found = opened(tmp_path / "image.tar")
    assert [layer["digest"] for layer in image["layers"]] == [
        one.digest for one in found.manifest.layers
    ]
    assert [layer["diff_id"] for layer in image["layers"]] == list(found.config.diff_ids)
    assert f"{found.manifest.layers[1].digest}\n" in report.text(done)


def test_contents_that_are_no_image_leave_nothing(tmp_path: Path) -> None:
    twice = {"base": (Entry("a", "file", 0o644), Entry("a", "file", 0o644))}
    with pytest.raises(X07Error, match="`a` twice"):
        made(tmp_path / "image", contents(layers=twice))
    assert list(tmp_path.iterdir()) == []
