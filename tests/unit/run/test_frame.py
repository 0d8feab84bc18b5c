"""Bytes in and out of a framed program."""

import pytest

from x07bundle.errors import UsageError
from x07bundle.run import frame


def test_input_frame() -> None:
    assert frame.framed(b"") == b"\0\0\0\0"
    assert frame.framed(b"hi") == b"\2\0\0\0hi"


def test_an_input_that_no_length_can_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MOST_BYTES", 3)
    with pytest.raises(UsageError, match="the input has 4 bytes"):
        frame.framed(b"1234")


def test_arguments_have_no_program_name() -> None:
    assert frame.arguments([b"a", b"", b"bc"]) == (b"\3\0\0\0\1\0\0\0a\0\0\0\0\2\0\0\0bc")
    assert frame.arguments([]) == b"\0\0\0\0"


@pytest.mark.parametrize(
    ("stdout", "output", "trap"),
    [
        (b"\0\0\0\0", b"", None),
        (b"\3\0\0\0abc", b"abc", None),
        (b"\4\0\0\0abcd", b"abcd", None),
        (b"", b"", "native stdout too short for length prefix"),
        (b"\1\0\0", b"", "native stdout too short for length prefix"),
        (b"\5\0\0\0abcde", b"", "native output too large: 5 > max_output_bytes=4"),
        (b"\3\0\0\0ab", b"", "native stdout length mismatch: expected 7 got 6"),
        (b"\3\0\0\0abcd", b"", "native stdout length mismatch: expected 7 got 8"),
    ],
)
def test_output_frame(stdout: bytes, output: bytes, trap: str | None) -> None:
    assert frame.unframed(stdout, 4) == (output, trap)


def test_no_output_limit() -> None:
    assert frame.unframed(b"\5\0\0\0abcde", 0) == (b"abcde", None)
