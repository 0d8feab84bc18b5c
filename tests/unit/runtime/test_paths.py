"""Paths as text: which may be named, which are hidden, where they lead; patterns of a walk."""

import pytest

from tests.unit.runtime.c_program import CProgram, Programs

GOOD, SAFE, HIDDEN, ABSOLUTE, FOLDER = range(5)
GLOB_IS_GOOD, GLOB_MATCHES = 10, 11


@pytest.fixture
def program(c_program: Programs) -> CProgram:
    return c_program("paths")


@pytest.mark.parametrize(
    "path",
    [
        *("a", "a/b.c", "/a", ".", "./a", "a/.", "...", "a..b", "..a", "a/.b", "a b\n", "ä/中/🦊"),
        "x" * 4095,
        ".x07_a",
    ],
)
def test_good_paths(program: CProgram, path: str) -> None:
    assert program.answers((GOOD, path.encode())) == [1]


@pytest.mark.parametrize(
    "path",
    [
        *(b"", b"/", b"//", b"a/", b"/a/", b"a//b", b"//a", b"..", b"../a", b"a/..", b"a/../b"),
        *(b"a\0", b"\0a", b"a\\b", b"x" * 4096),
        *(b"\x80", b"a\xff", b"\xc0\xaf", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
        *(b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf5\x80\x80\x80", b"\xe4\xb8"),
    ],
)
def test_paths_that_are_none(program: CProgram, path: bytes) -> None:
    assert program.answers((GOOD, path)) == [0]


@pytest.mark.parametrize("path", [b"a", b"a/b", b"a/.b", b"..a", b"a\xff", b".x07", b"a/x07_b"])
def test_safe_paths(program: CProgram, path: bytes) -> None:
    assert program.answers((SAFE, path)) == [1]


@pytest.mark.parametrize(
    "path",
    [
        *(b"", b"/a", b".", b"./a", b"a/.", b"..", b"a/..", b"a//b", b"a/", b"a\0b", b"a\\b"),
        *(b".x07_a", b"b/.x07_", b".X07_A"),
    ],
)
def test_unsafe_paths(program: CProgram, path: bytes) -> None:
    assert program.answers((SAFE, path)) == [0]


@pytest.mark.parametrize(
    "path",
    [
        *(".a", "a/.b", "a/.b/c", "/.a", "..", "...", ".Git", ".X07_"),
        *("\u200b.a", "a/\u200c.b", "\u200d\u2060.a", "\ufeff.a", "\u00ad.a", "\u202e.a"),
        *("\u2024a", "\u2025a", "\u2026a", "\ufe52a", "\uff0ea", "\u200b\uff0ea"),
    ],
)
def test_hidden_paths(program: CProgram, path: str) -> None:
    assert program.answers((HIDDEN, path.encode())) == [1]


@pytest.mark.parametrize(
    "path", ["a", "a.b", "a/b.", ".", "./a", "a/./b", "_a", "\u200ba", "\u4e2d.a", "·a", "\u200b"]
)
def test_paths_that_show(program: CProgram, path: str) -> None:
    assert program.answers((HIDDEN, path.encode())) == [0]


@pytest.mark.parametrize(
    ("path", "absolute"),
    [
        ("a", "/home/me/a"),
        (".", "/home/me"),
        ("", "/home/me"),
        ("./a/./b/", "/home/me/a/b"),
        ("../you", "/home/you"),
        ("../../../..", ""),
        ("/", ""),
        ("/srv//x/..", "/srv"),
        ("x" * 54, "/home/me/" + "x" * 54),
    ],
)
def test_absolute_paths(program: CProgram, path: str, absolute: str) -> None:
    assert program.answers((ABSOLUTE, path.encode())) == [1, absolute.encode()]


def test_absolute_paths_without_room(program: CProgram) -> None:
    for path in (b"x" * 55, b"/" + b"x" * 63, b"a/" * 40):
        assert program.answers((ABSOLUTE, path)) == [0, b""]


@pytest.mark.parametrize(
    ("path", "folder"),
    [("a", "."), ("a/b", "a"), ("a/b/c", "a/b"), ("/a", "/"), ("/a/b", "/a"), ("", ".")],
)
def test_folders_of_paths(program: CProgram, path: str, folder: str) -> None:
    assert program.answers((FOLDER, path.encode())) == [folder.encode()]


# -- patterns

MATCHES = {
    "a.txt": "a.txt",
    "*": "a ab .a",
    "*.txt": "a.txt .txt",
    "?": "a ä 中 🦊",
    "a?c": "abc a中c",
    "**": "a a/b a/b/c",
    "**/x": "x a/x a/b/x",
    "a/**": "a/b a/b/c",
    "a/**/b": "a/b a/x/b a/x/y/b",
    "**/*.c": "a.c x/y/a.c",
    "*/*": "a/b",
    "a*b*c": "abc aXbYc abbcc",
    "[abc]x": "ax bx cx",
    "[a-c]x": "ax bx cx",
    "[!a-c]x": "dx 中x",
    "[^a]": "b",
    "[]a]": "] a",
    "[!]a]": "b",
    "[a-]": "a -",
    "[ä-ö]": "ä ö",
    "[*]": "*",
    "[[]": "[",
    "a/[b-d]/*": "a/c/x",
    "***": "a abc",
    "a**b": "ab axb",
    "**/a/**": "a/x y/a/z",
    "./a": "./a",
}
DIFFERS = {
    "a.txt": "a.tx a.txtx A.txt b/a.txt",
    "*": "a/b",
    "?": "ab /",
    "a?c": "a/c ac",
    "**/x": "ax a/bx x/a",
    "a/**": "a b/a ab/c",
    "a/**/b": "ab a/xb ax/b",
    "*/*": "a a/b/c",
    "a*b*c": "acb ab",
    "[abc]x": "x dx [abc]x",
    "[!a-c]x": "ax x /x",
    "[*]": "a",
    "a**b": "a/b",
    "**/a/**": "a b",
}


@pytest.mark.parametrize("pattern", MATCHES)
def test_what_patterns_match(program: CProgram, pattern: str) -> None:
    paths = [path.encode() for path in MATCHES[pattern].split()]
    requests = [(GLOB_MATCHES, pattern.encode(), path) for path in paths]
    assert program.answers(*requests) == [1] * len(paths)
    assert program.answers((GLOB_IS_GOOD, pattern.encode(), b"")) == [1]


@pytest.mark.parametrize("pattern", DIFFERS)
def test_what_patterns_do_not_match(program: CProgram, pattern: str) -> None:
    paths = [path.encode() for path in DIFFERS[pattern].split()]
    requests = [(GLOB_MATCHES, pattern.encode(), path) for path in paths]
    assert program.answers(*requests) == [0] * len(paths)


@pytest.mark.parametrize(
    "pattern",
    [
        *(b"", b"/a", b"a//b", b"a/", b"../a", b"a/..", b"a\\*", b"\xff", b"a\0", b"a" * 4096),
        *(b"[a", b"[]", b"[!]", b"[a/b]"),
    ],
)
def test_patterns_that_are_none(program: CProgram, pattern: bytes) -> None:
    assert program.answers((GLOB_IS_GOOD, pattern, b"")) == [0]


def test_no_pattern_takes_long(program: CProgram) -> None:
    """Following one way after another, this would not end."""
    pattern, path = b"*a" * 100 + b"b", b"a" * 3000
    assert program.answers((GLOB_MATCHES, pattern, path)) == [0]
