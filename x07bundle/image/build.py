"""Contents -> an image layout. The main path of `x07 image build`.

Nothing depends on who builds, where, or when: times are given, and everything is sorted.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import __version__
from x07bundle.contract.toolchain import Component
from x07bundle.image import installed, sbom
from x07bundle.image.agent import Agent
from x07bundle.image.layer import Entry, ordered, tar_chunks
from x07bundle.image.layout_writing import DockerName, LayoutWriter, is_archive, writing
from x07bundle.image.names import Name
from x07bundle.image.oci import (
    CONFIG,
    EMPTY,
    EMPTY_BYTES,
    IMAGE_NAME,
    INDEX,
    MANIFEST,
    REF_NAME,
    SPDX,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
    config_bytes,
    index_bytes,
    manifest_bytes,
)
from x07bundle.image.packing import MEDIA_TYPES, Compression, deflate_name, pack, zstd_name
from x07bundle.image.report import ImageReport, LayerReport, Report
from x07bundle.image.steps import Steps

PREFIX: Final = "org.opencontainers.image."
LABEL: Final = "io.x07."
TOOL: Final = "x07bundle"
MOST_WORKERS: Final = 8
SYSTEM: Final = "linux"


class Contents(NamedTuple):
    """What goes into an image of one architecture. `layers`: by name, lowest first.
    `package_digests`: SHA-256 of each package's archive by name. `suite`: of the distribution.
    `components`: of the toolchain and the agent.
    """

    architecture: str
    layers: Mapping[str, Sequence[Entry]]
    package_digests: Mapping[str, str]
    lock_sha256: str
    distribution: str
    suite: str
    components: tuple[Component, ...] = ()
    agent: Agent | None = None


class Wanted(NamedTuple):
    """What the image is to be. `time_seconds`: of everything in it that has no earlier one."""

    flavour: str
    name: Name
    compression: Compression
    time_seconds: int
    env: tuple[str, ...]
    working_dir: str

    @property
    def created(self) -> str:
        return datetime.fromtimestamp(self.time_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Built(NamedTuple):
    """An image whose blobs are written."""

    manifest: Manifest
    report: ImageReport


def build(images: Sequence[Contents], wanted: Wanted, target: Path, steps: Steps) -> Report:
    """Write `target`: an archive where its name ends in `.tar`, else a folder.

    Raises:
        X07Error: contents that are no image, or an output that cannot be written.
    """
    started = time.monotonic()
    with writing(target) as writer, ThreadPoolExecutor(_workers()) as pool:
        built = [_image(writer, contents, wanted, pool, steps) for contents in images]
        top = _top(writer, built, wanted)
        referrers = tuple(one.report.sbom for one in built)
        writer.finish(Index((top, *referrers)), DockerName(built[0].manifest, (wanted.name.short,)))
    return Report(
        out=target,
        form="archive" if is_archive(target) else "folder",
        name=wanted.name.short,
        flavour=wanted.flavour,
        created=wanted.created,
        compression=deflate_name() if wanted.compression == "gzip" else zstd_name(),
        top=top,
        images=tuple(one.report for one in built),
        tool_version=__version__,
        wall_ms=_since(started),
    )


def _workers() -> int:
    """One more than processors: whoever hashes waits for whoever compresses."""
    return min(os.cpu_count() or 1, MOST_WORKERS) + 1


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _image(
    writer: LayoutWriter, contents: Contents, wanted: Wanted, pool: Executor, steps: Steps
) -> _Built:
    packages = _packages(contents)
    layers = _with_sbom(contents, wanted, packages)
    packed = list(_layers(writer, layers, wanted, pool, steps))
    config = writer.add(CONFIG, config_bytes(_config(contents, wanted, packed)))
    manifest = Manifest(
        config, tuple(layer.descriptor for layer in packed), _annotations(contents, wanted)
    )
    platform = Platform(SYSTEM, contents.architecture)
    descriptor = writer.add(MANIFEST, manifest_bytes(manifest))._replace(platform=platform)
    referrer = _sbom_referrer(writer, contents, wanted, packages, descriptor)
    return _Built(
        manifest,
        ImageReport(
            architecture=contents.architecture,
            manifest=descriptor,
            config=config,
            sbom=referrer,
            layers=tuple(packed),
            package_count=len(packages),
            lock_sha256=contents.lock_sha256,
            agent=contents.agent,
        ),
    )


def _top(writer: LayoutWriter, built: Sequence[_Built], wanted: Wanted) -> Descriptor:
    """The manifest, or where there are several an index of them, by the image's name."""
    manifests = tuple(one.report.manifest for one in built)
    one_of_all = manifests[0]
    if len(manifests) > 1:
        one_of_all = writer.add(INDEX, index_bytes(Index(manifests)))
    names = {REF_NAME: wanted.name.tag, IMAGE_NAME: wanted.name.whole}
    return one_of_all._replace(annotations=names)


def _layers(
    writer: LayoutWriter,
    layers: Mapping[str, Sequence[Entry]],
    wanted: Wanted,
    pool: Executor,
    steps: Steps,
) -> Iterator[LayerReport]:
    below: dict[str, Entry] = {}
    for name, found in layers.items():
        entries = ordered(found, below)
        below.update((entry.path, entry) for entry in entries)
        content_bytes = sum(entry.size_bytes for entry in entries if entry.kind == "file")
        steps.begin(f"layer {name}", content_bytes)
        started = time.monotonic()
        with writer.staged() as stream:
            chunks = _told(tar_chunks(entries, wanted.time_seconds), steps)
            packed = pack(chunks, stream, wanted.compression, pool)
            writer.name(stream, packed.digest)
        steps.end()
        yield LayerReport(
            name=name,
            descriptor=Descriptor(
                MEDIA_TYPES[wanted.compression], packed.digest, packed.size_bytes
            ),
            diff_id=packed.diff_id,
            plain_bytes=packed.plain_bytes,
            content_bytes=content_bytes,
            entry_count=len(entries),
            wall_ms=_since(started),
        )


def _told(chunks: Iterable[bytes], steps: Steps) -> Iterator[bytes]:
    for chunk in chunks:
        steps.advance(len(chunk))
        yield chunk


def _config(contents: Contents, wanted: Wanted, packed: Sequence[LayerReport]) -> ImageConfig:
    return ImageConfig(
        platform=Platform(SYSTEM, contents.architecture),
        diff_ids=tuple(layer.diff_id for layer in packed),
        created=wanted.created,
        env=wanted.env,
        labels=_labels(contents, wanted),
        working_dir=wanted.working_dir,
        history=tuple(f"{TOOL} layer {layer.name}" for layer in packed),
    )


def _labels(contents: Contents, wanted: Wanted) -> dict[str, str]:
    labels = {"tool-version": __version__, "flavour": wanted.flavour}
    if contents.lock_sha256:
        labels["lock-digest"] = f"sha256:{contents.lock_sha256}"
    if contents.agent is not None:
        labels["agent-digest"] = f"sha256:{contents.agent.sha256}"
    return {LABEL + key: value for key, value in labels.items()}


def _annotations(contents: Contents, wanted: Wanted) -> dict[str, str]:
    """Those that say something the config does not are repeated here for registries to show."""
    said = {
        "created": wanted.created,
        "title": wanted.name.repository.rpartition("/")[2],
        "description": f"guest image of the X07 VM boundary, flavour {wanted.flavour}",
        "version": __version__,
    }
    named = {PREFIX + key: value for key, value in said.items()}
    return {**named, **_labels(contents, wanted)}


def _packages(contents: Contents) -> tuple[installed.Package, ...]:
    entries = [entry for layer in contents.layers.values() for entry in layer]
    files = {
        entry.path: entry.read()
        for entry in entries
        if entry.kind == "file" and installed.is_of_interest(entry.path)
    }
    links = {entry.path: entry.target for entry in entries if entry.kind == "symlink"}
    return installed.packages(files, links)


def _with_sbom(
    contents: Contents, wanted: Wanted, packages: Sequence[installed.Package]
) -> dict[str, Sequence[Entry]]:
    """The SBOM goes into the highest layer, which changes most often anyway."""
    subject = _subject(contents, wanted, __version__)
    data = _sbom(contents, subject, packages)
    layers = dict(contents.layers)
    last = list(layers)[-1]
    layers[last] = (*layers[last], Entry(sbom.PLACE, "file", 0o644, data))
    return layers


def _sbom_referrer(
    writer: LayoutWriter,
    contents: Contents,
    wanted: Wanted,
    packages: Sequence[installed.Package],
    image: Descriptor,
) -> Descriptor:
    """An OCI artifact about the image, which has its digest now."""
    subject = _subject(contents, wanted, image.digest)
    blob = writer.add(SPDX, _sbom(contents, subject, packages))
    about = image._replace(platform=None)
    empty = writer.add(EMPTY, EMPTY_BYTES)
    annotations = {f"{PREFIX}created": wanted.created}
    manifest = Manifest(empty, (blob,), annotations, about, SPDX)
    return writer.add(MANIFEST, manifest_bytes(manifest))._replace(artifact_type=SPDX)


def _sbom(
    contents: Contents, subject: sbom.Subject, packages: Sequence[installed.Package]
) -> bytes:
    return sbom.document(subject, packages, contents.package_digests, contents.components)


def _subject(contents: Contents, wanted: Wanted, version: str) -> sbom.Subject:
    return sbom.Subject(
        name=wanted.name.repository.rpartition("/")[2],
        version=version,
        key=f"{wanted.flavour} {contents.architecture} {contents.lock_sha256}",
        created=wanted.created,
        tool=f"{TOOL}-{__version__}",
        distribution=contents.distribution,
        suite=contents.suite,
    )
