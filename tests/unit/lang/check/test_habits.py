"""Heads that people bring along: the hint says what is written instead."""

import pytest

from tests.unit.lang.check.programs import EMPTY, Json, checked


def hints(form: Json) -> tuple[str | None, Json]:
    """The hint, and what its quick fix puts in place of the form, of the one error."""
    _, (one,) = checked(["begin", form, EMPTY])
    assert (one.code, one.at) == ("X07-TYPE-CALL-0001", "/solve/1/0")
    if one.fix is None:
        return one.hint, None
    (step,) = one.fix.patch
    assert (step["op"], step["path"]) == ("replace", "/solve/1")
    return one.hint, step["value"]


def test_a_literal_as_a_call() -> None:
    assert hints(["i32.lit", 5]) == ("write the number itself: `5`", 5)
    assert hints(["u32.lit", -1]) == ("write the number itself: `-1`", -1)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (["i32.lit", "input"], "numbers are written as they are"),
        (["i32.add", 1, 2], "`+`"),
        (["bool.lit", 1], "1 is true"),
        (["string.concat", 1], '["bytes.lit", "text"]'),
        (["f64.lit", 1], "`f64.of_i32`"),
    ],
)
def test_a_type_as_a_module(form: Json, words: str) -> None:
    hint, fix = hints(form)
    assert words in (hint or "")
    assert fix is None


def test_other_heads_keep_their_hints() -> None:
    assert hints(["app.lit", 5])[0] == 'call to "app.lit" requires (import app) in module "main"'
    assert hints(["i32", 5])[0] is None
