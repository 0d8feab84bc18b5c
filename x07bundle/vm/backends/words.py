"""Words that command lines of several engines are made of (contract/vm.md §4), and what is read of
their answers. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from x07bundle.errors import RefusedError, X07Error
from x07bundle.vm.job import GUEST_WORK, Digest, DigestKind, Job, Mount

MIB: Final = 1 << 20
OURS: Final = "io.x07.schema=1"
"""The label of every guest of ours (contract/vm.md §5)."""
DISALLOWED: Final = {
    ",": "`,`",
    '"': "a double quote",
    "\0": "NUL",
    "\n": "a line break",
    "\r": "a line break",
}
"""Engines read mounts as CSV. The double quote is ours, the others are of contract/vm.md §3."""
is_digest: Final = re.compile(r"sha256:[0-9a-f]{64}").fullmatch
_hex64: Final = re.compile(r"[0-9a-f]{64}").fullmatch


def pairs(option: str, values: Mapping[str, str]) -> Iterator[str]:
    """`--label k=v` for each, in the order of keys."""
    for key in sorted(values):
        yield from (option, f"{key}={values[key]}")


def mebibytes(size_bytes: int) -> int:
    """Rounded up."""
    return -(-size_bytes // MIB)


def mounts(job: Job) -> tuple[Mount, ...]:
    """Those of a job, outer ones first.

    Raises:
        RefusedError: a path has a character that a command line cannot carry.
    """
    for mount in job.mounts:
        check_path(mount.host, "host")
        check_path(mount.guest, "guest")
    return tuple(sorted(job.mounts, key=lambda mount: mount.guest))


def check_path(path: str, side: str) -> None:
    for character, what in DISALLOWED.items():
        if character in path:
            raise RefusedError(
                f"{side} mount path contains disallowed byte {what}: `{printable(path)}`",
                hint="give the folder a name without it",
            )


def covered(job: Job) -> tuple[str, ...]:
    """Folders of the guest that are seen empty: those that are masked, and the one that its program
    starts in, where no root makes it. Not every engine would."""
    masked = tuple(f"{mount.guest}/{name}" for mount in mounts(job) for name in mount.masked)
    return (*masked, *_start(job))


def _start(job: Job) -> tuple[str, ...]:
    is_there = any(
        _is_below(job.workdir, mount.guest) or _is_below(mount.guest, job.workdir)
        for mount in job.mounts
    )
    is_ours = _is_below(job.workdir, GUEST_WORK) and not job.is_streamed
    return (job.workdir,) if is_ours and not is_there else ()


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def has_own_scratch(job: Job) -> bool:
    """Whether a root of the policy is the guest's /tmp."""
    return "/tmp" in job.scratch or any(mount.guest == "/tmp" for mount in job.mounts)


def handed_on(job: Job, client: Mapping[str, str]) -> dict[str, str]:
    """The client's environment with the values of the guest's, which command lines name only.

    Raises:
        X07Error: the client itself needs a variable, with another value.
    """
    for key in job.env:
        if client.get(key, job.env[key]) != job.env[key]:
            raise X07Error(
                f"the guest cannot have another `{key}` than the client of the engine has",
                hint=f"take `{key}` out of `env.allow_keys` of the policy",
            )
    return {**client, **job.env}


def repository(reference: str) -> str:
    """A reference without tag and digest."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def with_digest(reference: str, digest: Digest | None) -> str:
    """What a registry is asked for: by digest where it is one that registries know."""
    if digest is None or digest.kind != "manifest":
        return reference
    return f"{repository(reference)}@{digest.value}"


def digest_of(kind: DigestKind, value: object) -> Digest:
    """From a digest, or from its hex digits alone.

    Raises:
        ValueError: it is neither.
    """
    text = value if isinstance(value, str) else ""
    text = f"sha256:{text}" if _hex64(text) else text
    if not is_digest(text):
        raise ValueError(f"`{printable(str(value))}` is no sha256 digest")
    return Digest(kind, text)


def unique(digests: Iterable[Digest]) -> tuple[Digest, ...]:
    return tuple(dict.fromkeys(digests))


def document(text: str) -> Any:  # noqa: ANN401  JSON of others
    """Raises ValueError where it is no JSON, or nests without end."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("JSON that nests too deep") from error


def first_object(text: str) -> Mapping[str, Any]:
    """The only object of an array, as `inspect` prints it; empty where the array is."""
    found = document(text) if text.strip() else []
    rows = found if isinstance(found, list) else [found]
    if not rows:
        return {}
    return objects(rows)[0]


def objects(value: object) -> list[Mapping[str, Any]]:
    """Raises ValueError unless it is an array of objects; null is an empty one."""
    rows = value if value is not None else []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("not an array of objects")
    return rows


def below(value: object, *keys: str) -> Any:  # noqa: ANN401  JSON of others
    """What is at a path of keys, whose first letters may be capitals; None: nothing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key, value.get(key[:1].upper() + key[1:]))
    return value


def texts(value: object) -> dict[str, str]:
    """The pairs of an object that are text on both sides."""
    pairs_of = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs_of if isinstance(text, str)}


def is_text(value: str) -> bool:
    """Whether engines can be told of it: they hand on UTF-8 alone."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)[:200]
