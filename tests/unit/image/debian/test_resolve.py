"""What packages need, chosen the same way every time."""

import pytest

from tests.unit.image.debian.making import SUITE, deb, stanza
from x07bundle.errors import X07Error
from x07bundle.image.debian import packages
from x07bundle.image.debian.resolve import Resolution, Universe


def universe(*rows: str) -> Universe:
    """Rows: `NAME VERSION; Field: value; ...`."""
    texts = []
    for row in rows:
        first, *rest = row.split("; ")
        name, version = first.split()
        fields = dict(each.split(": ", 1) for each in rest)
        texts.append(stanza(deb(name, version=version, **fields)))
    return Universe(packages.read("\n".join(texts).encode(), SUITE, "amd64"), "amd64")


def chosen(among: Universe, *names: str, left_out: tuple[str, ...] = ()) -> list[str]:
    return [f"{one.name} {one.version}" for one in Resolution(among, left_out).add(names)]


def test_all_that_is_needed() -> None:
    among = universe("a1 1; Depends: b1; Pre-Depends: c1", "b1 1; Depends: a1", "c1 1", "d1 1")
    assert chosen(among, "a1") == ["a1 1", "b1 1", "c1 1"]


def test_the_highest_version() -> None:
    among = universe("a1 1.9", "a1 1.10", "a1 1.10~rc1")
    assert chosen(among, "a1") == ["a1 1.10"]


def test_the_first_real_alternative() -> None:
    among = universe("a1 1; Depends: gone | virtual | c1", "b1 1; Provides: virtual", "c1 1")
    assert chosen(among, "a1") == ["a1 1", "c1 1"]


def test_what_is_chosen_already() -> None:
    among = universe("a1 1; Depends: b1 | c1", "b1 1", "c1 1")
    assert chosen(among, "c1", "a1") == ["a1 1", "c1 1"]


def test_the_provider_whose_name_is_lowest() -> None:
    among = universe(
        "a1 1; Depends: virtual", "c1 1; Provides: virtual", "b1 1; Provides: virtual", "b1 2"
    )
    assert chosen(among, "a1") == ["a1 1", "b1 1"]


def test_a_version_needs_one_that_is_provided() -> None:
    among = universe("a1 1; Depends: v1 (>= 2)", "b1 9; Provides: v1", "c1 1; Provides: v1 (= 2)")
    assert chosen(among, "a1") == ["a1 1", "c1 1"]


def test_architectures_of_relations() -> None:
    among = universe("a1 1; Depends: b1:any, b1:amd64", "b1 1", "c1 1; Depends: b1:arm64")
    assert chosen(among, "a1") == ["a1 1", "b1 1"]
    with pytest.raises(X07Error, match="no package of the suites is `b1:arm64`"):
        chosen(among, "b1", "c1")


def test_left_out() -> None:
    among = universe("a1 1; Depends: b1 | c1, d1", "b1 1", "c1 1", "d1 1; Provides: c1")
    assert chosen(among, "a1", left_out=("c1", "d1")) == ["a1 1"]


def test_what_a_layer_below_has_is_not_there_again() -> None:
    among = universe("a1 1; Depends: b1", "b1 1", "c1 1; Depends: b1, d1", "d1 1")
    resolution = Resolution(among, ())
    assert [one.name for one in resolution.add(["a1"])] == ["a1", "b1"]
    assert [one.name for one in resolution.add(["c1"])] == ["c1", "d1"]


def test_missing_says_who_needs_it() -> None:
    among = universe("a1 1; Depends: b1", "b1 1; Depends: c1 (>= 2)", "c1 1")
    with pytest.raises(X07Error) as caught:
        chosen(among, "a1")
    assert "`c1 (>= 2)`" in caught.value.brief
    assert caught.value.details == "needed by `b1`, which is needed by `a1`"


def test_the_recipe_asks_for_nothing_that_is_there() -> None:
    with pytest.raises(X07Error, match="no package of the suites is `a1`"):
        chosen(universe("b1 1"), "a1")


@pytest.mark.parametrize("field", ["Conflicts: b1", "Breaks: b1 (<< 2)", "Conflicts: virtual"])
def test_not_together(field: str) -> None:
    among = universe(f"a1 1; {field}; Provides: virtual", "b1 1; Provides: virtual")
    with pytest.raises(X07Error, match="`a1` 1 cannot be together with `b1` 1"):
        chosen(among, "a1", "b1")


def test_essential() -> None:
    assert universe("a1 1; Essential: yes", "b1 1").essential() == ["a1"]
