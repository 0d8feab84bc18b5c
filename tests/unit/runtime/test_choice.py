"""Options and results. `answers` fails where a value was dropped twice or never."""

import pytest

from tests.unit.runtime.c_program import Programs, Word

OPTION_I32, OPTION_BYTES, OPTION_VIEW, RESULT_I32, RESULT_BYTES, RESULT_VIEW, NESTED = range(7)
DROPS = 7


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((OPTION_I32, 1, 5, 9), [1, 5]),
        ((OPTION_I32, 0, 5, 9), [0, 9]),
        ((OPTION_BYTES, 1, b"value", b"other"), [1, b"value"]),
        ((OPTION_BYTES, 1, b"", b"other"), [1, b""]),
        ((OPTION_BYTES, 0, b"other"), [0, b"other"]),
        ((OPTION_VIEW, 1, b"value", b"other"), [1, b"value"]),
        ((OPTION_VIEW, 0, b"value", b"other"), [0, b"other"]),
        ((RESULT_I32, 1, 5, 9), [1, 0, 5]),
        ((RESULT_I32, 0, 0xFFFFFFFF, 9), [0, 0xFFFFFFFF, 9]),
        ((RESULT_BYTES, 1, b"value", b"other"), [1, 0, b"value"]),
        ((RESULT_BYTES, 0, 0, b"other"), [0, 0, b"other"]),
        ((RESULT_VIEW, 1, b"value", b"other"), [1, 0, b"value"]),
        ((RESULT_VIEW, 0, 7, b"other"), [0, 7, b"other"]),
        ((NESTED, 2, b"value", b"other"), [1, 0, 0, b"value"]),
        ((NESTED, 1, 2, b"other"), [1, 0, 2, b""]),
        ((NESTED, 0, 2, b"other"), [0, 2, 0, b"other"]),
        ((DROPS, b"a", b"b", b"c"), []),
    ],
)
def test_values(c_program: Programs, words: tuple[Word, ...], wanted: list[Word]) -> None:
    assert c_program("choice").answers(words) == wanted
