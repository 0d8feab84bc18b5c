"""Calls of std.path."""

import posixpath
from collections.abc import Iterator

from tests.unit.std.calls import Call, Err, Ok
from tests.unit.std.expected import expect


def path_calls() -> Iterator[Call]:
    paths = [b"", b"/", b"//", b"a", b"a/", b"/a", b"a/b", b"/a/b/", b"a//b", b"./a", b"a/.", b".."]
    paths += [b"../a", b"a/..", b"a/../b", b"a/../../b", b"/..", b"/../a", b"../../a/..", b"..."]
    paths += [b"a/./b//../c/", b"/a/b/../../..", b".", b"./", b"x/y/../..", b"..//..", b"a/b/../.."]
    for path in paths:
        normal = posixpath.normpath(path)
        yield expect("std.path.normalize_posix", path, gives=normal.replace(b"//", b"/"))
        segments = path.split(b"/")
        safe = path != b"" and not path.startswith(b"/") and b".." not in segments
        yield expect("std.path.is_safe_relative", path, gives=int(safe))
    for path in (b"a\\b", b"a\0b", b"\0", b"\\"):
        yield expect("std.path.is_safe_relative", path, gives=0)
    names = {b"": b"", b"/": b"/", b"//": b"/", b"a": b"a", b"a/": b"a", b"/a/b//": b"b"}
    for path, name in names.items():
        yield expect("std.path.basename", path, gives=name)
    parents = {b"": b".", b"/": b"/", b"//": b"/", b"a": b".", b"a/": b".", b"/a": b"/"}
    parents |= {b"a/b": b"a", b"/a/b/": b"/a", b"a//b": b"a", b"//a": b"/", b"a/b/c": b"a/b"}
    for path, parent in parents.items():
        yield expect("std.path.parent", path, gives=parent)
    endings = {b"a.txt": b".txt", b"a.tar.gz": b".gz", b".bashrc": b"", b"a": b"", b"": b""}
    endings |= {b"d.e/f": b"", b"a.txt/": b".txt", b"a.": b".", b"..": b"", b"..a.b": b".b"}
    for path, ending in endings.items():
        yield expect("std.path.extname", path, gives=ending)
    joined = {(b"a", b"b"): b"a/b", (b"a//", b"//b/"): b"a/b/", (b"", b"/b"): b"/b"}
    joined |= {(b"a/", b""): b"a/", (b"/", b"b"): b"/b", (b"a", b"/"): b"a/", (b"", b""): b""}
    for (root, rest), path in joined.items():
        yield expect("std.path.join", root, rest, gives=path)
    yield expect("std.path.join_checked", b"out", b"a/b", gives=Ok(b"out/a/b"))
    for rest in (b"../a", b"/a", b"", b"a/../b"):
        yield expect("std.path.join_checked", b"out", rest, gives=Err(1))
