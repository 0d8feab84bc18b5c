"""Who we are to a registry: from the files of docker and podman, and their credential helpers.

The files, in the order of containers-auth.json(5); the first that knows the repository is taken. In
each, docker's order: `credHelpers`, `credsStore`, `auths`. Keys may be hosts, URLs, or a host with
the first parts of a repository; the longest that fits wins. Nothing is ever written.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import process
from x07bundle.errors import X07Error
from x07bundle.files import NO_FILE
from x07bundle.registry.failure import harmless
from x07bundle.registry.reference import Reference
from x07bundle.strict_json import read

MOST_FILE_BYTES: Final = 4 << 20
HELPER_MS: Final = 120_000
"""A helper may ask its user to unlock something."""
MOST_HELPER_BYTES: Final = 1 << 20
SUFFIX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
NOT_FOUND: Final = "credentials not found"
IS_TOKEN: Final = "<token>"
"""The user name by which a helper says that its secret is an identity token."""


class Credentials(NamedTuple):
    """`identity_token`, or `user` and `password`. `source`: where they are from, for people."""

    user: str
    password: str
    identity_token: str
    source: str

    def __repr__(self) -> str:
        return f"Credentials(source={self.source!r})"


class Found(NamedTuple):
    """`looked_at`: the files that are there. `credentials` is None where none of them knows."""

    credentials: Credentials | None
    looked_at: tuple[Path, ...]


class Places(NamedTuple):
    """`env`: with HOME, and PATH for helpers. `named`: a file that an option names, or None."""

    env: Mapping[str, str]
    named: Path | None = None


def find(reference: Reference, places: Places, aliases: tuple[str, ...] = ()) -> Found:
    """`aliases`: other keys that mean the same host.

    Raises:
        X07Error: a file is no configuration, or a helper fails.
    """
    wanted = (reference.host, *aliases)
    looked_at: list[Path] = []
    for file in files(places):
        if not file.is_file():
            _refuse_missing(file, places)
            continue
        looked_at.append(file)
        found = _in_file(file, wanted, reference.repository, places.env)
        if found is not None:
            return Found(found, tuple(looked_at))
    return Found(None, tuple(looked_at))


def files(places: Places) -> tuple[Path, ...]:
    """Where credentials may be, whether a file is there or not."""
    env = places.env
    if places.named is not None:
        return (places.named,)
    if env.get("REGISTRY_AUTH_FILE"):
        return (Path(env["REGISTRY_AUTH_FILE"]),)
    runtime = env.get("XDG_RUNTIME_DIR") or f"/run/containers/{os.getuid()}"
    home = Path(env.get("HOME") or "/nonexistent")
    configuration = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    docker = Path(env.get("DOCKER_CONFIG") or home / ".docker")
    below = "containers/auth.json" if env.get("XDG_RUNTIME_DIR") else "auth.json"
    return (
        Path(runtime, below),
        configuration / "containers" / "auth.json",
        docker / "config.json",
    )


def _refuse_missing(file: Path, places: Places) -> None:
    """Raises X07Error: an option names it, and it is no file."""
    if file != places.named:
        return
    other = "it is a folder" if file.is_dir() else NO_FILE
    reason = other if file.exists() else "no such file"
    raise X07Error(f"cannot read `{file}`: {reason}", hint="`--auth-file` names a file of logins")


def _in_file(
    file: Path, hosts: tuple[str, ...], repository: str, env: Mapping[str, str]
) -> Credentials | None:
    document = _document(file)
    helpers = _members(document, "credHelpers", file)
    for host in hosts:
        if helpers.get(host):
            return _from_helper(helpers[host], host, file, env)
    if document.get("credsStore"):
        for host in hosts:
            found = _from_helper(document["credsStore"], host, file, env)
            if found is not None:
                return found
    auths = _members(document, "auths", file)
    for key in _fitting(auths, hosts, repository):
        found = _from_entry(auths[key], key, file)
        if found is not None:
            return found
    return None


def _fitting(auths: Mapping[str, Any], hosts: tuple[str, ...], repository: str) -> list[str]:
    """The keys that mean the repository, the longest first."""
    names = {name for host in hosts for name in _prefixes(host, repository)}
    fitting = [key for key in auths if normal(key) in names or key in hosts]
    return sorted(fitting, key=lambda key: len(normal(key)), reverse=True)


def _prefixes(host: str, repository: str) -> Iterator[str]:
    """`host/a/b`, `host/a`, `host`."""
    name = f"{normal(host)}/{repository}"
    while name:
        yield name
        name = name.rpartition("/")[0]


def normal(key: str) -> str:
    """A key without what URLs have more than names: `https://host/v1/` is `host`."""
    scheme, separator, rest = key.partition("://")
    if not separator:
        return scheme.rstrip("/").lower() if "/" not in scheme.rstrip("/") else scheme.rstrip("/")
    return rest.partition("/")[0].lower()


def _document(file: Path) -> Mapping[str, Any]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "it holds logins of registries: check who may read it"
        raise X07Error(f"cannot read `{file}`: {reason}", hint=hint) from error
    if len(data) > MOST_FILE_BYTES:
        raise _damaged(file, f"it has more than {MOST_FILE_BYTES} bytes")
    result = read(data)
    if result.problems:
        raise _damaged(file, result.problems[0])
    if not isinstance(result.value, dict):
        raise _damaged(file, "it is no JSON object")
    return result.value


def _members(document: Mapping[str, Any], key: str, file: Path) -> Mapping[str, Any]:
    value = document.get(key)
    if value is not None and not isinstance(value, dict):
        raise _damaged(file, f"`/{key}` is no object")
    return value or {}


def _from_entry(entry: object, key: str, file: Path) -> Credentials | None:
    """An entry of `auths`; an empty one only says that a helper has been logged in to."""
    members = entry if isinstance(entry, dict) else {}
    token, auth = members.get("identitytoken"), members.get("auth")
    user, password = members.get("username"), members.get("password")
    if isinstance(token, str) and token:
        return Credentials("", "", token, f"{file}")
    if isinstance(auth, str) and auth:
        return _decoded(auth, key, file)
    if isinstance(user, str) and isinstance(password, str) and user:
        return Credentials(user, password, "", f"{file}")
    return None


def _decoded(auth: str, key: str, file: Path) -> Credentials:
    try:
        text = base64.b64decode(auth, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise _damaged(file, f"`auth` of `{harmless(key)}` is no base64 of text") from error
    user, colon, password = text.partition(":")
    if not colon or not user:
        raise _damaged(file, f"`auth` of `{harmless(key)}` is not `user:password` in base64")
    return Credentials(user, password.strip("\0"), "", f"{file}")


def _damaged(file: Path, problem: str) -> X07Error:
    return X07Error(
        f"`{file}` is no file of logins: {problem}",
        hint="mend it, or log in again; `--auth-file` names another",
    )


def _from_helper(
    suffix: object, host: str, file: Path, env: Mapping[str, str]
) -> Credentials | None:
    """Raises X07Error: the helper is missing, fails, or says what is none."""
    if not isinstance(suffix, str) or not SUFFIX.fullmatch(suffix):
        raise _damaged(file, "the name of a credential helper is no plain name")
    program = f"docker-credential-{suffix}"
    path = process.find_program(program, env)
    if path is None:
        hint = f"install it, or take it out of `{file}`"
        raise X07Error(f"the credential helper `{program}` is not on PATH", hint=hint)
    command = process.Command(
        (str(path), "get"),
        env,
        stdin=host.encode(),
        stdout_cap=MOST_HELPER_BYTES,
        wall_ms=HELPER_MS,
    )
    return _answer(process.run(command), program, file)


def _answer(finished: process.Finished, program: str, file: Path) -> Credentials | None:
    text = finished.stdout.decode("utf-8", "replace")
    if finished.exit_status != 0 and NOT_FOUND in text.lower():
        return None
    if finished.exit_status != 0 or finished.timed_out:
        raise X07Error(
            f"the credential helper `{program}` failed with exit code {finished.exit_status}",
            harmless(text) or None,
            f"`{file}` names it; run it by hand: `echo HOST | {program} get`",
        )
    members = read(finished.stdout).value
    user, secret = (
        (members.get("Username"), members.get("Secret")) if isinstance(members, dict) else ("", "")
    )
    if not isinstance(user, str) or not isinstance(secret, str) or not secret:
        raise X07Error(
            f"the credential helper `{program}` gave no `Username` and `Secret`",
            hint=f"`{file}` names it; look for a newer version of it",
        )
    source = f"{program} (of {file})"
    if user == IS_TOKEN:
        return Credentials("", "", secret, source)
    return Credentials(user, secret, "", source)
