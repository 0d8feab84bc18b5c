"""What an OCI archive says of its image: a name and two digests, each compared with its bytes."""

import hashlib
import tarfile
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from x07bundle import files, strict_json
from x07bundle.errors import X07Error
from x07bundle.vm.backends.words import is_digest
from x07bundle.vm.job import Digest, DigestKind

INDEX: Final = "index.json"
BLOBS: Final = "blobs/sha256/"
CHUNK_BYTES: Final = 1 << 20
NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
MOST_DOCUMENT_BYTES: Final = 4 << 20
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
HINT: Final = "`x07 image build --out image.tar` makes one, and `x07 image verify` looks at it"


class Archived(NamedTuple):
    """`reference`: the name that an engine gives it; empty where it has none."""

    reference: str
    manifest: Digest
    config: Digest
    architecture: str


class Unusable(ValueError):
    """Why an archive holds no image that can be used."""


def read(path: Path) -> Archived:
    """The image of an archive that has one.

    Raises:
        X07Error: it is no such archive, or its digests do not hold.
    """
    with _opened(path) as stream:
        try:
            return _image(stream)
        except Unusable as error:
            why = str(error)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
        except (tarfile.TarError, ValueError, LookupError, ArithmeticError, EOFError):
            why = "it is damaged, or it is no tar archive"
    raise X07Error(f"`{path}` is no OCI archive that can be used", why, HINT)


def _opened(path: Path) -> IO[bytes]:
    try:
        return files.open_file(path)
    except X07Error as error:
        error.hint = HINT
        raise


def _image(stream: IO[bytes]) -> Archived:
    first = stream.read(len(ZSTD))
    stream.seek(0)
    if not first:
        raise Unusable("it is empty")
    if first.startswith((GZIP, ZSTD)):
        raise Unusable("it is compressed: unpack it with `gzip -d` or `zstd -d`")
    try:
        archive = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115  closed below
    except tarfile.TarError as error:
        raise Unusable("it is no tar archive") from error
    with archive:
        return _read(archive)


def _read(archive: tarfile.TarFile) -> Archived:
    every = _json(_member(archive, INDEX), INDEX).get("manifests")
    if not isinstance(every, list):
        raise Unusable("it holds no images")
    # What refers to an image (its bill of materials, signatures) is listed beside it.
    listed = [each for each in every if not isinstance(each, dict) or "artifactType" not in each]
    if len(listed) != 1:
        raise Unusable(f"it holds {len(listed)} images, and one is wanted")
    manifest = _digest("manifest", listed[0])
    described = _blob(archive, manifest)
    if "manifests" in described:
        raise Unusable("its image is one for several architectures, and one of them is wanted")
    config = _digest("config", described.get("config"))
    _check_blobs(archive)
    architecture = _blob(archive, config).get("architecture", "")
    return Archived(_name(listed[0]), manifest, config, str(architecture))


def _check_blobs(archive: tarfile.TarFile) -> None:
    """Engines compare layers when they are loaded: by then the archive is somewhere else."""
    for info in archive:
        name = info.name.removeprefix(BLOBS)
        if info.isreg() and name != info.name and _sha256(archive, info) != name:
            raise Unusable(f"`{info.name}` is not what its name says: it was changed")


def _sha256(archive: tarfile.TarFile, info: tarfile.TarInfo) -> str:
    stream = archive.extractfile(info)
    assert stream is not None
    digest = hashlib.sha256()
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _name(descriptor: dict[str, Any]) -> str:
    notes = descriptor.get("annotations")
    known = notes if isinstance(notes, dict) else {}
    return next((known[name] for name in NAMES if isinstance(known.get(name), str)), "")


def _digest(kind: DigestKind, descriptor: object) -> Digest:
    value = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(value, str) or not is_digest(value):
        raise Unusable(f"what should be a {kind} has no digest")
    return Digest(kind, value)


def _blob(archive: tarfile.TarFile, digest: Digest) -> dict[str, Any]:
    algorithm, _, name = digest.value.partition(":")
    data = _member(archive, f"blobs/{algorithm}/{name}")
    if hashlib.sha256(data).hexdigest() != name:
        raise Unusable(f"{digest.value} is not the digest of its blob")
    return _json(data, f"the {digest.kind} {digest.value}")


def _json(data: bytes, name: str) -> dict[str, Any]:
    found = strict_json.read(data)
    if not isinstance(found.value, dict):
        raise Unusable(f"`{name}` is no JSON object")
    return found.value


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        info = archive.getmember(name)
    except KeyError as error:
        raise Unusable(f"it has no `{name}`") from error
    if not info.isreg():
        raise Unusable(f"its `{name}` is no file")
    if info.size > MOST_DOCUMENT_BYTES:
        raise Unusable(f"its `{name}` is larger than {MOST_DOCUMENT_BYTES >> 20} MiB")
    file = archive.extractfile(info)
    return file.read() if file is not None else b""
