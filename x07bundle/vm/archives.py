"""What an OCI archive says of its image: a name and two digests, each compared with its bytes."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.vm.backends.words import is_digest
from x07bundle.vm.job import Digest

INDEX: Final = "index.json"
NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
MOST_DOCUMENT_BYTES: Final = 4 << 20
HINT: Final = "`x07 image build --out image.tar` makes one, and `x07 image verify` looks at it"


class Archived(NamedTuple):
    """`reference`: the name that an engine gives it; empty where it has none."""

    reference: str
    manifest: Digest
    config: Digest
    architecture: str


def read(path: Path) -> Archived:
    """The image of an archive that has one.

    Raises:
        X07Error: it is no such archive, or its digests do not hold.
    """
    try:
        with tarfile.open(path, mode="r:") as archive:
            return _read(archive)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise X07Error(f"cannot read the image archive `{path}`: {reason}", hint=HINT) from error
    except (tarfile.TarError, ValueError, KeyError, TypeError, IndexError, EOFError) as error:
        raise X07Error(
            f"`{path}` is no OCI archive that can be used", str(error) or None, HINT
        ) from error


def _read(archive: tarfile.TarFile) -> Archived:
    every = json.loads(_member(archive, INDEX))["manifests"]
    # What refers to an image (its bill of materials, signatures) is listed beside it.
    listed = [each for each in every if "artifactType" not in each]
    if len(listed) != 1:
        raise ValueError(f"it holds {len(listed)} images, and one is wanted")
    manifest = _digest("manifest", listed[0])
    config = _digest("config", json.loads(_blob(archive, manifest))["config"])
    architecture = json.loads(_blob(archive, config)).get("architecture", "")
    notes = listed[0].get("annotations") or {}
    names = [notes[name] for name in NAMES if isinstance(notes.get(name), str)]
    return Archived(names[0] if names else "", manifest, config, str(architecture))


def _digest(kind: str, descriptor: Any) -> Digest:  # noqa: ANN401  JSON of others
    value = descriptor["digest"]
    if not isinstance(value, str) or not is_digest(value):
        raise ValueError("a digest that is none")
    return Digest("manifest" if kind == "manifest" else "config", value)


def _blob(archive: tarfile.TarFile, digest: Digest) -> bytes:
    algorithm, _, name = digest.value.partition(":")
    data = _member(archive, f"blobs/{algorithm}/{name}")
    if hashlib.sha256(data).hexdigest() != name:
        raise ValueError(f"{digest.value} is not the digest of its blob")
    return data


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    info = archive.getmember(name)
    file = archive.extractfile(info)
    if file is None or info.size > MOST_DOCUMENT_BYTES:
        raise ValueError(f"`{name}` is no file of a size that can be")
    return file.read()
