"""What registries and credential files may say: read, or refused, and nothing else."""

import json
import os
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from x07bundle.errors import X07Error
from x07bundle.image import oci
from x07bundle.image.oci_reading import read_index, read_manifest
from x07bundle.registry.failure import RegistryError, said
from x07bundle.registry.manifests import Stored
from x07bundle.registry.referrers import described
from x07bundle.registry.tokens import challenges, read_token

COUNT: Final = int(os.environ.get("X07_TEST_REGISTRY_INPUTS", "3000"))
"""Of inputs for each reader."""
DIGEST: Final = "sha256:" + "a" * 64
BLOB: Final = {"mediaType": oci.LAYER_GZIP, "digest": DIGEST, "size": 3}
MANIFEST: Final[dict[str, Any]] = {
    "schemaVersion": 2,
    "mediaType": oci.MANIFEST,
    "config": BLOB,
    "layers": [BLOB, BLOB],
    "subject": BLOB,
    "annotations": {"a": "b"},
}
INDEX: Final[dict[str, Any]] = {"schemaVersion": 2, "manifests": [BLOB, BLOB]}
TOKEN: Final = {"token": "abc", "expires_in": 60, "issued_at": "now"}
ERRORS: Final = {"errors": [{"code": "DENIED", "message": "no", "detail": {}}]}
HEADER: Final = 'Bearer realm="https://a/t",service="s",scope="repository:a:pull"'
ODD: Final = (
    r'null true -1 1180591620717411303424 1e308 "" "\u0000" "\ud800" [] {} [[]] {"a":{}}'.split()
)
"""Values in JSON."""


def documents(base: object, seed: int) -> Iterator[bytes]:
    """Bytes near to those of a document: values changed in it, and bytes in its text."""
    source = random.Random(seed)
    for _ in range(COUNT):
        document = json.loads(json.dumps(base))
        for _ in range(source.randint(0, 2)):
            _change(document, source)
        data = bytearray(json.dumps(document).encode())
        for _ in range(source.choice((0, 0, 1, 3))):
            data[source.randrange(len(data))] = source.randrange(256)
        yield bytes(data[: source.choice((None, None, None, source.randrange(len(data) + 1)))])


def _change(value: Any, source: random.Random) -> None:  # noqa: ANN401  it is any JSON
    """Some member, at some depth."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    if not keys:
        return
    key = source.choice(list(keys))
    if isinstance(value[key], dict | list) and source.random() < 0.7:
        _change(value[key], source)
    elif source.random() < 0.2 and isinstance(value, dict):
        del value[key]
    else:
        value[key] = json.loads(source.choice(ODD))


READERS: Final[dict[str, tuple[object, Callable[[bytes], object], type[X07Error]]]] = {
    "manifest": (MANIFEST, read_manifest, X07Error),
    "index": (INDEX, read_index, X07Error),
    "referrer": (MANIFEST, lambda data: described(Stored(oci.MANIFEST, data)), X07Error),
    "token": (TOKEN, lambda data: read_token(data, "host"), RegistryError),
    "errors": (ERRORS, said, X07Error),
}


@pytest.mark.parametrize("name", READERS)
def test_read_or_refused(name: str) -> None:
    base, reader, refusal = READERS[name]
    outcomes = set()
    for data in documents(base, seed=len(name)):
        try:
            reader(data)
            outcomes.add("read")
        except refusal:
            outcomes.add("refused")
    assert "read" in outcomes
    assert name == "errors" or "refused" in outcomes


def test_headers_are_read_or_are_none() -> None:
    source = random.Random(1)
    for _ in range(COUNT):
        text = list(HEADER)
        for _ in range(source.randint(0, 6)):
            text[source.randrange(len(text))] = source.choice('"\\,= \tBé\x00')
        for challenge in challenges("".join(text)):
            assert challenge.scheme == challenge.scheme.lower()
