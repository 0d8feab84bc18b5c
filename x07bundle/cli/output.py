"""Bytes to stdout: data, exactly as it is. What a guest said, to stderr: text, and nothing else."""

import sys
from typing import Final

import click

from x07bundle.cli.entry import STDOUT_HINT, drop_stdout
from x07bundle.errors import OutputError


def echo_bytes(data: bytes) -> None:
    """Writes and flushes.

    Raises:
        BrokenPipeError: nothing reads it any more.
        OutputError: it cannot be written, as on a full disk.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot write to standard output: {reason}", hint=STDOUT_HINT) from error


LAYOUT: Final = "\n\t"


def echo_guest(said: bytes) -> None:
    """On stderr, for people: a guest is not to move the cursor of their terminal."""
    text = said.decode("utf-8", "replace")
    shown = "".join(char if char.isprintable() or char in LAYOUT else "?" for char in text)
    click.echo(shown, err=True, nl=False)
