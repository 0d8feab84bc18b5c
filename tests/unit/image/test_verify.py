"""Verification: every hostile layout is refused, with all that is wrong; a good one passes."""

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.image.layouts import (
    blob_file,
    changed_json,
    contents,
    copy_of,
    image_of,
    made,
    member,
    opened,
    tar_of,
)
from x07bundle.errors import RefusedError, X07Error
from x07bundle.image.layout import DamagedError, open_layout
from x07bundle.image.oci import digest_of
from x07bundle.image.steps import Silent
from x07bundle.image.verify import Verified, refuse, verify


def checked(path: Path) -> Verified:
    return verify(open_layout(path), Silent())


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "image"
    made(folder)
    return folder


def test_all_is_well(tmp_path: Path) -> None:
    for compression in ("gzip", "zstd"):
        made(tmp_path / "x.tar", contents("amd64"), contents("arm64"), compression=compression)
        found = checked(tmp_path / "x.tar")
        assert found.problems == ()
        assert found.image_count == 2
        refuse(open_layout(tmp_path / "x.tar"), found)


def test_every_bit_counts(good: Path, tmp_path: Path) -> None:
    """One byte of one blob after the other."""
    for number, blob in enumerate(sorted((good / "blobs/sha256").iterdir())):
        folder = copy_of(good, tmp_path / str(number))
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 4
        (folder / "blobs/sha256" / blob.name).write_bytes(data)
        with pytest.raises(X07Error) as caught:
            refuse(open_layout(folder), checked(folder))
        said = caught.value.brief + (caught.value.details or "")
        assert f"`sha256:{blob.name}` has another digest" in said
        assert caught.value.exit_code == 125


def test_a_blob_that_is_missing(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good, tmp_path / "x")
    _, image = opened(folder)
    blob_file(folder, image.manifest.layers[0].digest).unlink()
    (problem,) = checked(folder).problems
    assert problem.startswith(f"`{folder}` has no blob `{image.manifest.layers[0].digest}`")


def test_an_index_that_names_a_missing_blob(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good, tmp_path / "x")
    _, image = opened(folder)
    blob_file(folder, image.descriptor.digest).unlink()
    with pytest.raises(DamagedError, match="has no blob"):
        checked(folder)


def test_a_blob_too_many(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good, tmp_path / "x")
    blob_file(folder, digest_of(b"more")).write_bytes(b"more")
    (folder / "blobs/sha256/notes").write_text("x")
    assert checked(folder).problems == (
        f"blob `{digest_of(b'more')}` is named by nothing",
        "`blobs/sha256/notes` belongs to no image layout",
    )


def lead_astray(rows: Any) -> None:  # noqa: ANN401  JSON
    rows[0]["Layers"].reverse()


def name_more(rows: Any) -> None:  # noqa: ANN401  JSON
    rows.append({"Config": "blobs/sha256/x", "Layers": [], "RepoTags": None})


@pytest.mark.parametrize("change", [lead_astray, name_more])
def test_docker_led_to_another_image(
    good: Path, tmp_path: Path, change: Callable[[Any], None]
) -> None:
    folder = copy_of(good, tmp_path / "x")
    changed_json(folder / "manifest.json", change)
    problem = "`manifest.json` leads to another image than `index.json`"
    assert checked(folder).problems == (problem,)


@pytest.mark.parametrize("text", ["{}", "nonsense", "[1]", '[{"Layers": 1}]'])
def test_a_file_for_docker_that_is_none(good: Path, tmp_path: Path, text: str) -> None:
    folder = copy_of(good, tmp_path / "x")
    (folder / "manifest.json").write_text(text)
    assert len(checked(folder).problems) == 1


def test_a_plain_layer_that_is_not_the_configs(tmp_path: Path) -> None:
    """The blob is right, what is in it is not what the image's id stands for."""
    folder = image_of(tmp_path / "x", tar_of(member("a")))
    _, image = opened(folder)
    config = json.loads(blob_file(folder, image.manifest.config.digest).read_bytes())
    config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    replace_config(folder, config)
    (problem,) = checked(folder).problems
    assert "unpacks to" in problem
    assert "0" * 64 in problem


@pytest.mark.parametrize("count", [0, 2])
def test_another_number_of_diff_ids(tmp_path: Path, count: int) -> None:
    folder = image_of(tmp_path / "x", tar_of(member("a")))
    _, image = opened(folder)
    config = json.loads(blob_file(folder, image.manifest.config.digest).read_bytes())
    config["rootfs"]["diff_ids"] *= count
    replace_config(folder, config)
    assert "has 1 layers, and its config" in checked(folder).problems[0]


def test_an_index_that_says_another_platform(good: Path, tmp_path: Path) -> None:
    """A loader would take the image for a machine that it is not for."""

    def change(index: Any) -> None:  # noqa: ANN401  JSON
        index["manifests"][0]["platform"]["architecture"] = "arm64"

    folder = copy_of(good, tmp_path / "x")
    changed_json(folder / "index.json", change)
    (problem,) = checked(folder).problems
    assert "is for linux/amd64, and its index says another platform" in problem


def test_a_config_of_another_type(tmp_path: Path) -> None:
    folder = image_of(tmp_path / "x", tar_of(member("a")))
    _, image = opened(folder)
    config = json.loads(blob_file(folder, image.manifest.config.digest).read_bytes())
    replace_config(folder, config, mediaType="application/x")
    (problem,) = checked(folder).problems
    assert "has a config of the type `application/x`" in problem


def replace_config(folder: Path, config: object, **members: str) -> None:
    """Another config, with digests that are right all the way up. `members`: of its descriptor."""
    index = json.loads((folder / "index.json").read_bytes())
    old = blob_file(folder, index["manifests"][0]["digest"])
    manifest = json.loads(old.read_bytes())
    old.unlink()
    blob_file(folder, manifest["config"]["digest"]).unlink()
    manifest["config"].update(stored(folder, config), **members)
    index["manifests"][0].update(stored(folder, manifest))
    (folder / "index.json").write_text(json.dumps(index))


def stored(folder: Path, document: object) -> dict[str, Any]:
    data = json.dumps(document).encode()
    blob_file(folder, digest_of(data)).write_bytes(data)
    return {"digest": digest_of(data), "size": len(data)}


HOSTILE = {
    "up": (tar_of(member("../escaped")), "leaves the tree"),
    "absolute": (tar_of(member("/escaped")), "an absolute name"),
    "link": (tar_of(member("a", tarfile.SYMTYPE, "../../x")), "a link out of the tree"),
    "device": (tar_of(member("null", tarfile.CHRTYPE)), "a character device"),
    "hard link": (tar_of(member("a", tarfile.LNKTYPE, "../../x")), "leaves the tree"),
    "twice": (tar_of(member("a"), member("a")), "twice"),
    "truncated": (tar_of(member("a"), content=b"x" * 600)[:700], "is truncated"),
    "no tar": (b"not a tar at all", "is truncated"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_layers_that_are_refused(tmp_path: Path, case: str) -> None:
    tar, words = HOSTILE[case]
    image_of(tmp_path / "x", tar_of(member("fine")), tar)
    found = checked(tmp_path / "x")
    (problem,) = found.problems
    assert words in problem
    assert problem.startswith("layer `sha256:")
    assert os.listdir(tmp_path) == ["x"]  # noqa: PTH208  names, nothing else


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("x07bundle.image.unpacking.MOST_PLAIN_BYTES", 4 << 20)
    image_of(tmp_path / "x", tar_of(member("zeros"), content=bytes(8 << 20)))
    (problem,) = checked(tmp_path / "x").problems
    assert "unpacks to more than" in problem


def test_a_stream_that_is_cut(tmp_path: Path) -> None:
    folder = image_of(tmp_path / "x", tar_of(member("a"), content=os.urandom(3000)))
    _, image = opened(folder)
    os.truncate(blob_file(folder, image.manifest.layers[0].digest), 2000)
    problems = checked(folder).problems
    assert any("bytes, not" in problem for problem in problems)


def test_indices_within_indices_end(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good, tmp_path / "x")
    index = json.loads((folder / "index.json").read_bytes())
    for _ in range(6):
        index["manifests"] = [{"mediaType": index["mediaType"], **stored(folder, index)}]
    (folder / "index.json").write_text(json.dumps(index))
    with pytest.raises(X07Error, match="indices within indices"):
        checked(folder)


def test_all_that_is_wrong_is_said(good: Path, tmp_path: Path) -> None:
    folder = copy_of(good, tmp_path / "x")
    _, image = opened(folder)
    for layer in image.manifest.layers:
        blob_file(folder, layer.digest).unlink()
    (folder / "more").write_text("x")
    layout = open_layout(folder)
    with pytest.raises(RefusedError) as caught:
        refuse(layout, verify(layout, Silent()))
    assert len((caught.value.details or "").splitlines()) == 3
