"""Patterns of paths."""

import pytest

from x07bundle.errors import X07Error
from x07bundle.image.patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("usr/a", "usr/a", "usr/a/b"),
        ("usr/*", "usr/a", "usr/a/b"),
        ("usr/**", "usr/a/b", "usr"),
        ("**/*.a", "usr/lib/x.a", "x.a"),
        ("lib?.so", "libc.so", "libcc.so"),
        ("usr/{bin,lib*}/a", "usr/lib64/a", "usr/share/a"),
        ("bin/{,x-}gold", "bin/gold", "bin/y-gold"),
        ("g++", "g++", "ggg"),
        ("a.b", "a.b", "axb"),
    ],
)
def test_what_matches(pattern: str, yes: str, no: str) -> None:
    matches = matcher(["never", pattern])
    assert matches(yes)
    assert not matches(no)


def test_none_match_nothing() -> None:
    assert not matcher([])("")


@pytest.mark.parametrize("pattern", ["a{b", "a}b", "{a,{b}}"])
def test_a_brace_without_the_other(pattern: str) -> None:
    with pytest.raises(X07Error, match="without the other"):
        matcher([pattern])
