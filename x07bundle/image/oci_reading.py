"""JSON of others -> OCI values, or what is wrong with it, by JSON pointer.

Unknown members are allowed (image-spec: they are to be ignored); known ones have their type.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from x07bundle.errors import X07Error
from x07bundle.image.oci import (
    INDEX,
    INDEX_TYPES,
    MANIFEST,
    MANIFEST_TYPES,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
)
from x07bundle.strict_json import read

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9][\w!#$&^.+-]{0,126}")
MOST_BYTES: Final = 2**63 - 1
MOST_MEMBERS: Final = 10_000

Value = TypeVar("Value")


class FormatError(X07Error):
    """A document of an image that is not what it has to be."""


class _Reader:
    """Members of one document. `what` names it in errors."""

    def __init__(self, what: str) -> None:
        self.what = what

    def error(self, pointer: str, problem: str) -> FormatError:
        place = f" at `{pointer}`" if pointer else ""
        return FormatError(
            f"{self.what}{place}: {problem}", hint="the image is damaged, or is none; get it again"
        )

    def members(self, value: object, pointer: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.error(pointer, f"expected an object, found {_kind(value)}")
        return value

    def text(self, parent: Mapping[str, Any], key: str, pointer: str, default: str | None) -> str:
        """`default` None: the member has to be there."""
        value = parent.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.error(f"{pointer}/{key}", f"expected a string, found {_kind(value)}")
        return value

    def texts(self, parent: Mapping[str, Any], key: str, pointer: str) -> tuple[str, ...]:
        def text(value: object, place: str) -> str:
            if not isinstance(value, str):
                raise self.error(place, f"expected a string, found {_kind(value)}")
            return value

        return self.each(parent, key, pointer, text)

    def words(self, parent: Mapping[str, Any], key: str, pointer: str) -> Mapping[str, str]:
        """An object of strings; absent and null are an empty one."""
        value = parent.get(key)
        members = {} if value is None else self.members(value, f"{pointer}/{key}")
        for name, text in members.items():
            if not isinstance(text, str):
                place = f"{pointer}/{key}/{_escaped(name)}"
                raise self.error(place, f"expected a string, found {_kind(text)}")
        return members

    def each(
        self,
        parent: Mapping[str, Any],
        key: str,
        pointer: str,
        one: Callable[[object, str], Value],
        *,
        is_needed: bool = False,
    ) -> tuple[Value, ...]:
        values = parent.get(key)
        if values is None and not is_needed:
            return ()
        if not isinstance(values, list):
            raise self.error(f"{pointer}/{key}", f"expected an array, found {_kind(values)}")
        if len(values) > MOST_MEMBERS:
            raise self.error(f"{pointer}/{key}", f"more than {MOST_MEMBERS} members")
        return tuple(one(value, f"{pointer}/{key}/{at}") for at, value in enumerate(values))

    def digest(self, value: object, pointer: str) -> str:
        if not isinstance(value, str) or not DIGEST.fullmatch(value):
            raise self.error(pointer, "expected `sha256:` and 64 lower-case hex digits")
        return value

    def descriptor(self, value: object, pointer: str) -> Descriptor:
        members = self.members(value, pointer)
        return Descriptor(
            media_type=self._media_type(members, pointer),
            digest=self.digest(members.get("digest"), f"{pointer}/digest"),
            size_bytes=self._size(members.get("size"), f"{pointer}/size"),
            annotations=self.words(members, "annotations", pointer),
            platform=self._platform(members, pointer),
            artifact_type=self.text(members, "artifactType", pointer, ""),
        )

    def subject(self, document: Mapping[str, Any]) -> Descriptor | None:
        value = document.get("subject")
        return None if value is None else self.descriptor(value, "/subject")

    def media_type(self, document: Mapping[str, Any], known: frozenset[str], default: str) -> str:
        found = self.text(document, "mediaType", "", default)
        if found not in known:
            raise self.error("/mediaType", f"`{found}` is not one of {', '.join(sorted(known))}")
        return found

    def version(self, document: Mapping[str, Any]) -> None:
        value = document.get("schemaVersion")
        if value != 2 or isinstance(value, bool):
            raise self.error("/schemaVersion", "expected 2")

    def _media_type(self, members: Mapping[str, Any], pointer: str) -> str:
        found = self.text(members, "mediaType", pointer, None)
        if not MEDIA_TYPE.fullmatch(found):
            raise self.error(f"{pointer}/mediaType", "expected a media type, as `type/subtype`")
        return found

    def _size(self, value: object, pointer: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_BYTES:
            raise self.error(pointer, "expected a number of bytes")
        return value

    def _platform(self, members: Mapping[str, Any], pointer: str) -> Platform | None:
        if members.get("platform") is None:
            return None
        return self.platform(
            self.members(members["platform"], f"{pointer}/platform"), f"{pointer}/platform"
        )

    def platform(self, members: Mapping[str, Any], pointer: str) -> Platform:
        return Platform(
            self.text(members, "os", pointer, None),
            self.text(members, "architecture", pointer, None),
            self.text(members, "variant", pointer, ""),
        )


def read_manifest(data: bytes, what: str = "manifest") -> Manifest:
    """Raises FormatError."""
    reader, document = _opened(data, what)
    reader.version(document)
    return Manifest(
        config=reader.descriptor(document.get("config"), "/config"),
        layers=reader.each(document, "layers", "", reader.descriptor, is_needed=True),
        annotations=reader.words(document, "annotations", ""),
        subject=reader.subject(document),
        artifact_type=reader.text(document, "artifactType", "", ""),
        media_type=reader.media_type(document, MANIFEST_TYPES, MANIFEST),
    )


def read_index(data: bytes, what: str = "index.json") -> Index:
    """Raises FormatError."""
    reader, document = _opened(data, what)
    reader.version(document)
    return Index(
        manifests=reader.each(document, "manifests", "", reader.descriptor, is_needed=True),
        annotations=reader.words(document, "annotations", ""),
        subject=reader.subject(document),
        artifact_type=reader.text(document, "artifactType", "", ""),
        media_type=reader.media_type(document, INDEX_TYPES, INDEX),
    )


def read_config(data: bytes, what: str = "config") -> ImageConfig:
    """Raises FormatError."""
    reader, document = _opened(data, what)
    settings = reader.members(document.get("config") or {}, "/config")
    rootfs = reader.members(document.get("rootfs"), "/rootfs")
    if rootfs.get("type") != "layers":
        raise reader.error("/rootfs/type", "expected `layers`")
    return ImageConfig(
        platform=reader.platform(document, ""),
        diff_ids=reader.each(rootfs, "diff_ids", "/rootfs", reader.digest, is_needed=True),
        created=reader.text(document, "created", "", ""),
        env=reader.texts(settings, "Env", "/config"),
        labels=reader.words(settings, "Labels", "/config"),
        working_dir=reader.text(settings, "WorkingDir", "/config", ""),
        command=reader.texts(settings, "Cmd", "/config"),
        history=_history(reader, document),
    )


def read_version(data: bytes) -> None:
    """The file `oci-layout`. Raises FormatError: it is none of version 1.0.0."""
    reader, document = _opened(data, "oci-layout")
    if document.get("imageLayoutVersion") != "1.0.0":
        raise reader.error("/imageLayoutVersion", "expected `1.0.0`")


def _history(reader: _Reader, document: Mapping[str, Any]) -> tuple[str, ...]:
    """What made each layer."""

    def made_by(value: object, pointer: str) -> tuple[bool, str]:
        members = reader.members(value, pointer)
        is_layer = members.get("empty_layer") is not True
        return is_layer, reader.text(members, "created_by", pointer, "")

    steps = reader.each(document, "history", "", made_by)
    return tuple(text for is_layer, text in steps if is_layer)


def _opened(data: bytes, what: str) -> tuple[_Reader, Mapping[str, Any]]:
    reader = _Reader(what)
    found = read(data)
    if found.problems:
        raise reader.error("", found.problems[0])
    return reader, reader.members(found.value, "")


def _kind(value: object) -> str:
    names = {bool: "a boolean", str: "a string", list: "an array", dict: "an object"}
    if value is None:
        return "nothing"
    return names.get(type(value), "a number")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
