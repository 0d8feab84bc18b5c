"""Bytes that are no JSON document, or one that could harm its reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x07bundle.lang import document
from x07bundle.lang.findings import Findings


def messages(data: bytes) -> list[str]:
    findings = Findings("f")
    value = document.read(data, findings)
    assert (value is None) == findings.failed or data.strip() == b"null"
    return [found.message for found in findings.found]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not valid JSON: expecting value (line 1, column 1)"),
        (b'{\n  "a" 1}', "not valid JSON: expecting ':' delimiter (line 2, column 7)"),
        (b"[1]\n]", "not valid JSON: extra data (line 2, column 1)"),
        (b'["\xff"]', "not valid UTF-8: invalid start byte (line 1, column 3)"),
        (b"[\n\n\xc3\x28]", "not valid UTF-8: invalid continuation byte (line 3, column 1)"),
        (b'["NaN",\n NaN]', "not valid JSON: `NaN` is not a JSON number (line 2, column 2)"),
        (b"[-Infinity]", "not valid JSON: `-Infinity` is not a JSON number (line 1, column 2)"),
        (b"[" + b"7" * 5000 + b"]", "a number has too many digits (line 1, column 2)"),
        (b'{"k":1,"k":2}', "the key `k` appears twice in one object"),
        (rb'["\ud800"]', "half of a surrogate pair in a string (line 1, column 3)"),
        (rb'["\udc00\ud800"]', "half of a surrogate pair in a string (line 1, column 3)"),
        (rb'["\\\ud800x"]', "half of a surrogate pair in a string (line 1, column 5)"),
        (b"[" * 257 + b"]" * 257, "nested too deeply: 257 levels, at most 256 are read"),
        (b"[" * 10**6, "nested too deeply: 1000000 levels, at most 256 are read"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    assert messages(data)[0] == message


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 256 + b"]" * 256,
        b'["' + b"[" * 1000 + b'"]',
        rb'["\ud83d\ude00 \\ud800 \uD83D\uDE00"]',
        '["héé", -0, 12345678901234567890]'.encode(),
    ],
)
def test_what_is_read(data: bytes) -> None:
    assert messages(data) == []


def test_brackets_after_an_unterminated_string_cost_no_square() -> None:
    assert messages(b'["' + rb"\"" * 300_000 + b"[" * 300) != []


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    messages(data)


@given(st.text(alphabet='[]{}",:\\u dD8ceE01-.NaInfity\n'))
def test_text_that_is_almost_json(text: str) -> None:
    messages(text.encode())
