"""The index of packages."""

import pytest

from tests.unit.image.debian.making import SUITE, deb, stanza
from x07bundle.errors import X07Error
from x07bundle.image.debian import packages

MADE = deb("alpha", Pre_Depends="libc6", Depends="beta | gamma", Provides="virtual (= 2)")


def read(text: str) -> list[packages.Package]:
    return list(packages.read(text.encode(), SUITE, "amd64"))


def test_a_package() -> None:
    (found,) = read(stanza(MADE))
    assert (found.name, found.version, found.suite) == ("alpha", "1.0", SUITE)
    assert found.path == "pool/main/a/alpha/alpha_1.0_amd64.deb"
    assert [str(clause[0]) for clause in found.clauses] == ["libc6", "beta"]
    assert [str(each) for each in found.provided] == ["virtual (= 2)"]


def test_other_architectures_are_left_out() -> None:
    other = stanza(MADE).replace("Architecture: amd64", "Architecture: arm64")
    every = stanza(MADE).replace("Architecture: amd64", "Architecture: all")
    assert [one.architecture for one in read(f"{other}\n{every}")] == ["all"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("Package: alpha", "Package: ../a", "no name of a package"),
        ("Version: 1.0", "Version: a b", "no version"),
        ("Filename: pool/", "Filename: /pool/", "no place of a package"),
        ("Filename: pool/main/a", "Filename: pool/../a", "no place of a package"),
        ("Filename: pool/", "Filename: https://host/pool/", "no place of a package"),
        ("Size: ", "Size: -", "no size"),
        ("Size: ", "Size: 99999999999", "no size"),
        ("SHA256: ", "SHA256: 0", "no SHA-256"),
        ("Filename: ", "File: ", "`Filename` is missing"),
        ("SHA256: ", "SHA1: ", "`SHA256` is missing"),
    ],
)
def test_refused(old: str, new: str, why: str) -> None:
    assert old in stanza(MADE)
    with pytest.raises(X07Error, match=why):
        read(stanza(MADE).replace(old, new))
