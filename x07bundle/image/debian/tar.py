"""The tar archives within a package, as deb(5) allows them; everything else is refused.

Nothing is written anywhere: members come out one by one, with names that are relative and stay
below the root. A tree that is made of them in order has no file outside it.
"""

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from x07bundle.image.debian.tar_header import BLOCK_BYTES, Header, header_of
from x07bundle.image.debian.unpacking import wrong

Kind = Literal["file", "folder", "symlink", "hardlink"]

KINDS: Final[dict[bytes, Kind]] = {
    b"0": "file", b"\0": "file", b"1": "hardlink", b"2": "symlink", b"5": "folder",
}  # fmt: skip
NOT_TAKEN: Final = {
    b"3": "a device", b"4": "a device", b"6": "a pipe", b"7": "a file of a kind of its own",
    b"S": "a sparse file", b"g": "facts about all that follows", b"M": "a part of a file",
}  # fmt: skip
LONG_NAME: Final = b"L"
LONG_TARGET: Final = b"K"
EXTENDED: Final = b"x"
MAX_NAME_BYTES: Final = 4096
MAX_EXTENDED_BYTES: Final = 1 << 16
MAX_FILE_BYTES: Final = 256 << 20
MAX_MEMBERS: Final = 200_000
PERMISSIONS: Final = 0o7777

Read = Callable[[int], bytes]


class Member(NamedTuple):
    """`path` is relative, as in `layer.Entry`; that of a hard link's `target` too."""

    path: str
    kind: Kind
    mode: int
    content: bytes = b""
    target: str = ""


class _Names(NamedTuple):
    """What came before a header: names that do not fit into it, and a size."""

    path: bytes | None = None
    target: bytes | None = None
    size_bytes: int | None = None


def members(read: Read, where: str) -> Iterator[Member]:
    """The members in their order, their folder `./` left out; `where` names the archive in errors.

    Raises:
        X07Error: it is no such archive, it is damaged, or it holds what may not be unpacked.
    """
    kinds: dict[str, Kind] = {"": "folder"}
    names = _Names()
    while (header := _next_header(read, where)) is not None:
        if header.kind in (LONG_NAME, LONG_TARGET, EXTENDED):
            names = _extended(header, read, names, where)
            continue
        member = _member(header, names, read, where)
        names = _Names()
        if member is None:
            continue
        _check_place(member, kinds, where)
        kinds[member.path] = member.kind
        if len(kinds) > MAX_MEMBERS:
            raise wrong(where, f"it has more than {MAX_MEMBERS} members")
        yield member
    if names != _Names():
        raise wrong(where, "it ends after a long name, before the member that has it")


def _next_header(read: Read, where: str) -> Header | None:
    """None at the end: two empty blocks, and nothing else after them."""
    block = read(BLOCK_BYTES)
    if len(block) < BLOCK_BYTES:
        raise wrong(where, "it ends too early")
    if any(block):
        return header_of(block, where)
    if len(rest := read(BLOCK_BYTES)) < BLOCK_BYTES:
        raise wrong(where, "it ends too early")
    while rest:
        if any(rest):
            raise wrong(where, "something comes after its end")
        rest = read(1 << 16)
    return None


def _member(header: Header, names: _Names, read: Read, where: str) -> Member | None:
    """None for the root, which is there already."""
    kind = KINDS.get(header.kind)
    written = header.path if names.path is None else names.path
    path = _path(written, where)
    if kind is None:
        what = NOT_TAKEN.get(header.kind, "of a kind that is not known")
        raise wrong(where, f"`{path}` is {what}")
    if kind == "file" and written.endswith(b"/"):
        kind = "folder"  # as the first tar wrote them
    size = header.size_bytes if names.size_bytes is None else names.size_bytes
    content = _content(read, size, MAX_FILE_BYTES if kind == "file" else 0, path, where)
    target = _target(kind, header.target if names.target is None else names.target, path, where)
    if not path and kind == "folder":
        return None
    return Member(path, kind, header.mode & PERMISSIONS, content, target)


def _content(read: Read, size: int, most: int, path: str, where: str) -> bytes:
    if size > most:
        raise wrong(where, f"`{path}` has {size} bytes, at most {most} are taken")
    content = read(size)
    padding = -size % BLOCK_BYTES
    if len(content) < size or len(read(padding)) < padding:
        raise wrong(where, f"it ends within `{path}`")
    return content


def _extended(header: Header, read: Read, names: _Names, where: str) -> _Names:
    content = _content(read, header.size_bytes, MAX_EXTENDED_BYTES, "a long name", where)
    if header.kind == LONG_NAME:
        return names._replace(path=content.rstrip(b"\0"))
    if header.kind == LONG_TARGET:
        return names._replace(target=content.rstrip(b"\0"))
    for key, value in _records(content, where):
        if key.startswith(b"GNU.sparse"):
            raise wrong(where, "it has a sparse file")
        if key == b"path":
            names = names._replace(path=value)
        elif key == b"linkpath":
            names = names._replace(target=value)
        elif key == b"size":
            names = names._replace(size_bytes=_number(value, where))
    return names


def _records(content: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    """`LENGTH KEY=VALUE\\n`, the length that of the whole record."""
    while content:
        digits, space, _ = content.partition(b" ")
        length = _number(digits, where)
        record = content[len(digits) + 1 : length - 1]
        key, equals, value = record.partition(b"=")
        if not space or not equals or content[length - 1 : length] != b"\n":
            raise wrong(where, "the facts about a member are damaged")
        yield key, value
        content = content[length:]


def _number(digits: bytes, where: str) -> int:
    if not digits.isdigit() or len(digits) > 12:
        raise wrong(where, "the facts about a member are damaged")
    return int(digits)


def _path(written: bytes, where: str) -> str:
    """Without `./` in front and `/` behind; empty for the root."""
    path = written.decode("utf-8", "surrogateescape")
    if written.startswith(b"/"):
        raise wrong(where, f"`{path}` is absolute")
    names = path.removesuffix("/").split("/")
    names = names[1:] if names[0] == "." else names
    if any(name in ("", ".", "..") for name in names) or not path:
        raise wrong(where, f"`{path}` is no name below the root")
    if len(written) > MAX_NAME_BYTES or any(byte < 0x20 or byte == 0x7F for byte in written):
        raise wrong(where, f"`{path[:80]!a}` is no name that is taken")
    return "/".join(names)


def _target(kind: Kind, written: bytes, path: str, where: str) -> str:
    if kind == "hardlink":
        return _path(written, where)
    if kind != "symlink":
        return ""
    target = written.decode("utf-8", "surrogateescape")
    depth = 0 if target.startswith("/") else path.count("/")
    for name in target.split("/"):
        depth += -1 if name == ".." else name not in ("", ".")
        if depth < 0:
            raise wrong(where, f"the link `{path}` leads out of the root: `{target}`")
    if not target or len(written) > MAX_NAME_BYTES or b"\0" in written:
        raise wrong(where, f"the link `{path}` leads nowhere")
    return target


def _check_place(member: Member, kinds: dict[str, Kind], where: str) -> None:
    """One name once, below folders only, and hard links to files that came before."""
    if member.path in kinds:
        raise wrong(where, f"it has `{member.path}` twice")
    parent = member.path.rpartition("/")[0]
    while parent:
        if kinds.setdefault(parent, "folder") != "folder":
            raise wrong(where, f"`{member.path}` is below `{parent}`, which is no folder")
        parent = parent.rpartition("/")[0]
    if member.kind == "hardlink" and kinds.get(member.target) != "file":
        raise wrong(
            where, f"`{member.path}` is a hard link to `{member.target}`, no file before it"
        )
