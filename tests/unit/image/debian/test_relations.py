"""Lists of relations."""

import pytest

from x07bundle.errors import X07Error
from x07bundle.image.debian.relations import Relation, clauses


def test_clauses_and_alternatives() -> None:
    assert clauses("libc6 (>= 2.36), awk | mawk:any,\n libx (= 1:2-3)") == (
        (Relation("libc6", "", ">=", "2.36"),),
        (Relation("awk"), Relation("mawk", "any")),
        (Relation("libx", "", "=", "1:2-3"),),
    )
    assert clauses("") == ()


@pytest.mark.parametrize(
    ("relation", "yes", "no"),
    [
        ("<< 2", "1", "2"), ("<= 2", "2", "2.1"), ("= 2", "2", "2-1"),
        (">= 2", "2", "2~"), (">> 2", "3", "2"),
    ],
)  # fmt: skip
def test_versions(relation: str, yes: str, no: str) -> None:
    ((found,),) = clauses(f"a1 ({relation})")
    assert found.allows(yes)
    assert not found.allows(no)
    assert str(found) == f"a1 ({relation})"


@pytest.mark.parametrize(
    "text", ["A", "a1 (> 2)", "a1 (>= )", "a1 [amd64]", "a1 | ", "a1 (= 1", "a1 <x>"]
)
def test_refused(text: str) -> None:
    with pytest.raises(X07Error):
        clauses(text)
