"""OCI documents: the bytes that are written, what is read, and what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from x07bundle.image.oci import (
    CONFIG,
    EMPTY_DESCRIPTOR,
    LAYER_GZIP,
    MANIFEST,
    SPDX,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
    config_bytes,
    index_bytes,
    manifest_bytes,
)
from x07bundle.image.oci_reading import (
    FormatError,
    read_config,
    read_index,
    read_manifest,
    read_version,
)

DIGEST = "sha256:" + "0123456789abcdef" * 4
LAYER = Descriptor(LAYER_GZIP, DIGEST, 7)
AMD64 = Platform("linux", "amd64")


def test_a_manifest_byte_by_byte() -> None:
    manifest = Manifest(Descriptor(CONFIG, DIGEST, 5), (LAYER,), {"b": "é", "a": "<&>"})
    assert manifest_bytes(manifest).decode() == (
        '{"annotations":{"a":"<&>","b":"é"},"config":{"digest":"' + DIGEST + '",'
        '"mediaType":"application/vnd.oci.image.config.v1+json","size":5},"layers":[{"digest":"'
        + DIGEST
        + '","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":7}],'
        '"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}'
    )


def test_a_config_byte_by_byte() -> None:
    config = ImageConfig(
        AMD64,
        (DIGEST,),
        created="2023-11-14T22:13:20Z",
        env=("PATH=/bin",),
        labels={"io.x07.flavour": "run"},
        working_dir="/",
        history=("layer one",),
    )
    assert config_bytes(config).decode() == (
        '{"architecture":"amd64","config":{"Env":["PATH=/bin"],'
        '"Labels":{"io.x07.flavour":"run"},"WorkingDir":"/"},"created":"2023-11-14T22:13:20Z",'
        '"history":[{"created":"2023-11-14T22:13:20Z","created_by":"layer one"}],"os":"linux",'
        '"rootfs":{"diff_ids":["' + DIGEST + '"],"type":"layers"}}'
    )


def test_the_empty_descriptor_is_that_of_the_specification() -> None:
    known = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert (EMPTY_DESCRIPTOR.digest, EMPTY_DESCRIPTOR.size_bytes) == (known, 2)


def test_what_is_written_is_read() -> None:
    artifact = Manifest(EMPTY_DESCRIPTOR, (LAYER,), {"a": "b"}, LAYER, SPDX)
    index = Index((LAYER._replace(media_type=MANIFEST, platform=AMD64), LAYER), {"x": "y"})
    config = ImageConfig(AMD64._replace(variant="v8"), (DIGEST, DIGEST), "", ("A=b",), {"l": "m"})
    assert read_manifest(manifest_bytes(artifact)) == artifact
    assert read_index(index_bytes(index)) == index
    assert read_config(config_bytes(config)) == config


def test_history_of_layers_alone() -> None:
    document = json.loads(config_bytes(ImageConfig(AMD64, (DIGEST,))))
    document["history"] = [{"empty_layer": True, "created_by": "ENV"}, {"created_by": "ADD"}]
    assert read_config(json.dumps(document).encode()).history == ("ADD",)


def changed(data: bytes, *path: str | int, value: object) -> bytes:
    document = json.loads(data)
    at: Any = document
    for key in path[:-1]:
        at = at[key]
    if value is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(document).encode()


GOOD = manifest_bytes(Manifest(LAYER, (LAYER,)))
GOOD_INDEX = index_bytes(Index((LAYER._replace(platform=AMD64),)))
GOOD_CONFIG = config_bytes(ImageConfig(AMD64, (DIGEST,), env=("A=b",), labels={"a": "b"}))
Reader = Callable[[bytes], object]


@pytest.mark.parametrize(
    ("read", "data", "words"),
    [
        (read_manifest, changed(GOOD, "schemaVersion", value=1), "`/schemaVersion`: expected 2"),
        (read_manifest, changed(GOOD, "schemaVersion", value=True), "`/schemaVersion`: expected 2"),
        (read_manifest, changed(GOOD, "mediaType", value="a/b"), "`/mediaType`: `a/b` is not one"),
        (read_manifest, changed(GOOD, "config", value=KeyError), "`/config`: expected an object"),
        (read_manifest, changed(GOOD, "layers", value=KeyError), "`/layers`: expected an array"),
        (read_manifest, changed(GOOD, "layers", 0, "size", value=-1), "`/layers/0/size`"),
        (read_manifest, changed(GOOD, "layers", 0, "size", value=1.5), "`/layers/0/size`"),
        (read_manifest, changed(GOOD, "layers", 0, "size", value=2**63), "`/layers/0/size`"),
        (
            read_manifest,
            changed(GOOD, "layers", 0, "digest", value=DIGEST.upper()),
            "`/layers/0/digest`: expected `sha256:` and 64 lower-case hex digits",
        ),
        (
            read_manifest,
            changed(GOOD, "layers", 0, "digest", value="sha256:../../x"),
            "`/layers/0/digest`",
        ),
        (read_manifest, changed(GOOD, "layers", 0, "mediaType", value="x"), "a media type, as"),
        (
            read_manifest,
            changed(GOOD, "annotations", value={"a/~": 1}),
            "`/annotations/a~1~0`: expected a string, found a number",
        ),
        (read_manifest, changed(GOOD, "subject", value=[]), "`/subject`: expected an object"),
        (read_manifest, b"[]", "manifest: expected an object, found an array"),
        (read_manifest, b"{", "manifest: not valid JSON"),
        (read_manifest, b'{"a":1,"a":2}', "the key `a` appears twice"),
        (read_manifest, b"[" * 100_000, "nested too deeply"),
        (read_index, changed(GOOD_INDEX, "manifests", value={}), "`/manifests`: expected an array"),
        (
            read_index,
            changed(GOOD_INDEX, "manifests", 0, "platform", value={"os": "linux"}),
            "`/manifests/0/platform/architecture`: expected a string, found nothing",
        ),
        (
            read_index,
            changed(GOOD_INDEX, "manifests", value=[{}] * 10_001),
            "`/manifests`: more than 10000 members",
        ),
        (read_config, changed(GOOD_CONFIG, "rootfs", value=KeyError), "`/rootfs`: expected an"),
        (read_config, changed(GOOD_CONFIG, "rootfs", "type", value="x"), "`/rootfs/type`"),
        (read_config, changed(GOOD_CONFIG, "os", value=KeyError), "`/os`: expected a string"),
        (read_config, changed(GOOD_CONFIG, "config", "Env", value=[1]), "`/config/Env/0`"),
        (read_config, changed(GOOD_CONFIG, "config", "Env", value="A=b"), "`/config/Env`"),
        (read_version, b'{"imageLayoutVersion":"2.0.0"}', "`/imageLayoutVersion`"),
        (read_version, b"{}", "`/imageLayoutVersion`"),
    ],
)
def test_refused(read: Reader, data: bytes, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(data)
    assert words in caught.value.brief


def test_members_that_are_not_known_are_passed_over() -> None:
    assert read_manifest(changed(GOOD, "future", value=[1])) == read_manifest(GOOD)
