"""Bytes to stdout: data, exactly as it is."""

import sys
from typing import Final

from x07bundle.cli.entry import drop_stdout
from x07bundle.errors import OutputError

HINT: Final = "files that the command wrote are whole; send standard output somewhere else"


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
        raise OutputError(f"cannot write to standard output: {reason}", hint=HINT) from error
