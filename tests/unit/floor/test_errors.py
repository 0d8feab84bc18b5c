"""What an error looks like, whatever the names in it are."""

import pytest

from x07bundle.errors import X07Error, shown


def test_details_are_indented_and_the_hint_is_last() -> None:
    error = X07Error("cannot", "one\ntwo", "do")
    assert error.render() == "error: cannot\n  one\n  two\nhint: do\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb", r"a\rb"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202etxt", r"\u202etxt"),
        ("\udcff", r"\udcff"),
        ("ä 日本\t", "ä 日本\t"),
    ],
)
def test_names_in_it_move_no_cursor(name: str, expected: str) -> None:
    error = X07Error(f"`{name}` is bad", name, name)
    lines = error.render().split("\n")
    assert lines[0] == f"error: `{expected}` is bad"
    assert lines[-2:] == [f"hint: {expected}", ""]


def test_one_line() -> None:
    assert shown("a\nb\t", "") == r"a\nb\t"
