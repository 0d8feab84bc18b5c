"""What `x07 image build` says it made: `x07.image.build.report@0.1.0`.

A manifest's digest is what a registry calls the image, a config's is what docker and podman call
it, a layer's is that of its stored bytes, its `diff_id` that of its plain tar.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle.image.agent import Agent
from x07bundle.image.oci import Descriptor
from x07bundle.image.sizes import mib

SCHEMA: Final = "x07.image.build.report@0.1.0"


class LayerReport(NamedTuple):
    """`entry_count`: names in it. `plain_bytes`: of its tar."""

    name: str
    descriptor: Descriptor
    diff_id: str
    plain_bytes: int
    content_bytes: int
    entry_count: int
    wall_ms: int


class ImageReport(NamedTuple):
    """One architecture. `sbom` is the manifest of the referrer."""

    architecture: str
    manifest: Descriptor
    config: Descriptor
    sbom: Descriptor
    layers: tuple[LayerReport, ...]
    package_count: int
    lock_sha256: str
    agent: Agent | None = None

    @property
    def stored_bytes(self) -> int:
        return sum(layer.descriptor.size_bytes for layer in self.layers)

    @property
    def content_bytes(self) -> int:
        """Of all files: what it takes unpacked, but for what the file system adds."""
        return sum(layer.content_bytes for layer in self.layers)


class Report(NamedTuple):
    """`top`: what the layout's index names: the manifest, or an index of several."""

    out: Path
    form: str
    name: str
    flavour: str
    created: str
    compression: str
    top: Descriptor
    images: tuple[ImageReport, ...]
    tool_version: str
    wall_ms: int


def document(report: Report) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA,
        "out": str(report.out),
        "form": report.form,
        "name": report.name,
        "flavour": report.flavour,
        "created": report.created,
        "compression": report.compression,
        "tool_version": report.tool_version,
        "digest": report.top.digest,
        "images": [_image(image) for image in report.images],
        "wall_ms": report.wall_ms,
    }


def text(report: Report) -> str:
    """For people, one line of stdout each."""
    lines = [f"{report.out}  {report.name}  {report.top.digest}"]
    for image in report.images:
        sizes = f"{mib(image.content_bytes)} unpacked, {mib(image.stored_bytes)} stored"
        lines.append(f"{report.flavour} {image.architecture}: {sizes}")
        lines += [_line(layer) for layer in image.layers]
    return "\n".join(lines) + "\n"


def _line(layer: LayerReport) -> str:
    stored = mib(layer.descriptor.size_bytes)
    return f"  {layer.name:<14}{stored:>10}  {layer.descriptor.digest}"


def _image(image: ImageReport) -> dict[str, Any]:
    return {
        "architecture": image.architecture,
        "manifest": _blob(image.manifest),
        "config": _blob(image.config),
        "sbom": _blob(image.sbom),
        "layers": [_layer(layer) for layer in image.layers],
        "packages": image.package_count,
        "lock_sha256": image.lock_sha256 or None,
        "unpacked_bytes": image.content_bytes,
        "stored_bytes": image.stored_bytes,
        "agent": _agent(image.agent),
    }


def _agent(agent: Agent | None) -> dict[str, Any] | None:
    """Builds whose agents agree in the compiler agree in its bytes."""
    if agent is None:
        return None
    return {
        "sha256": agent.sha256,
        "size_bytes": len(agent.program),
        "compiler": agent.compiler or None,
    }


def _layer(layer: LayerReport) -> dict[str, Any]:
    return {
        "name": layer.name,
        **_blob(layer.descriptor),
        "media_type": layer.descriptor.media_type,
        "diff_id": layer.diff_id,
        "tar_bytes": layer.plain_bytes,
        "unpacked_bytes": layer.content_bytes,
        "entries": layer.entry_count,
        "wall_ms": layer.wall_ms,
    }


def _blob(descriptor: Descriptor) -> dict[str, Any]:
    return {"digest": descriptor.digest, "size_bytes": descriptor.size_bytes}
