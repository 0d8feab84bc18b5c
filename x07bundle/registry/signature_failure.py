"""What can be wrong with a signature. All are refusals; each kind has an error of its own."""

from typing import Final

from x07bundle.errors import RefusedError
from x07bundle.registry.failure import harmless

DO_NOT_USE: Final = "do not use the image; get it, and the public key, again from who signed it"


class SignatureError(RefusedError):
    """A signature that does not hold.

    `is_of_key`: it says that it is by the key that it was checked with, so that another one that
    holds does not make up for it.
    """

    is_of_key = False


class NotSignedError(SignatureError):
    """Nothing signs the image."""


class OtherKeyError(SignatureError):
    """By another key, as it says itself."""


class ChangedError(SignatureError):
    """What was signed was changed, or the signature was."""


class AlgorithmError(SignatureError):
    """Made by another algorithm than that of the key."""


class OtherImageError(SignatureError):
    """It holds, and is for another image."""


class SignatureFormatError(SignatureError):
    """A document that is none of those that are known."""


def of_key(error: SignatureError) -> SignatureError:
    error.is_of_key = True
    return error


def other_key(what: str, own: str, said: str) -> SignatureError:
    return OtherKeyError(f"{what} is by another key", f"its key is `{harmless(said)}`, not `{own}`")


def changed(what: str) -> SignatureError:
    problem = "what was signed, or the signature, was changed"
    return of_key(ChangedError(f"{what} does not hold: {problem}", hint=DO_NOT_USE))


def unknown_signer(what: str) -> SignatureError:
    problem = "by another key, or what was signed was changed"
    return ChangedError(f"{what} does not hold: it is {problem}", hint=DO_NOT_USE)


def other_algorithm(what: str, algorithm: str) -> SignatureError:
    return AlgorithmError(f"{what} is not one of {algorithm}, the algorithm of the key")


def other_image(what: str, digest: str, said: str) -> SignatureError:
    error = OtherImageError(
        f"{what} is for another image", f"it signs `{said}`, not `{digest}`", DO_NOT_USE
    )
    return of_key(error)
