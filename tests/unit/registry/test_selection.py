"""What of a layout is pushed."""

from pathlib import Path

import pytest

from tests.unit.registry import images
from x07bundle.errors import UsageError, X07Error
from x07bundle.image import oci
from x07bundle.image.layout import open_layout
from x07bundle.image.layout_writing import writing
from x07bundle.registry.selection import Selection, select


def selected(*paths: Path, name: str | None = None) -> Selection:
    return select(tuple(open_layout(path) for path in paths), name)


def test_an_image_and_its_sbom(tmp_path: Path) -> None:
    found = selected(images.make(tmp_path / "one"))
    assert found.manifests[-1] == found.root
    assert [one.subject for one in found.referrers] == [found.root.digest]
    assert [one.descriptor.artifact_type for one in found.referrers] == [oci.SPDX]
    assert len(found.blobs) == 5


def test_an_image_twice_is_one(tmp_path: Path) -> None:
    one, copy = images.make(tmp_path / "one"), images.make(tmp_path / "copy")
    assert selected(one, copy).root == selected(one).root


def test_an_index_takes_those_of_an_index(tmp_path: Path) -> None:
    one, two = images.make(tmp_path / "one"), images.make(tmp_path / "two", "arm64", 2)
    both = selected(one, two)
    with writing(tmp_path / "both") as writer:
        for path in (one, two):
            for file in (path / "blobs/sha256").iterdir():
                writer.add("", file.read_bytes())
        writer.add(oci.INDEX, both.root.data)
        writer.finish(oci.Index((both.root.descriptor,)), None)
    assert selected(tmp_path / "both").root == both.root
    assert selected(tmp_path / "both", one).root == both.root


def test_several_names(tmp_path: Path) -> None:
    one, two = images.make(tmp_path / "one"), images.make(tmp_path / "two", seed=2)
    with pytest.raises(UsageError, match="several images") as caught:
        selected(one, two)
    assert "--image" in (caught.value.hint or "")
    with pytest.raises(UsageError, match="several images"):
        selected(one, two, name="v1")
    with pytest.raises(UsageError, match="is called `v2`"):
        selected(one, name="v2")
    assert selected(one, name="v1").root == selected(one).root


def test_a_layout_without_an_image(tmp_path: Path) -> None:
    with writing(tmp_path / "none") as writer:
        writer.finish(oci.Index(()), None)
    with pytest.raises(X07Error, match="there is no image in"):
        selected(tmp_path / "none")


def test_an_index_whose_member_is_missing(tmp_path: Path) -> None:
    one, two = images.make(tmp_path / "one"), images.make(tmp_path / "two", "arm64", 2)
    with writing(tmp_path / "half") as writer:
        top = writer.add(oci.INDEX, selected(one, two).root.data)
        for file in (one / "blobs/sha256").iterdir():
            writer.add("", file.read_bytes())
        writer.finish(oci.Index((top,)), None)
    with pytest.raises(X07Error, match="has no blob"):
        selected(tmp_path / "half")
