"""Key pairs: what is written, what is read, what is refused."""

import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.live.registries import need
from tests.unit.registry.signed import ALGORITHMS, KEY, KEYS
from x07bundle.errors import OutputError, UsageError
from x07bundle.registry import keys

PASSWORD: Final = b"a word \xff"


def unasked() -> NoReturn:
    raise AssertionError("the password was asked for")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_pair(tmp_path: Path, algorithm: str) -> None:
    key = KEYS[algorithm]
    private, public = keys.write_pair(tmp_path / "release", key, PASSWORD)
    assert (private.name, public.name) == ("release.key", "release.pub")
    assert private.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert public.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")
    read = keys.load_private(private, lambda: PASSWORD)
    assert keys.is_signed(keys.load_public(public), b"text", keys.sign(read, b"text"))
    assert {path.name for path in tmp_path.iterdir()} == {"release.key", "release.pub"}


def test_the_private_one_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private, public = keys.write_pair(tmp_path / "a", KEY, PASSWORD)
    finally:
        os.umask(before)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644


@pytest.mark.parametrize("there", ["a.key", "a.pub"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(OutputError, match="no key is overwritten"):
        keys.write_pair(tmp_path / "a", KEY, PASSWORD)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {there: "mine"}


def test_a_link_to_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="no key is overwritten"):
        keys.write_pair(tmp_path / "a", KEY, PASSWORD)
    assert not (tmp_path / "elsewhere").exists()


def test_both_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody makes the public one in between."""
    places = keys.places(tmp_path / "a")
    monkeypatch.setattr(keys, "places", lambda prefix: places)
    places[1].write_text("mine")
    with pytest.raises(OutputError, match="no key is overwritten"):
        keys.write_pair(tmp_path / "a", KEY, PASSWORD)
    assert [path.name for path in tmp_path.iterdir()] == ["a.pub"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such file"):
        keys.write_pair(tmp_path / "no/a", KEY, PASSWORD)


@pytest.mark.parametrize("prefix", ["", "/", "."])
def test_a_prefix_that_names_no_file(prefix: str) -> None:
    with pytest.raises(UsageError, match="names no file"):
        keys.places(Path(prefix))


def test_a_wrong_password(tmp_path: Path) -> None:
    private, _ = keys.write_pair(tmp_path / "a", KEY, PASSWORD)
    with pytest.raises(keys.PasswordError, match="does not open"):
        keys.load_private(private, lambda: b"another")


def test_a_key_without_encryption_needs_no_password(tmp_path: Path) -> None:
    data = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "a.key").write_bytes(data)
    assert keys.load_private(tmp_path / "a.key", unasked).public_key() == KEY.public_key()


FOREIGN: Final[Mapping[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey]] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "p384": ec.generate_private_key(ec.SECP384R1()),
}


@pytest.mark.parametrize("name", list(FOREIGN))
def test_keys_of_other_algorithms(tmp_path: Path, name: str) -> None:
    key = FOREIGN[name]
    encryption = BestAvailableEncryption(PASSWORD)
    (tmp_path / "a.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    )
    spki = PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "a.pub").write_bytes(key.public_key().public_bytes(Encoding.PEM, spki))
    with pytest.raises(keys.KeyFileError, match="algorithm that is not used"):
        keys.load_private(tmp_path / "a.key", lambda: PASSWORD)
    with pytest.raises(keys.KeyFileError, match="algorithm that is not used"):
        keys.load_public(tmp_path / "a.pub")


FRAME: Final = b"-----%b ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
COSIGN: Final = FRAME % b"BEGIN" + b"AAAA\n" + FRAME % b"END"


@pytest.mark.parametrize(
    ("data", "private", "public"),
    [
        (b"", "no private key", "no public key"),
        (b"\xff\x00" * 100, "no private key", "no public key"),
        (COSIGN, "cosign's own form", "is a private key"),
        (keys.public_pem(KEY.public_key()), "is a public key", ""),
        (keys.private_pem(KEY, PASSWORD), "", "is a private key"),
        (b"x" * 70_000, "too large", "too large"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "", "no public key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private", ""),
    ],
)
def test_files_that_are_no_keys(tmp_path: Path, data: bytes, private: str, public: str) -> None:
    file = tmp_path / "a"
    file.write_bytes(data)
    if private:
        with pytest.raises(keys.KeyFileError, match=private):
            keys.load_private(file, unasked)
    if public:
        with pytest.raises(keys.KeyFileError, match=public):
            keys.load_public(file)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(keys.KeyFileError, match="cannot read the key"):
            keys.load_public(path)


def test_the_same_bytes_get_the_same_signature() -> None:
    for key in (KEYS[name] for name in ALGORITHMS):
        assert keys.sign(key, b"x") == keys.sign(key, b"x") != keys.sign(key, b"y")


def test_the_shape_of_signatures() -> None:
    ecdsa, ed25519 = (KEYS[name] for name in ALGORITHMS)
    pairs = [(one, two) for one in (ecdsa, ed25519) for two in (ecdsa, ed25519)]
    fits = [keys.is_of_algorithm(one.public_key(), keys.sign(two, b"x")) for one, two in pairs]
    assert fits == [True, False, False, True]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_openssl_reads_the_pair(tmp_path: Path, algorithm: str) -> None:
    """It makes the public key from the private one; its hash is the name that signatures give."""
    program = need("openssl")
    private, public = keys.write_pair(tmp_path / "a", KEYS[algorithm], b"word")
    read = [program, "pkey", "-in", str(private), "-passin", "pass:word", "-pubout"]
    made = subprocess.run(read, capture_output=True, check=True).stdout
    assert made == public.read_bytes()
    der = subprocess.run(
        [program, "pkey", "-pubin", "-in", str(public), "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    hashed = subprocess.run(
        [program, "dgst", "-sha256", "-binary"], input=der, capture_output=True, check=True
    ).stdout
    name = subprocess.run(
        [program, "base64", "-A"], input=hashed, capture_output=True, check=True
    ).stdout
    assert keys.hint(keys.load_public(public)) == name.decode()
