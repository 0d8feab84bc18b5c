"""Small images, whole and damaged on purpose."""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from x07bundle.image import images, names
from x07bundle.image.build import Contents, Wanted, build
from x07bundle.image.images import Image
from x07bundle.image.layer import Entry
from x07bundle.image.layout import Layout, open_layout
from x07bundle.image.oci import (
    CONFIG,
    IMAGE_NAME,
    LAYER_GZIP,
    MANIFEST,
    REF_NAME,
    ImageConfig,
    Index,
    Manifest,
    Platform,
    config_bytes,
    described,
    digest_of,
    index_bytes,
    manifest_bytes,
)
from x07bundle.image.packing import Compression
from x07bundle.image.report import Report
from x07bundle.image.steps import Silent

TIME_SECONDS: Final = 1_700_000_000
CONTROL: Final = b"""\
Package: libstdc++6
Version: 1:12.2.0~rc1-14+b1
Architecture: amd64
Source: gcc-12 (12.2.0-14)
Maintainer: A Team <team@lists.example.org>
Installed-Size: 20
"""
COPYRIGHT: Final = b"""\
Files: *
License: GPL-3+

License: GPL-3+
 the text
"""
BASE: Final = (
    Entry("tmp", "folder", 0o1777),
    Entry("bin", "symlink", 0o777, target="usr/bin"),
    Entry("usr/bin/hello", "file", 0o755, b"#!hello\n"),
    Entry("usr/bin/greet", "hardlink", 0o755, target="usr/bin/hello"),
    Entry("var/lib/dpkg/status.d/libstdc++6", "file", 0o644, CONTROL),
    Entry("usr/share/doc/libstdc++6/copyright", "file", 0o644, COPYRIGHT),
)
TOP: Final = (Entry("opt/tool", "file", 0o755, bytes(range(256)) * 40),)


def contents(
    architecture: str = "amd64", layers: Mapping[str, tuple[Entry, ...]] | None = None
) -> Contents:
    return Contents(
        architecture=architecture,
        layers=layers or {"distribution": BASE, "toolchain": TOP},
        package_digests={"libstdc++6": "ab" * 32},
        lock_sha256="cd" * 32,
        distribution="debian",
        suite="bookworm",
    )


def wanted(
    name: str = "x07-guest-runner:test",
    compression: Compression = "gzip",
    time_seconds: int = TIME_SECONDS,
) -> Wanted:
    return Wanted("run", names.read(name), compression, time_seconds, ("PATH=/usr/bin",), "/")


def made(target: Path, *of: Contents, **values: Any) -> Report:  # noqa: ANN401  those of `wanted`
    return build(of or (contents(),), wanted(**values), target, Silent())


def opened(target: Path) -> tuple[Layout, Image]:
    layout = open_layout(target)
    return layout, images.images(layout)[0]


def tar_of(
    *members: tarfile.TarInfo, content: bytes = b"", form: int = tarfile.PAX_FORMAT
) -> bytes:
    """A tar as given; files have `content`."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form) as archive:
        for member in members:
            is_file = member.type == tarfile.REGTYPE
            member.size = len(content) if is_file else 0
            archive.addfile(member, io.BytesIO(content) if is_file else None)
    return data.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def image_of(folder: Path, *tars: bytes) -> Path:
    """A layout whose layers are these tars, all digests right."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(media_type: str, data: bytes) -> Any:  # noqa: ANN401  a descriptor
        found = described(media_type, data)
        (blobs / found.digest.removeprefix("sha256:")).write_bytes(data)
        return found

    config = ImageConfig(Platform("linux", "amd64"), tuple(map(digest_of, tars)))
    layers = tuple(blob(LAYER_GZIP, gzip.compress(tar, mtime=0)) for tar in tars)
    manifest = Manifest(blob(CONFIG, config_bytes(config)), layers)
    top = blob(MANIFEST, manifest_bytes(manifest))
    named = top._replace(annotations={REF_NAME: "test", IMAGE_NAME: "localhost/x:test"})
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_bytes(index_bytes(Index((named,))))
    return folder


def blob_file(folder: Path, digest: str) -> Path:
    return folder / "blobs/sha256" / digest.removeprefix("sha256:")


def changed_json(file: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(file.read_bytes())
    change(document)
    file.write_text(json.dumps(document))


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target
