"""OCI archives that are embedded: what they say of their image, and why others are none."""

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from tests.unit.image.layouts import contents, made
from x07bundle.errors import X07Error
from x07bundle.vm import archives


def tar(folder: Path, members: Mapping[str, bytes]) -> Path:
    path = folder / "image.tar"
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def blob(document: object) -> tuple[str, str, bytes]:
    """Its digest, its place, and its bytes."""
    data = json.dumps(document).encode()
    name = sha256(data).hexdigest()
    return f"sha256:{name}", f"blobs/sha256/{name}", data


def image(
    folder: Path, *, index: object = None, manifest: object = None, config: object = None
) -> Path:
    """An archive with one image, of which parts are something else."""
    config_digest, config_place, config_data = blob(config or {"architecture": "amd64"})
    usual = {"config": {"digest": config_digest}}
    digest, place, data = blob(manifest or usual)
    listed = {"manifests": [{"digest": digest, "annotations": {archives.NAMES[0]: "guest:1"}}]}
    whole = json.dumps(index or listed).encode()
    return tar(folder, {archives.INDEX: whole, place: data, config_place: config_data})


def refused(path: Path) -> str:
    with pytest.raises(X07Error) as caught:
        archives.read(path)
    said = caught.value.render()
    assert caught.value.exit_code == 2
    assert f"`{path}`" in said.splitlines()[0]
    assert said.splitlines()[-1].startswith("hint: ")
    return said


def test_a_layer_that_was_changed(tmp_path: Path) -> None:
    """Nobody reads it here, and an engine that does is on another machine."""
    path = image(tmp_path)
    layer = b"a layer"
    with tarfile.open(path, "a") as archive:
        for name, data in {sha256(layer).hexdigest(): layer, "0" * 64: b"another"}.items():
            info = tarfile.TarInfo(f"blobs/sha256/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert f"`blobs/sha256/{'0' * 64}` is not what its name says" in refused(path)


def test_an_image(tmp_path: Path) -> None:
    found = archives.read(image(tmp_path))
    assert (found.reference, found.architecture) == ("guest:1", "amd64")
    assert (found.manifest.kind, found.config.kind) == ("manifest", "config")


def test_one_that_the_tool_made(tmp_path: Path) -> None:
    made(tmp_path / "guest.tar", contents("arm64"), name="x07.test/guest:1")
    found = archives.read(tmp_path / "guest.tar")
    assert (found.reference, found.architecture) == ("x07.test/guest:1", "arm64")


NO_TAR: Final[Mapping[str, tuple[bytes, str]]] = {
    "nothing": (b"", "it is empty"),
    "text": (b"hello\n", "it is no tar archive"),
    "junk": (bytes(range(256)) * 20, "it is no tar archive"),
    "zeros": (bytes(10240), "it has no `index.json`"),
    "gzip": (gzip.compress(b"x" * 4096), "it is compressed"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(4096), "it is compressed"),
}


@pytest.mark.parametrize(("data", "words"), NO_TAR.values(), ids=NO_TAR)
def test_what_is_no_archive(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "image.tar").write_bytes(data)
    assert words in refused(tmp_path / "image.tar")


def test_what_is_no_file(tmp_path: Path) -> None:
    """Nothing is waited for."""
    os.mkfifo(tmp_path / "pipe")
    assert "is a directory" in refused(tmp_path)
    assert "no such file" in refused(tmp_path / "missing.tar")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        assert "a device, a pipe or a socket" in refused(path)


OTHERS: Final[Mapping[str, tuple[Callable[[Path], Path], str]]] = {
    "of docker save": (lambda at: tar(at, {"manifest.json": b"[]"}), "it has no `index.json`"),
    "an index that is no JSON": (
        lambda at: tar(at, {"index.json": b"{"}), "`index.json` is no JSON object",
    ),
    "an index that is too deep": (
        lambda at: tar(at, {"index.json": b"[" * 90_000}), "`index.json` is no JSON object",
    ),
    "an index of nothing": (lambda at: image(at, index={"manifests": []}), "it holds 0 images"),
    "no list": (lambda at: image(at, index={"manifests": "one"}), "it holds no images"),
    "two images": (lambda at: image(at, index={"manifests": [{}, {}]}), "it holds 2 images"),
    "an image that is none": (lambda at: image(at, index={"manifests": ["one"]}), "no digest"),
    "no digest": (lambda at: image(at, index={"manifests": [{"digest": "md5:1"}]}), "no digest"),
    "a missing blob": (
        lambda at: image(at, index={"manifests": [{"digest": "sha256:" + "0" * 64}]}),
        "it has no `blobs/sha256/000",
    ),
    "an index in an index": (
        lambda at: image(at, manifest={"manifests": []}), "for several architectures",
    ),
    "a manifest that is a list": (lambda at: image(at, manifest=[1]), "is no JSON object"),
    "a configuration that is a list": (lambda at: image(at, config=[1]), "is no JSON object"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "words"), OTHERS.values(), ids=OTHERS)
def test_archives_without_a_usable_image(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    assert words in refused(make(tmp_path))


@pytest.mark.parametrize("notes", [None, "guest", ["guest"], {archives.NAMES[0]: 7}])
def test_names_that_are_none(tmp_path: Path, notes: object) -> None:
    digest, place, data = blob({"config": {"digest": blob({})[0]}})
    index = json.dumps({"manifests": [{"digest": digest, "annotations": notes}]}).encode()
    path = tar(tmp_path, {"index.json": index, place: data, blob({})[1]: b"{}"})
    assert archives.read(path).reference == ""


def test_a_blob_that_is_another(tmp_path: Path) -> None:
    digest, place, _ = blob({"config": 1})
    index = json.dumps({"manifests": [{"digest": digest}]}).encode()
    path = tar(tmp_path, {"index.json": index, place: b"{}"})
    assert "is not the digest of its blob" in refused(path)


def test_a_document_that_is_too_large(tmp_path: Path) -> None:
    path = tar(tmp_path, {"index.json": bytes(archives.MOST_DOCUMENT_BYTES + 1)})
    assert "`index.json` is larger than" in refused(path)


def test_half_an_archive(tmp_path: Path) -> None:
    path = image(tmp_path)
    path.write_bytes(path.read_bytes()[:600])
    refused(path)
