"""The distribution's signature of a release, checked by `gpgv` with the distribution's keys."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from x07bundle import files, process
from x07bundle.errors import RefusedError, ToolMissingError, X07Error

WALL_MS: Final = 30_000
STATUS: Final = re.compile(rb"^\[GNUPG:\] ([A-Z0-9_]+)(?: (.*))?$", re.MULTILINE)
BAD: Final = frozenset({b"BADSIG", b"REVKEYSIG", b"KEYREVOKED", b"ERROR", b"FAILURE"})


def signed_text(
    signed: bytes, keyrings: Sequence[str], env: Mapping[str, str], temporary: Path
) -> bytes:
    """What the signature covers, and nothing that stands around it.

    One good signature of a key in a keyring is enough: releases have several, some by keys that are
    newer than the keyring. A bad one, or one of a revoked key, is one too many.

    Raises:
        RefusedError: it is not signed by a key of the keyrings.
        ToolMissingError: there is no `gpgv`.
        X07Error: there is no keyring.
    """
    gpgv = _gpgv(env)
    keyring = _keyring(keyrings)
    with files.temporary_folder(temporary) as folder:
        source, text = folder / "signed", folder / "text"
        files.write_new(source, signed)
        command = process.Command(
            (str(gpgv), "--homedir", str(folder), "--status-fd", "1", "--keyring", str(keyring),
             "--output", str(text), str(source)),
            {"PATH": env.get("PATH", ""), "LC_ALL": "C"},
            wall_ms=WALL_MS,
        )  # fmt: skip
        finished = process.run(command)
        _judge(finished, keyring)
        return files.read_bytes(text)


def _judge(finished: process.Finished, keyring: Path) -> None:
    """By what was found, not by the exit status: that is 2 where one of several keys is unknown."""
    words = [word for word, _ in STATUS.findall(finished.stdout)]
    starts = [at for at, word in enumerate(words) if word == b"NEWSIG"] + [len(words)]
    signatures = [set(words[at:end]) for at, end in pairwise(starts)]
    is_good = any({b"GOODSIG", b"VALIDSIG"} <= signature for signature in signatures)
    is_one = words.count(b"PLAINTEXT") == 1
    if is_good and is_one and not BAD & set(words) and not finished.timed_out:
        return
    said = finished.stderr.decode("utf-8", "replace")
    raise RefusedError(
        f"the release is not signed by a key in `{keyring}`",
        "\n".join(line.removeprefix("gpgv: ") for line in said.splitlines()[:12]),
        "name another mirror with --mirror, or the distribution's keys with --keyring",
    )


def _gpgv(env: Mapping[str, str]) -> Path:
    found = process.find_program("gpgv", env)
    if found is None:
        raise ToolMissingError(
            "`gpgv` is missing, which checks the distribution's signature",
            hint="on Debian and Ubuntu: `apt-get install gpgv`; elsewhere it comes with GnuPG",
        )
    return found


def _keyring(keyrings: Sequence[str]) -> Path:
    """The first that is there. A path with a slash: gpgv looks for others in a folder of its own.

    Raises:
        X07Error: none is.
    """
    for name in keyrings:
        path = Path(name).absolute()
        if path.is_file():
            return path
    raise X07Error(
        "the distribution's keys are not on this machine",
        "\n".join(f"looked for `{name}`" for name in keyrings),
        "on Debian and Ubuntu: `apt-get install debian-archive-keyring`; or name it with --keyring",
    )
