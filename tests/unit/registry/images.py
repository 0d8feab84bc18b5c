"""Small images in layouts, and sessions with a registry, for tests."""

import gzip
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.fakes.registry import Registry
from x07bundle.image import oci
from x07bundle.image.layer import Entry, ordered, tar_chunks
from x07bundle.image.layout import open_layout
from x07bundle.image.layout_writing import writing
from x07bundle.registry.pull import Pulled, pull
from x07bundle.registry.push import Choices, Pushed, push
from x07bundle.registry.reference import parse
from x07bundle.registry.selection import select
from x07bundle.registry.session import Session
from x07bundle.registry.settings import Options, Patience, settings_for
from x07bundle.registry.watching import Unwatched

LAYER_BYTES: Final = 300_000
"""Of the content of the large layer; as random as it is, its stored size is about that."""
QUICK: Final = Patience(silence_s=5, attempts=4, pause_s=0.5)
STUBBORN: Final = QUICK._replace(attempts=40)


def make(path: Path, architecture: str = "amd64", seed: int = 1, *, referrer: bool = True) -> Path:
    """An image of two layers, with an SBOM that refers to it."""
    data = random.Random(seed).randbytes(LAYER_BYTES)
    tars = tuple(_tar(name, data[:count]) for name, count in (("large", None), ("small", 100)))
    with writing(path) as writer:
        layers = tuple(writer.add(oci.LAYER_GZIP, gzip.compress(tar, mtime=0)) for tar in tars)
        ids = tuple(oci.digest_of(tar) for tar in tars)
        config = oci.config_bytes(oci.ImageConfig(oci.Platform("linux", architecture), ids))
        manifest = oci.Manifest(writer.add(oci.CONFIG, config), layers)
        image = writer.add(oci.MANIFEST, oci.manifest_bytes(manifest))
        listed = [image._replace(annotations={oci.REF_NAME: "v1"})]
        if referrer:
            writer.add(oci.EMPTY, oci.EMPTY_BYTES)
            content = writer.add(oci.SPDX, f'{{"about":"{architecture}"}}'.encode())
            sbom = oci.Manifest(
                oci.EMPTY_DESCRIPTOR, (content,), subject=image, artifact_type=oci.SPDX
            )
            listed.append(writer.add(oci.MANIFEST, oci.manifest_bytes(sbom)))
        writer.finish(oci.Index(tuple(listed)), None)
    return path


def _tar(name: str, data: bytes) -> bytes:
    return b"".join(tar_chunks(ordered([Entry(name, "file", 0o644, data)]), 0))


def session(
    server: Registry,
    name: str = "team/app:v1",
    *,
    env: Mapping[str, str] | None = None,
    pause: Callable[[float], None] = lambda seconds: None,
    patience: Patience = QUICK,
) -> Session:
    reference = parse(f"{server.host}/{name}")
    settings = settings_for(reference, Options(plain_http=True), env or {"HOME": "/nonexistent"})
    return Session(reference, settings._replace(patience=patience), pause)


def pushed(opened: Session, *layouts: Path, choices: Choices = Choices()) -> Pushed:  # noqa: B008
    selection = select(tuple(open_layout(path) for path in layouts), None)
    return push(opened, selection, choices, Unwatched())


def pulled(opened: Session, out: Path) -> Pulled:
    return pull(opened, out, Unwatched())


def outcomes(result: Pushed | Pulled, kind: str = "blob") -> list[str]:
    return [one.outcome for one in result.done if one.kind == kind]
