"""Bytes to stdout: data, exactly as it is."""

import sys

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
