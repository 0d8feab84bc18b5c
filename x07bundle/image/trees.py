"""The files of an image: its layers one above the other, as a container sees them.

Nothing is unpacked to disk: names, facts and digests, and the bytes of the few files that say which
packages there are.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.image import installed
from x07bundle.image.images import Image
from x07bundle.image.layer import Kind
from x07bundle.image.layout import DAMAGED, DamagedError, Layout
from x07bundle.image.oci import Descriptor
from x07bundle.image.steps import Steps
from x07bundle.image.tar_reader import Content, Member, TarReader
from x07bundle.image.unpacking import Plain

WHITEOUT: Final = ".wh."
OPAQUE: Final = ".wh..wh..opq"
MOST_KEPT_BYTES: Final = 256 << 20


class File(NamedTuple):
    """`sha256`: of a file's bytes, or "". `layer`: which one it comes from, 0 the lowest.
    `is_another_name`: of a file that is counted already (a hard link).
    """

    kind: Kind
    mode: int
    user: int
    group: int
    size_bytes: int
    target: str
    sha256: str
    layer: int
    is_another_name: bool = False


class Tree(NamedTuple):
    """`kept`: the bytes of files that say which packages there are."""

    files: Mapping[str, File]
    kept: Mapping[str, bytes]


class Growing:
    """The tree so far."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.kept: dict[str, bytes] = {}
        self.kept_bytes = 0

    def add(self, member: Member, content: Content, layer: int) -> None:
        self.kept.pop(member.path, None)
        self.files[member.path] = self._file(member, content, layer)

    def _file(self, member: Member, content: Content, layer: int) -> File:
        named = self.files.get(member.target) if member.kind == "hardlink" else None
        if named is not None:
            return named._replace(layer=layer, is_another_name=True)
        return File(
            kind=member.kind,
            mode=member.mode,
            user=member.user,
            group=member.group,
            size_bytes=member.size_bytes,
            target=member.target,
            sha256=self._digest(member, content),
            layer=layer,
        )

    def remove(self, gone: Collection[str], emptied: Collection[str], layer: int) -> None:
        """Of lower layers: names in `gone` with what is below them, and what is below `emptied`."""
        for path in [path for path, file in self.files.items() if file.layer < layer]:
            if path in gone or any(up in gone or up in emptied for up in _above(path)):
                del self.files[path]
                self.kept.pop(path, None)

    def _digest(self, member: Member, content: Content) -> str:
        if member.kind != "file":
            return ""
        if not installed.is_of_interest(member.path):
            digest = hashlib.sha256()
            for chunk in content.chunks():
                digest.update(chunk)
            return digest.hexdigest()
        self._room_for(member)
        data = self.kept[member.path] = content.all()
        return hashlib.sha256(data).hexdigest()

    def _room_for(self, member: Member) -> None:
        self.kept_bytes += member.size_bytes
        if self.kept_bytes > MOST_KEPT_BYTES:
            raise X07Error(f"files about packages have more than {MOST_KEPT_BYTES} bytes in all")


def read(layout: Layout, image: Image, steps: Steps) -> Tree:
    """Reads every layer, and checks it.

    Raises:
        X07Error: a layer is missing, damaged or hostile.
    """
    tree = Growing()
    for number, (descriptor, diff_id) in enumerate(
        zip(image.manifest.layers, image.config.diff_ids, strict=True)
    ):
        steps.begin(f"layer {number + 1} of {len(image.manifest.layers)}", 0)
        read_layer(layout, descriptor, diff_id, tree, number, steps)
        steps.end()
    return Tree(tree.files, tree.kept)


def packages(tree: Tree) -> tuple[installed.Package, ...]:
    """Raises X07Error: a control file is none."""
    links = {path: file.target for path, file in tree.files.items() if file.kind == "symlink"}
    return installed.packages(tree.kept, links)


def read_layer(
    layout: Layout,
    descriptor: Descriptor,
    diff_id: str,
    tree: Growing,
    number: int,
    steps: Steps,
) -> int:
    """Put a layer on the tree. Returns the bytes of its plain tar.

    Raises:
        DamagedError: the blob or the plain tar has another digest.
        X07Error: the tar is none, or one that is refused.
    """
    with layout.read_blob(descriptor) as blob:
        plain = Plain(blob, descriptor.media_type)
        removals = _Removals()
        for member, content in TarReader(plain, plain.what):
            if not removals.note(member):
                tree.add(member, content, number)
            steps.advance(member.size_bytes)
        tree.remove(removals.gone, removals.emptied, number)
        # What the blob still has after the end of the tar belongs to its digest.
        for _ in blob.chunks():
            pass
        if plain.diff_id() != diff_id:
            raise DamagedError(
                f"{plain.what} unpacks to `{plain.diff_id()}`, and its config says `{diff_id}`",
                hint=DAMAGED,
            )
        return plain.plain_bytes


def _above(path: str) -> Iterator[str]:
    """The folders that a name is in, and the root."""
    while path:
        path = path.rpartition("/")[0]
        yield path


class _Removals:
    """What a layer takes away of those below it, once all of it is known."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.emptied: set[str] = set()

    def note(self, member: Member) -> bool:
        """Whether the member is such a mark, and no file. A file hides a folder by its name."""
        folder, _, name = member.path.rpartition("/")
        if name == OPAQUE:
            self.emptied.add(folder)
        elif name.startswith(WHITEOUT):
            self.gone.add(f"{folder}/{name.removeprefix(WHITEOUT)}".removeprefix("/"))
        elif member.kind != "folder":
            self.emptied.add(member.path)
        return name.startswith(WHITEOUT)
