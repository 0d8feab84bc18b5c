"""Images as a container sees them: what is in one, what changed between two."""

import json
import tarfile
from pathlib import Path

import pytest

from tests.unit.image.layouts import (
    BASE,
    TOP,
    changed_json,
    contents,
    image_of,
    made,
    member,
    opened,
    tar_of,
)
from x07bundle.errors import UsageError
from x07bundle.image import diff, images, inspect, trees
from x07bundle.image.diff import FileChange, PackageChange
from x07bundle.image.layer import Entry
from x07bundle.image.layout import open_layout
from x07bundle.image.oci import REF_NAME
from x07bundle.image.steps import Silent

FOLDER, LINK = tarfile.DIRTYPE, tarfile.SYMTYPE


def names(folder: Path, *tars: bytes) -> set[str]:
    layout, image = opened(image_of(folder, *tars))
    return set(trees.read(layout, image, Silent()).files)


LOWER = tar_of(
    member("a", FOLDER), member("a/x"), member("a/y"), member("ab"), member("l", LINK, "a")
)


@pytest.mark.parametrize(
    ("upper", "left"),
    [
        (tar_of(member("n")), {"a", "a/x", "a/y", "ab", "l", "n"}),
        (tar_of(member("a/.wh.x")), {"a", "a/y", "ab", "l"}),
        (tar_of(member(".wh.a")), {"ab", "l"}),
        (tar_of(member("a/z"), member("a/.wh..wh..opq")), {"a", "a/z", "ab", "l"}),
        (tar_of(member(".wh..wh..opq"), member("n")), {"n"}),
        (tar_of(member(".wh.a"), member("a", FOLDER), member("a/n")), {"a", "a/n", "ab", "l"}),
        (tar_of(member("a")), {"a", "ab", "l"}),
        (tar_of(member("l", FOLDER), member("l/x")), {"a", "a/x", "a/y", "ab", "l", "l/x"}),
    ],
    ids=[
        "nothing",
        "one",
        "folder",
        "opaque",
        "root",
        "anew",
        "file for folder",
        "folder for link",
    ],
)
def test_layers_one_above_the_other(tmp_path: Path, upper: bytes, left: set[str]) -> None:
    assert names(tmp_path / "x", LOWER, upper) == left


def test_a_layer_does_not_hide_its_own(tmp_path: Path) -> None:
    assert names(tmp_path / "x", tar_of(member("a"), member(".wh.a"))) == {"a"}


def test_hard_links_have_the_content_of_what_they_name(tmp_path: Path) -> None:
    tar = tar_of(member("a"), member("b", tarfile.LNKTYPE, "a"), content=b"x")
    layout, image = opened(image_of(tmp_path / "x", tar))
    files = trees.read(layout, image, Silent()).files
    assert files["a"].sha256 == files["b"].sha256 != ""


def test_inspect(tmp_path: Path) -> None:
    made(tmp_path / "x.tar")
    layout, image = opened(tmp_path / "x.tar")
    facts = inspect.inspect(layout, image, tuple(images.manifests(layout)), Silent())
    document = inspect.document(facts)
    assert document["names"] == ["localhost/x07-guest-runner:test", "test"]
    assert [layer["name"] for layer in document["layers"]] == ["distribution", "toolchain"]
    assert document["packages"] == [
        {
            "name": "libstdc++6",
            "version": "1:12.2.0~rc1-14+b1",
            "architecture": "amd64",
            "source": "gcc-12 (12.2.0-14)",
            "maintainer": "A Team <team@lists.example.org>",
            "installed_bytes": 20480,
            "licenses": ["GPL-3+"],
        }
    ]
    assert [each["artifact_type"] for each in document["referrers"]] == ["application/spdx+json"]
    assert document["labels"]["io.x07.flavour"] == "run"
    json.dumps(document)
    text = inspect.text(facts)
    assert "  libstdc++6  1:12.2.0~rc1-14+b1     0.0 MiB  GPL-3+\n" in text
    assert f"manifest                        {image.descriptor.digest}\n" in text


def test_which_of_several(tmp_path: Path) -> None:
    made(tmp_path / "x", contents("amd64"), contents("arm64"))
    layout = open_layout(tmp_path / "x")
    assert images.only(layout, "arm64").platform == "linux/arm64"
    with pytest.raises(UsageError, match="has several images: linux/amd64, linux/arm64"):
        images.only(layout, None)
    made(tmp_path / "y")
    with pytest.raises(UsageError, match="has no such image: linux/amd64"):
        images.only(open_layout(tmp_path / "y"), "arm64")


def test_the_same_in_other_layers_is_the_same(tmp_path: Path) -> None:
    made(tmp_path / "x")
    made(tmp_path / "y", compression="zstd", time_seconds=1)
    found = diff.compare(opened(tmp_path / "x"), opened(tmp_path / "y"), Silent())
    sbom = "usr/share/x07/sbom.spdx.json"
    assert [change.path for change in found.files] == [sbom]
    assert not found.packages
    same = diff.compare(opened(tmp_path / "x"), opened(tmp_path / "x"), Silent())
    assert same.is_empty
    assert diff.text(same) == "both hold the same\n"


def test_what_changed(tmp_path: Path) -> None:
    control = BASE[4]._replace(content=b"Package: libstdc++6\nVersion: 13\nArchitecture: amd64\n")
    new = Entry("var/lib/dpkg/status.d/zlib", "file", 0o644, b"Package: zlib\nVersion: 1\n")
    tmp = Entry("tmp", "folder", 0o755)
    link = BASE[1]._replace(target="usr/sbin")
    greet = Entry("usr/bin/greet", "file", 0o755, b"other", user=7)
    changed = (tmp, link, BASE[2], greet, control, new)
    made(tmp_path / "x")
    made(tmp_path / "y", contents(layers={"distribution": changed, "toolchain": TOP}))
    found = diff.compare(opened(tmp_path / "x"), opened(tmp_path / "y"), Silent())
    assert found.packages == (
        PackageChange("libstdc++6", "1:12.2.0~rc1-14+b1", "13"),
        PackageChange("zlib", None, "1"),
    )
    by_path = {change.path: change for change in found.files}
    assert by_path["tmp"].what == "mode"
    assert by_path["bin"].what == "target"
    assert by_path["usr/bin/greet"].what == "content,owner"
    assert by_path[control.path].what == "content"
    assert by_path[new.path] == FileChange(new.path, "added", None, 25)
    assert by_path["usr/share/doc/libstdc++6/copyright"].what == "removed"
    assert "usr/bin/hello" not in by_path
    lines = diff.text(found).splitlines()
    assert lines[0] == "~ package libstdc++6 1:12.2.0~rc1-14+b1 -> 13"
    assert "~ usr/bin/greet: content, owner" in lines


def test_names_of_others_move_no_cursor(tmp_path: Path) -> None:
    """Of a terminal; nor do they look like lines of ours."""
    evil = Entry("a\x1b[2J\nmanifest  sha256:0\x9b\udcff", "file", 0o644, b"")
    changed_json(
        image_of(tmp_path / "x", tar_of(member("a"))) / "index.json",
        lambda index: index["manifests"][0]["annotations"].update({REF_NAME: evil.path[:-1]}),
    )
    layout, image = opened(tmp_path / "x")
    text = inspect.text(inspect.inspect(layout, image, (), Silent()))
    assert r"a\x1b[2J\nmanifest  sha256:0\x9b" in text.splitlines()[0]
    made(tmp_path / "y", contents(layers={"distribution": (*BASE, evil), "toolchain": TOP}))
    made(tmp_path / "z")
    said = diff.text(diff.compare(opened(tmp_path / "z"), opened(tmp_path / "y"), Silent()))
    for lines in (text, said):
        assert all(line.isprintable() for line in lines.splitlines())


def test_no_image_at_all(tmp_path: Path) -> None:
    made(tmp_path / "x")
    (tmp_path / "x/index.json").write_text('{"schemaVersion":2,"manifests":[]}')
    with pytest.raises(UsageError, match="has no image"):
        images.only(open_layout(tmp_path / "x"), None)


def test_settings_count(tmp_path: Path) -> None:
    made(tmp_path / "x", contents("amd64"))
    made(tmp_path / "y", contents("arm64"))
    found = diff.compare(opened(tmp_path / "x"), opened(tmp_path / "y"), Silent())
    assert found.settings == ("platform",)
