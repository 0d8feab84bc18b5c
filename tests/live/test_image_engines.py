"""Others read what is built here: engines run it, tools of the OCI inspect and unpack it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.live import engines
from tests.live.engines import Engine
from tests.unit.image.layouts import BASE, contents, made, opened
from x07bundle.image import trees
from x07bundle.image.build import Contents
from x07bundle.image.layer import Entry
from x07bundle.image.packing import Compression
from x07bundle.image.report import Report
from x07bundle.image.steps import Silent

pytestmark = pytest.mark.live

SOURCE: Final = """
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    printf("hello, root is %s\\n", access("/usr", W_OK) ? "read-only" : "writable");
    return 0;
}
"""
SAYS: Final = "hello, root is read-only\n"
NAME: Final = "host.example/team/guest:1.0"
PROGRAM: Final = "/usr/bin/static"
LOCAL: Final = pytest.mark.parametrize(
    ("file", "name"),
    [
        ("image.tar", NAME),
        ("short.tar", "localhost/guest:short"),
        ("both.tar", "localhost/guest:both"),
        ("zstd.tar", "localhost/guest:zstd"),
    ],
)
"""What podman and containerd make of names without a host. Older dockers read no zstd."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images of a static program."""
    engines.need("gcc")
    folder = tmp_path_factory.mktemp("images")
    (folder / "x.c").write_text(SOURCE)
    subprocess.run(["gcc", "-static", "-o", "x", "x.c"], cwd=folder, check=True)
    of = with_program((folder / "x").read_bytes())
    made(folder / "image.tar", of, name=NAME)
    made(folder / "short.tar", of, name="guest:short")
    made(folder / "both.tar", of, of._replace(architecture="arm64"), name="guest:both")
    made(folder / "zstd.tar", of, name="guest:zstd", compression="zstd")
    made(folder / "image", of, name=NAME)
    return folder


def with_program(program: bytes) -> Contents:
    entry = Entry(PROGRAM[1:], "file", 0o755, program)
    return contents(layers={"distribution": BASE, "toolchain": (entry,)})


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.docker(tmp_path_factory.mktemp("docker")) as engine:
        yield engine


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.podman(tmp_path_factory.mktemp("podman")) as engine:
        yield engine


@pytest.fixture(scope="module")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.containerd(tmp_path_factory.mktemp("containerd")) as engine:
        yield engine


def config_digest(file: Path) -> str:
    return opened(file)[1].manifest.config.digest


@pytest.mark.parametrize(
    ("file", "name"),
    [("image.tar", NAME), ("short.tar", "guest:short"), ("both.tar", "guest:both")],
)
def test_docker(docker: Engine, built: Path, file: str, name: str) -> None:
    assert f"Loaded image: {name}" in docker.load(built / file)
    said = docker("image", "inspect", "--format", "{{.Id}} {{json .Config.Labels}}", name)
    digest, _, labels = said.partition(" ")
    assert digest == config_digest(built / file)
    assert json.loads(labels)["io.x07.flavour"] == "run"
    assert docker.start(name, PROGRAM) == SAYS


@LOCAL
def test_podman(podman: Engine, built: Path, file: str, name: str) -> None:
    assert f"Loaded image: {name}" in podman.load(built / file)
    digest = podman("image", "inspect", "--format", "{{.Id}}", name).strip()
    assert f"sha256:{digest}" == config_digest(built / file)
    assert podman.start(name, PROGRAM) == SAYS


@LOCAL
def test_containerd(containerd: Engine, built: Path, file: str, name: str) -> None:
    containerd.load(built / file)
    listed = containerd("images", "ls", f"name=={name}")
    layout, _ = opened(built / file)
    assert layout.top.manifests[0].digest in listed
    assert containerd.start(name, PROGRAM) == SAYS


@pytest.mark.parametrize(
    "source", ["oci:{}/image:1.0", "oci-archive:{}/image.tar:1.0", "docker-archive:{}/image.tar"]
)
def test_skopeo(built: Path, source: str) -> None:
    engines.need("skopeo")
    words = ["skopeo", "inspect", source.format(built)]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    _, image = opened(built / "image.tar")
    assert found["Created"] == "2023-11-14T22:13:20Z"
    assert found["Labels"] == dict(image.config.labels)
    if source.startswith("oci"):
        assert found["Digest"] == image.descriptor.digest
        assert found["Layers"] == [layer.digest for layer in image.manifest.layers]


def test_umoci(built: Path, tmp_path: Path) -> None:
    """What it unpacks is what we say is in it."""
    engines.need("umoci")
    words = ["umoci", "unpack", "--rootless", "--image", f"{built}/image:1.0", str(tmp_path / "x")]
    subprocess.run(words, capture_output=True, check=True)
    root = tmp_path / "x/rootfs"
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*")}
    layout, image = opened(built / "image")
    files = trees.read(layout, image, Silent()).files
    assert set(found) == set(files)
    for name, file in files.items():
        status = found[name].lstat()
        if file.kind == "file":
            assert status.st_size == file.size_bytes
        if file.kind != "symlink":
            assert status.st_mode & 0o7777 == file.mode
        else:
            assert os.fspath(found[name].readlink()) == file.target


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_skopeo_copies_to_the_same_digest(
    built: Path, tmp_path: Path, compression: Compression
) -> None:
    engines.need("skopeo")
    source = built / ("image" if compression == "gzip" else "zstd.tar")
    kind, tag = ("oci", "1.0") if compression == "gzip" else ("oci-archive", "zstd")
    words = ["skopeo", "copy", "--preserve-digests", f"{kind}:{source}:{tag}"]
    subprocess.run([*words, f"oci:{tmp_path}/copy:x"], capture_output=True, check=True)
    _, image = opened(tmp_path / "copy")
    assert image.descriptor.digest == opened(source)[1].descriptor.digest
    assert trees.read(*opened(tmp_path / "copy"), Silent()).files


def test_what_others_made_is_read(built: Path, tmp_path: Path) -> None:
    """An image of docker's own form, as skopeo writes it into a layout."""
    engines.need("skopeo")
    archive, folder = f"docker-archive:{tmp_path}/d.tar:guest:d", f"oci:{tmp_path}/again:d"
    for one, other in ((f"oci:{built}/image:1.0", archive), (archive, folder)):
        subprocess.run(["skopeo", "copy", one, other], capture_output=True, check=True)
    layout, image = opened(tmp_path / "again")
    files = trees.read(layout, image, Silent()).files
    assert files == trees.read(*opened(built / "image"), Silent()).files


def test_sizes_are_reported_as_they_are(built: Path, tmp_path: Path) -> None:
    report: Report = made(tmp_path / "x", contents())
    layers = report.images[0].layers
    for layer in layers:
        file = tmp_path / "x/blobs/sha256" / layer.descriptor.digest[7:]
        assert file.stat().st_size == layer.descriptor.size_bytes
        plain = subprocess.run(["gzip", "-dc", str(file)], capture_output=True, check=True).stdout
        assert len(plain) == layer.plain_bytes
