"""OCI image values (image-spec 1.1): descriptors, manifests, configs and indices.

Written as canonical JSON: sorted keys, no spaces. What others wrote is read strictly and its bytes
are kept; a digest is of bytes, never of a value that was read.
"""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER_TAR: Final = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP: Final = LAYER_TAR + "+gzip"
LAYER_ZSTD: Final = LAYER_TAR + "+zstd"
EMPTY: Final = "application/vnd.oci.empty.v1+json"
SPDX: Final = "application/spdx+json"

DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LAYER_TAR: Final = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"

INDEX_TYPES: Final = frozenset({INDEX, DOCKER_INDEX})
MANIFEST_TYPES: Final = frozenset({MANIFEST, DOCKER_MANIFEST})

REF_NAME: Final = "org.opencontainers.image.ref.name"
IMAGE_NAME: Final = "io.containerd.image.name"
"""The whole reference, which containerd, podman and docker name a loaded image by."""

EMPTY_BYTES: Final = b"{}"
ALGORITHM: Final = "sha256"

Annotations = Mapping[str, str]
NONE: Final[Annotations] = MappingProxyType({})


class Platform(NamedTuple):
    """Go's names: `linux`, `amd64`."""

    system: str
    architecture: str
    variant: str = ""


class Descriptor(NamedTuple):
    """`digest` is `sha256:` and 64 lower-case hex digits."""

    media_type: str
    digest: str
    size_bytes: int
    annotations: Annotations = NONE
    platform: Platform | None = None
    artifact_type: str = ""


class Manifest(NamedTuple):
    """`subject`: what an artifact, such as an SBOM or a signature, is about."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Annotations = NONE
    subject: Descriptor | None = None
    artifact_type: str = ""
    media_type: str = MANIFEST


class Index(NamedTuple):
    manifests: tuple[Descriptor, ...]
    annotations: Annotations = NONE
    subject: Descriptor | None = None
    artifact_type: str = ""
    media_type: str = INDEX


class ImageConfig(NamedTuple):
    """`diff_ids`: the digests of the plain tars, base first. `created`: RFC 3339 in UTC."""

    platform: Platform
    diff_ids: tuple[str, ...]
    created: str = ""
    env: tuple[str, ...] = ()
    labels: Annotations = NONE
    working_dir: str = ""
    command: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    """For each layer, what it was made by; or none at all."""


EMPTY_DESCRIPTOR: Final = Descriptor(
    EMPTY, f"{ALGORITHM}:{hashlib.sha256(EMPTY_BYTES).hexdigest()}", len(EMPTY_BYTES)
)


def canonical(document: object) -> bytes:
    """Sorted keys, no spaces, no newline."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def digest_of(data: bytes) -> str:
    return f"{ALGORITHM}:{hashlib.sha256(data).hexdigest()}"


def described(media_type: str, data: bytes, annotations: Annotations | None = None) -> Descriptor:
    """The descriptor of a blob."""
    return Descriptor(media_type, digest_of(data), len(data), annotations or NONE)


def descriptor_document(descriptor: Descriptor) -> dict[str, Any]:
    document: dict[str, Any] = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size_bytes,
        "annotations": dict(descriptor.annotations),
        "artifactType": descriptor.artifact_type,
    }
    if descriptor.platform is not None:
        document["platform"] = _platform_document(descriptor.platform)
    return _filled(document)


def manifest_document(manifest: Manifest) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "config": descriptor_document(manifest.config),
        "layers": [descriptor_document(layer) for layer in manifest.layers],
        **_surroundings(manifest),
    }


def index_document(index: Index) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "manifests": [descriptor_document(manifest) for manifest in index.manifests],
        **_surroundings(index),
    }


def config_document(config: ImageConfig) -> dict[str, Any]:
    settings = {
        "Env": list(config.env),
        "Labels": dict(config.labels),
        "WorkingDir": config.working_dir,
        "Cmd": list(config.command),
    }
    created = {"created": config.created} if config.created else {}
    document = {
        **created,
        **_platform_document(config.platform),
        "config": _filled(settings),
        "history": [{**created, "created_by": text} for text in config.history],
        "rootfs": {"type": "layers", "diff_ids": list(config.diff_ids)},
    }
    return _filled(document)


def manifest_bytes(manifest: Manifest) -> bytes:
    return canonical(manifest_document(manifest))


def index_bytes(index: Index) -> bytes:
    return canonical(index_document(index))


def config_bytes(config: ImageConfig) -> bytes:
    return canonical(config_document(config))


def _platform_document(platform: Platform) -> dict[str, Any]:
    return _filled(
        {
            "architecture": platform.architecture,
            "os": platform.system,
            "variant": platform.variant,
        }
    )


def _surroundings(value: Manifest | Index) -> dict[str, Any]:
    subject = descriptor_document(value.subject) if value.subject is not None else {}
    return _filled(
        {
            "mediaType": value.media_type,
            "annotations": dict(value.annotations),
            "artifactType": value.artifact_type,
            "subject": subject,
        }
    )


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    """Without members that are empty, which mean the same as absent ones."""
    return {key: value for key, value in document.items() if value not in ("", [], {}, ())}
