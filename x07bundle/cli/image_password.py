"""Where the password of a private key comes from: a file, the environment, or a terminal."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from x07bundle.cli.options import PATH
from x07bundle.errors import UsageError
from x07bundle.files import read_input

VARIABLE: Final = "X07_KEY_PASSWORD"
HINT: Final = f"`--password-file FILE`, or set {VARIABLE}"
MOST_BYTES: Final = 1023
"""What OpenSSL takes."""

password_option: Final = click.option(
    "--password-file",
    metavar="FILE",
    type=PATH,
    help=f"The key's password, but for a final newline. [{VARIABLE}, the terminal]",
)


def password(file: Path | None, env: Mapping[str, str], *, is_new: bool = False) -> bytes:
    """`is_new`: asked for twice on a terminal.

    Raises:
        UsageError: nobody says any, or it cannot be one.
    """
    if file is not None:
        return _checked(_line(read_input(file)), f"`{file}`")
    if VARIABLE in env:
        return _checked(env[VARIABLE].encode("utf-8", "surrogateescape"), VARIABLE)
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no password for the key, and no terminal to ask on",
            hint=HINT,
        )
    text = click.prompt(
        "Password of the key", hide_input=True, confirmation_prompt=is_new, err=True
    )
    return _checked(text.encode("utf-8", "surrogateescape"), "the password")


def _line(data: bytes) -> bytes:
    """An editor ends the last line; that is no part of the password."""
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _checked(found: bytes, where: str) -> bytes:
    if not found:
        raise UsageError(f"{where} is empty: a private key needs a password", hint=HINT)
    if len(found) > MOST_BYTES:
        why = f"{where} is too long for a password: at most {MOST_BYTES} bytes"
        raise UsageError(why, hint=HINT)
    return found
