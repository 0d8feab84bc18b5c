"""Key pairs that sign images: ECDSA P-256 with SHA-256, or Ed25519, in PEM.

The private one is PKCS#8, encrypted by a password (AES-256-CBC, PBKDF2); the public one is
SubjectPublicKeyInfo, as `openssl` and cosign read it.
"""

import base64
import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from x07bundle.errors import OutputError, UsageError, X07Error
from x07bundle.files import beside, output_error, write_new

Algorithm = Literal["ecdsa-p256", "ed25519"]
PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey

PRIVATE_SUFFIX: Final = ".key"
PUBLIC_SUFFIX: Final = ".pub"
PRIVATE_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
MOST_BYTES: Final = 1 << 16
"""Of a file of a key, which has a few hundred."""
ED25519_SIGNATURE_BYTES: Final = 64
MAKE: Final = "make a key pair: `x07 image keygen --out PREFIX`"


class KeyFileError(X07Error):
    """A file that holds no key that can be used."""


class PasswordError(X07Error):
    """A private key that its password does not open."""


def generate(algorithm: Algorithm) -> PrivateKey:
    if algorithm == "ed25519":
        return Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def algorithm_of(key: PublicKey) -> Algorithm:
    return "ed25519" if isinstance(key, Ed25519PublicKey) else "ecdsa-p256"


def private_pem(key: PrivateKey, password: bytes) -> bytes:
    encryption = BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def public_pem(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def hint(key: PublicKey) -> str:
    """Which key it is, as cosign names it: base64 of the SHA-256 of its DER form."""
    return base64.b64encode(hashlib.sha256(public_der(key)).digest()).decode("ascii")


def public_der(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(key: PrivateKey, data: bytes) -> bytes:
    """The same for the same bytes, where OpenSSL can: signing again adds nothing new then."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    with contextlib.suppress(UnsupportedAlgorithm):
        return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def is_signed(key: PublicKey, data: bytes, signature: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def is_of_algorithm(key: PublicKey, signature: bytes) -> bool:
    """Whether a signature has the shape of those that the key's algorithm makes."""
    if isinstance(key, Ed25519PublicKey):
        return len(signature) == ED25519_SIGNATURE_BYTES
    try:
        decode_dss_signature(signature)
    except ValueError:
        return False
    return True


def write_pair(prefix: Path, key: PrivateKey, password: bytes) -> tuple[Path, Path]:
    """`PREFIX.key`, for its owner alone, and `PREFIX.pub`. Both or none.

    Raises:
        OutputError: one of them is there, or they cannot be written.
    """
    private, public = places(prefix)
    _place(private, private_pem(key, password), PRIVATE_MODE)
    try:
        _place(public, public_pem(key.public_key()), PUBLIC_MODE)
    except OutputError:
        private.unlink(missing_ok=True)
        raise
    return private, public


def places(prefix: Path) -> tuple[Path, Path]:
    """Where a pair is to be.

    Raises:
        UsageError: the prefix names no file.
        OutputError: something is there: keys are never replaced.
    """
    if not prefix.name:
        raise UsageError(f"`{prefix}` names no file", hint="name one: `--out keys/release`")
    private, public = (
        prefix.with_name(prefix.name + suffix) for suffix in (PRIVATE_SUFFIX, PUBLIC_SUFFIX)
    )
    for path in (private, public):
        if path.exists() or path.is_symlink():
            raise _there(path)
    return private, public


def _place(path: Path, data: bytes, mode: int) -> None:
    """Written beside; then a link, which unlike a renaming replaces nothing."""
    staged = beside(path)
    try:
        write_new(staged, data, mode)
        path.hardlink_to(staged)
    except FileExistsError as error:
        raise _there(path) from error
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            staged.unlink()


def _there(path: Path) -> OutputError:
    return OutputError(
        f"`{path}` is there, and no key is overwritten",
        "what it signed could not be signed again by the same key",
        "choose another `--out PREFIX`",
    )


def load_private(path: Path, password: Callable[[], bytes]) -> PrivateKey:
    """`password` is asked for only where the key is encrypted.

    Raises:
        KeyFileError: it is no private key of a known algorithm.
        PasswordError: the password does not open it.
    """
    data = _bytes(path)
    _refuse_others(path, data)
    key: object
    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        key = _opened(path, data, password())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"`{path}` is no private key in PEM form", hint=MAKE) from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise _unknown_algorithm(path)


def load_public(path: Path) -> PublicKey:
    """Raises KeyFileError: it is no public key of a known algorithm."""
    data = _bytes(path)
    if b"PRIVATE KEY-----" in data:
        raise KeyFileError(
            f"`{path}` is a private key, and verifying takes the public one",
            hint=f"name the file PREFIX{PUBLIC_SUFFIX} of the pair",
        )
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"`{path}` is no public key in PEM form", hint=MAKE) from error
    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise _unknown_algorithm(path)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise KeyFileError(f"cannot read the key `{path}`: {reason}", hint=MAKE) from error
    if len(data) > MOST_BYTES:
        raise KeyFileError(f"`{path}` is too large for a key", hint=MAKE)
    return data


def _refuse_others(path: Path, data: bytes) -> None:
    """Raises KeyFileError: a form of its own that cosign has, or a public key."""
    if b"SIGSTORE PRIVATE KEY-----" in data or b"COSIGN PRIVATE KEY-----" in data:
        raise KeyFileError(
            f"`{path}` is a private key in cosign's own form, which is not read",
            hint="keys of `x07 image keygen` work with both: `cosign import-key-pair --key FILE`",
        )
    if b"-----BEGIN PUBLIC KEY-----" in data:
        raise KeyFileError(
            f"`{path}` is a public key, and signing takes the private one",
            hint=f"name the file PREFIX{PRIVATE_SUFFIX} of the pair",
        )


def _opened(path: Path, data: bytes, password: bytes) -> object:
    try:
        return load_pem_private_key(data, password)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PasswordError(
            f"the password does not open `{path}`",
            hint="check `--password-file` or X07_KEY_PASSWORD",
        ) from error


def _unknown_algorithm(path: Path) -> KeyFileError:
    return KeyFileError(
        f"`{path}` is a key of an algorithm that is not used",
        "images are signed with ECDSA P-256 or Ed25519",
        MAKE,
    )
