"""The input bytes of a run, from the one source that holds (contract/cli.md §2, "input")."""

import base64
import binascii
import os
from pathlib import Path
from typing import NamedTuple, Protocol

from x07bundle.errors import UsageError
from x07bundle.files import read_bytes, read_input
from x07bundle.run.frame import arguments


class StandardInput(Protocol):
    """The stdin of the tool."""

    def is_piped(self) -> bool: ...

    def read(self) -> bytes: ...


class InputChoice(NamedTuple):
    """The options that name a source; at most one may."""

    path: Path | None = None
    stdin: bool = False
    base64: str | None = None
    arguments: tuple[str, ...] = ()


def input_bytes(
    choice: InputChoice, profile_input: Path | None, standard_input: StandardInput
) -> bytes:
    """The bytes that the program gets. A piped stdin is read when nothing else is named.

    Raises:
        UsageError: several sources, or base64 that is none.
        X07Error: a file cannot be read.
    """
    _refuse_several(choice)
    if choice.path is not None:
        return read_input(choice.path)
    if choice.base64 is not None:
        return _decoded(choice.base64)
    if choice.arguments:
        return arguments([os.fsencode(word) for word in choice.arguments])
    if profile_input is not None and not choice.stdin:
        return read_bytes(profile_input)
    return standard_input.read() if choice.stdin or standard_input.is_piped() else b""


def _refuse_several(choice: InputChoice) -> None:
    named = {
        "`--input`": choice.path is not None,
        "`--stdin`": choice.stdin,
        "`--input-b64`": choice.base64 is not None,
        "arguments after `--`": bool(choice.arguments),
    }
    given = [name for name, is_given in named.items() if is_given]
    if len(given) > 1:
        raise UsageError(
            f"the input comes from one source, not from {' and '.join(given)}",
            hint="leave out all but one of them",
        )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(
            f"`--input-b64` is not base64: {str(error).lower()}",
            hint="the standard alphabet, with padding, and no white space",
        ) from error
