"""Signatures of releases, with real keys and with a `gpgv` that says what it is told to."""

import re
from pathlib import Path

import pytest

from tests.fakes import install
from tests.unit.image.debian.making import ENV, Keys, make_keys
from x07bundle.errors import RefusedError, ToolMissingError, X07Error
from x07bundle.image.debian.signature import signed_text

TEXT = b"Codename: stable\nDate: now\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys") / "home")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("others") / "home")


def check(signed: bytes, keyring: Path, folder: Path) -> bytes:
    return signed_text(signed, [str(keyring)], ENV, folder)


def test_signed(keys: Keys, tmp_path: Path) -> None:
    assert check(keys.sign(TEXT), keys.keyring, tmp_path) == TEXT
    assert list(tmp_path.iterdir()) == []


def test_text_around_it_is_not_signed(keys: Keys, tmp_path: Path) -> None:
    around = b"Codename: evil\n" + keys.sign(TEXT) + b"Codename: evil\n"
    assert b"evil" not in check(around, keys.keyring, tmp_path)


def test_a_changed_text(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="not signed by a key"):
        check(keys.sign(TEXT).replace(b"Date: now", b"Date: not"), keys.keyring, tmp_path)


def test_another_key(keys: Keys, other: Keys, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="not signed by a key"):
        check(other.sign(TEXT), keys.keyring, tmp_path)


@pytest.mark.parametrize("signed", [b"", TEXT, b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"\0" * 99])
def test_no_signature(signed: bytes, keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        check(signed, keys.keyring, tmp_path)


def test_two_messages(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        check(keys.sign(TEXT) + keys.sign(b"Codename: evil\n"), keys.keyring, tmp_path)


GOOD = "PLAINTEXT 74 0|NEWSIG|GOODSIG 1 a|VALIDSIG 1"


@pytest.mark.parametrize(
    ("status", "is_taken"),
    [
        (GOOD, True),
        (GOOD + "|NEWSIG|ERRSIG 2 22|NO_PUBKEY 2", True),
        ("PLAINTEXT 74 0|NEWSIG|EXPKEYSIG 1 a|VALIDSIG 1", False),
        ("PLAINTEXT 74 0|NEWSIG|GOODSIG 1 a|NEWSIG|EXPKEYSIG 2 b|VALIDSIG 2", False),
        ("PLAINTEXT 74 0|NEWSIG|REVKEYSIG 1 a|VALIDSIG 1", False),
        (GOOD + "|NEWSIG|BADSIG 2 b", False),
        (GOOD + "|NEWSIG|REVKEYSIG 2 b|VALIDSIG 2", False),
        ("PLAINTEXT 74 0|" + GOOD, False),
        ("", False),
    ],
)
def test_what_gpgv_says(status: str, is_taken: bool, tmp_path: Path) -> None:
    lines = "".join(f"echo '[GNUPG:] {line}'\n" for line in status.split("|") if line)
    script = f'out=; while [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done\n{lines}'
    install(tmp_path / "bin", "gpgv", script + 'cat "$1" >"$out"\nexit 2')
    env = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    keyring = tmp_path / "keys"
    keyring.touch()
    if is_taken:
        assert signed_text(TEXT, [str(keyring)], env, tmp_path) == TEXT
    else:
        with pytest.raises(RefusedError):
            signed_text(TEXT, [str(keyring)], env, tmp_path)


def test_no_gpgv(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="`gpgv` is missing") as caught:
        signed_text(TEXT, [str(tmp_path)], {"PATH": str(tmp_path)}, tmp_path)
    assert "apt-get install gpgv" in str(caught.value.hint)


def test_no_keyring(tmp_path: Path) -> None:
    install(tmp_path / "bin", "gpgv", "exit 0")
    with pytest.raises(X07Error, match=re.escape("keys are not on this machine")):
        signed_text(TEXT, ["/nowhere/a.gpg"], {"PATH": str(tmp_path / "bin")}, tmp_path)
