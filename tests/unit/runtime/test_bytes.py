"""bytes and bytes_view: results, and the traps of what does not fit."""

import pytest

from tests.unit.runtime.c_program import Programs, Word

ALLOC, BYTES1, SET, COPY, CONCAT, SLICE, LITERAL = range(7)
SUBVIEW, VIEW_SLICE = 10, 11
CMP_RANGE, VIEW_CMP_RANGE = 20, 21
EQ, VIEW_EQ = 30, 31
GET, EMPTY = 40, 41

TOP = 0xFFFFFFFF
PTR = " ptr=/solve"


@pytest.mark.parametrize(
    ("request_words", "wanted"),
    [
        ((ALLOC, 0), b""),
        ((ALLOC, 5), bytes(5)),
        ((BYTES1, 0x1FF), b"\xff"),
        ((SET, b"abc", 2, 0x158), b"abX"),
        ((COPY, b"ab", b"xyz"), b"abz"),
        ((COPY, b"", b""), b""),
        ((COPY, b"ab", b"xy"), b"ab"),
        ((CONCAT, b"ab", b"c"), b"abc"),
        ((CONCAT, b"", b"c"), b"c"),
        ((CONCAT, b"", b""), b""),
        ((SLICE, b"abcd", 1, 2), b"bc"),
        ((SLICE, b"abcd", 4, 0), b""),
        ((LITERAL,), b"a\0b"),
        ((SUBVIEW, b"abcd", 2, 2), b"cd"),
        ((SUBVIEW, b"", 0, 0), b""),
        ((VIEW_SLICE, b"abcd", 0, 4), b"abcd"),
    ],
)
def test_buffers(c_program: Programs, request_words: tuple[Word, ...], wanted: bytes) -> None:
    assert c_program("bytes").answers(request_words) == [wanted]


@pytest.mark.parametrize("head", [CMP_RANGE, VIEW_CMP_RANGE])
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((b"abc", b"abd", 0, 3, 0, 3), TOP),
        ((b"abd", b"abc", 0, 3, 0, 3), 1),
        ((b"abc", b"abd", 0, 2, 0, 2), 0),
        ((b"xab", b"abc", 1, 2, 0, 3), TOP),
        ((b"abc", b"ab", 0, 3, 0, 2), 1),
        ((b"\x80", b"\x7f", 0, 1, 0, 1), 1),
        ((b"", b"", 0, 0, 0, 0), 0),
    ],
)
def test_order(c_program: Programs, head: int, words: tuple[Word, ...], wanted: int) -> None:
    assert c_program("bytes").answers((head, *words)) == [wanted]


def test_equality_and_the_mismatch_that_it_leaves(c_program: Programs) -> None:
    requests = [(EQ, b"a", b"a"), (EQ, b"a", b"b"), (VIEW_EQ, b"a", b"a"), (EQ, b"a", b"ab")]
    requests += [(EQ, b"", b""), (VIEW_EQ, b"x", b"y")]
    answers = c_program("bytes").answers(*requests)
    assert answers == [1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0]


def test_single_bytes(c_program: Programs) -> None:
    assert c_program("bytes").answers((GET, b"\x01\xff", 1), (EMPTY,)) == [255, 4, 1]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((GET, b"ab", 2), "view.get_u8 oob"),
        ((GET, b"", 0), "view.get_u8 oob"),
        ((SET, b"ab", 2, 0), "bytes.set_u8 oob"),
        ((COPY, b"abc", b"ab"), "bytes.copy dst too small"),
        ((SLICE, b"ab", 1, 2), "bytes.slice oob"),
        ((SLICE, b"ab", 3, 0), "bytes.slice oob"),
        ((SLICE, b"ab", 1, TOP), "bytes.slice oob"),
        ((SUBVIEW, b"ab", TOP, 2), "bytes.subview oob"),
        ((VIEW_SLICE, b"ab", 0, 3), "view.slice oob"),
        ((CMP_RANGE, b"ab", b"ab", 0, 3, 0, 1), "bytes.cmp_range oob"),
        ((CMP_RANGE, b"ab", b"ab", 0, 1, 2, 1), "bytes.cmp_range oob"),
        ((VIEW_CMP_RANGE, b"ab", b"ab", 3, 0, 0, 1), "view.cmp_range oob"),
    ],
)
def test_traps(c_program: Programs, words: tuple[Word, ...], line: str) -> None:
    assert c_program("bytes").trap(words) == line + PTR
