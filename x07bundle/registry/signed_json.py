"""Documents of signatures, read strictly: members that nobody knows are refused."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from x07bundle import strict_json
from x07bundle.registry.failure import harmless
from x07bundle.registry.signature_failure import SignatureFormatError

Document = Mapping[str, Any]


def opened(data: bytes, what: str) -> Document:
    """Raises SignatureFormatError: it is no JSON object."""
    found = strict_json.read(data)
    if found.problems:
        raise wrong(what, "", found.problems[0])
    return members(found.value, what, "")


def members(value: object, what: str, pointer: str) -> Document:
    if not isinstance(value, dict):
        raise wrong(what, pointer, "expected an object")
    return value


def exactly(
    document: Document, what: str, pointer: str, needed: set[str], allowed: set[str] | None = None
) -> None:
    """Raises SignatureFormatError: a member is missing or unknown."""
    for key in sorted(needed - document.keys()):
        raise wrong(what, f"{pointer}/{key}", "missing")
    for key in sorted(document.keys() - needed - (allowed or set())):
        raise wrong(what, f"{pointer}/{harmless(key)}", "unknown")


def text(document: Document, key: str, what: str, pointer: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise wrong(what, f"{pointer}/{key}", "expected a string")
    return value


def only(document: Document, key: str, what: str, pointer: str) -> Document:
    """The object that an array has, alone."""
    value = document.get(key)
    if not isinstance(value, list) or len(value) != 1:
        raise wrong(what, f"{pointer}/{key}", "expected an array of one")
    return members(value[0], what, f"{pointer}/{key}/0")


def decoded(value: str, what: str, pointer: str) -> bytes:
    """Base64, the usual or the URL-safe alphabet (DSSE)."""
    try:
        usual = value.replace("-", "+").replace("_", "/")
        return base64.b64decode(usual.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise wrong(what, pointer, "expected base64") from error


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def wrong(what: str, pointer: str, problem: str) -> SignatureFormatError:
    place = f" at `{pointer}`" if pointer else ""
    return SignatureFormatError(f"{what}{place}: {problem}")
