"""Paragraphs of fields, and what is none."""

import pytest

from x07bundle.errors import X07Error
from x07bundle.image.debian import fields


def read(data: bytes, *, comments: bool = False) -> list[dict[str, str]]:
    return list(fields.paragraphs(data, "the index", comments=comments))


def test_paragraphs_and_lines_that_continue() -> None:
    data = b"Package: a\nFiles:\n one\n\ttwo\n\n \n\nPackage:b\n"
    assert read(data) == [{"package": "a", "files": "\none\ntwo"}, {"package": "b"}]


def test_only_what_is_asked_for() -> None:
    data = b"Package: a\nDescription: x\n more\nSize: 1\n"
    found = list(fields.paragraphs(data, "the index", only=frozenset({"size"})))
    assert found == [{"size": "1"}]


def test_comments_where_they_are_allowed() -> None:
    assert read(b"# one\nTypes: deb\n#two\nURIs: x\n", comments=True) == [
        {"types": "deb", "uris": "x"}
    ]
    with pytest.raises(X07Error, match="no field"):
        read(b"# one\nTypes: deb\n")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"Package: a\nPackage: b\n", "line 2 has the field `Package` again"),
        (b" continued\n", "line 1 continues a field"),
        (b"A: b\n\nno colon\n", "line 3 is no field"),
        (b"A: \xff\n", "line 1 is no UTF-8"),
        (b"A: b\0\n", "a zero byte"),
        (b": b\n", "no field"),
        (b"-A: b\n", "no field"),
    ],
)
def test_refused(data: bytes, why: str) -> None:
    with pytest.raises(X07Error, match=why) as caught:
        read(data)
    assert caught.value.brief.startswith("cannot use the index: ")


@pytest.mark.parametrize("data", [b"", b"A: b\n\nC: d\n"])
def test_one_paragraph_and_no_other(data: bytes) -> None:
    with pytest.raises(X07Error, match="paragraphs instead of one"):
        fields.single(data, "the release")


def test_a_field_that_has_to_be_there() -> None:
    assert fields.required({"date": "today"}, "Date", "the release") == "today"
    with pytest.raises(X07Error, match="the field `Date` is missing"):
        fields.required({"date": ""}, "Date", "the release")
