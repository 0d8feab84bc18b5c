"""OCI image layouts to write: a folder, or the archive that every loader takes.

The archive is an uncompressed tar that holds the layout and docker's `manifest.json` beside it
(decision 0017). Both appear whole or not at all.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from x07bundle.errors import OutputError, X07Error
from x07bundle.files import (
    beside,
    make_folder,
    output_error,
    placing,
    refuse_other_than_files,
    write_new,
)
from x07bundle.image.layer import Entry, Span, ordered, tar_chunks
from x07bundle.image.layout import BLOBS, INDEX_FILE, VERSION_FILE, open_layout
from x07bundle.image.oci import (
    Annotations,
    Descriptor,
    Index,
    Manifest,
    canonical,
    described,
    index_bytes,
)

ARCHIVE_SUFFIX: Final = ".tar"
DOCKER_FILE: Final = "manifest.json"
VERSION: Final = b'{"imageLayoutVersion":"1.0.0"}'


class DockerName(NamedTuple):
    """What `docker load` is told: an image of one architecture and its names."""

    manifest: Manifest
    references: tuple[str, ...]


class LayoutWriter(NamedTuple):
    """`folder` is where the layout grows; it is put in its place at the end."""

    folder: Path

    def add(
        self, media_type: str, data: bytes, annotations: Annotations | None = None
    ) -> Descriptor:
        """A blob that is at hand. Raises OSError."""
        descriptor = described(media_type, data, annotations)
        with contextlib.suppress(FileExistsError):
            write_new(self.blob_file(descriptor.digest), data)
        return descriptor

    @contextmanager
    def staged(self) -> Iterator[IO[bytes]]:
        """A file for a blob whose digest is not known yet; `name` it before the block ends."""
        path = self.folder / f".{os.urandom(8).hex()}"
        try:
            with path.open("xb") as stream:
                yield stream
        finally:
            path.unlink(missing_ok=True)

    def name(self, stream: IO[bytes], digest: str) -> None:
        """Give a staged blob its name. Raises OSError."""
        stream.flush()
        Path(stream.name).replace(self.blob_file(digest))

    def blob_file(self, digest: str) -> Path:
        return self.folder / BLOBS / digest.rpartition(":")[2]

    def finish(self, index: Index, docker: DockerName | None) -> None:
        """Raises OSError."""
        write_new(self.folder / VERSION_FILE, VERSION)
        write_new(self.folder / INDEX_FILE, index_bytes(index))
        if docker is not None:
            write_new(self.folder / DOCKER_FILE, _docker_document(docker))


def is_archive(target: Path) -> bool:
    return target.suffix == ARCHIVE_SUFFIX


@contextmanager
def writing(target: Path) -> Iterator[LayoutWriter]:
    """A writer whose layout becomes `target` when the block ends well: an archive where the name
    ends in `.tar`, else a folder. A layout that was there before is replaced.

    Raises:
        OutputError: something else is there, or it cannot be written.
    """
    check_target(target)
    make_folder(target.parent)
    folder = beside(target)
    try:
        (folder / BLOBS).mkdir(parents=True)
        yield LayoutWriter(folder)
        _place(folder, target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_target(target: Path) -> None:
    """Raises OutputError: what is there is no layout, so that it is not replaced; nor is it read
    where it is no file."""
    if is_archive(target) or not target.is_dir():
        refuse_other_than_files(target)
    if not target.exists() or _is_empty(target):
        return
    try:
        open_layout(target)
    except X07Error as error:
        raise OutputError(
            f"cannot write `{target}`: it is there, and is no image layout",
            hint="name another place, or remove what is there",
        ) from error


def _is_empty(target: Path) -> bool:
    if target.is_dir():
        return next(target.iterdir(), None) is None
    return target.stat().st_size == 0


def _place(folder: Path, target: Path) -> None:
    if is_archive(target):
        with placing(target) as staged:
            _write_archive(folder, staged)
    elif target.exists():
        _swap(folder, target)
    else:
        folder.rename(target)


def _swap(folder: Path, target: Path) -> None:
    """The old layout is back in its place when the new one cannot take it."""
    old = beside(target)
    target.rename(old)
    try:
        folder.rename(target)
    except OSError:
        old.rename(target)
        raise
    _remove(old)


def _remove(old: Path) -> None:
    """Of a link that led to a layout, the link alone."""
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            old.unlink()


def _write_archive(folder: Path, file: Path) -> None:
    """Times are 0: they are those of no build."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    entries = ordered(
        Entry(path.relative_to(folder).as_posix(), "file", 0o644, _whole(path)) for path in paths
    )
    with file.open("xb") as stream:
        for chunk in tar_chunks(entries, 0):
            stream.write(chunk)


def _whole(path: Path) -> Span:
    return Span(path, 0, path.stat().st_size)


def docker_row(manifest: Manifest) -> dict[str, Any]:
    """What leads docker to an image: places of its blobs."""

    def blob(descriptor: Descriptor) -> str:
        return f"{BLOBS}/{descriptor.digest.rpartition(':')[2]}"

    return {"Config": blob(manifest.config), "Layers": [blob(layer) for layer in manifest.layers]}


def _docker_document(docker: DockerName) -> bytes:
    return canonical([{**docker_row(docker.manifest), "RepoTags": list(docker.references)}])
