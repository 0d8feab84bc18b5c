"""What surrounds every command: failures become a short text and an exit code.

| exit code | |
| --- | --- |
| what the command returns | it ran; None is 0 |
| 2, or that of the error's class | an error with a hint (`errors.X07Error`, wrong options) |
| 70 | a mistake in this tool; the traceback is printed when X07_TRACEBACK is set |
| 130, 143, 129 | Ctrl-C, SIGTERM, SIGHUP: what was being written is removed |
"""

import contextlib
import errno
import gc
import io
import os
import re
import signal
import sys
from pathlib import Path
from typing import Final, NoReturn

import click

from x07bundle.errors import OutputError, UsageError, X07Error

INTERNAL: Final = 70
INTERRUPTED: Final = 130
SIGNALLED: Final = 128
PIPE_CLOSED: Final = 1
TRACEBACK: Final = "X07_TRACEBACK"

QUOTED: Final = r"'([^'\s]+)'"
NO_COMMAND: Final = r"(No such command `(.*?)`).*"
"""Some versions of click go on with what was meant, for some groups."""
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Where no path is named, it was a stream: files have errors of their own (`files`)."""
STDOUT_HINT: Final = "files that the command wrote are whole; send standard output somewhere else"
RECURSION: Final = 20_000
"""Frames. A document may nest 256 levels; a pass takes a few frames for each, and Python's own
limit of 1000 leaves too little. No pass recurses over anything that is longer than deep."""


def main(command: click.Command, program: str) -> NoReturn:
    """Runs a command with the arguments of this process, then exits at once.

    Taking the trees of a compilation apart would cost as much as making them did.
    """
    code = run(command, program)
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


def run(command: click.Command, program: str) -> int:
    """Runs a command with the arguments of this process; its exit code."""
    sys.setrecursionlimit(RECURSION)
    # The trees of a compilation live until the end; looking for garbage in them doubles its time.
    gc.disable()
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _terminate)
    # Ignored, which is inherited, it takes the exit statuses of children away.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _open_closed_streams()
    _speak_utf8()
    try:
        code = _exit_code(command, program)
        sys.stdout.flush()
    except BrokenPipeError:
        drop_stdout()
        code = PIPE_CLOSED
    except OSError as error:
        drop_stdout()
        text = f"cannot write to standard output: {_reason(error)}"
        code = _say(OutputError(text, hint=STDOUT_HINT))
    return code


def _exit_code(command: click.Command, program: str) -> int:
    """The exit code of a command; what it raises is said on stderr."""
    try:
        result = command.main(prog_name=program, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except X07Error as error:
        return _say(error)
    except click.ClickException as error:
        return _say(_usage_error(error))
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{program}: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        return _say(_system_error(error))
    except Exception as error:
        return _internal(program, error)


def _say(error: X07Error) -> int:
    _trace()
    click.echo(error.render(), err=True, nl=False)
    return error.exit_code


def _system_error(error: OSError) -> X07Error:
    """A failure of the system that no room has put into words."""
    if error.filename:
        what = f"`{os.fsdecode(error.filename)}`"
        return X07Error(
            f"{what}: {_reason(error)}", hint="check the path, and who may use it, then try again"
        )
    if not _has_folder():
        return X07Error(
            "the current folder is not there any more", hint="change to another one: `cd ..`"
        )
    if error.errno in FULL:
        return OutputError(f"cannot write to standard output: {_reason(error)}", hint=STDOUT_HINT)
    return X07Error(f"input or output failed: {_reason(error)}", hint="try again")


def _has_folder() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def _usage_error(error: click.ClickException) -> X07Error:
    """Wrong options in the words of this tool."""
    message = re.sub(QUOTED, r"`\1`", _message(error).rstrip("."))
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"`{context.command_path} --help` says what it takes" if context else None
    wrong = re.fullmatch(NO_COMMAND, message)
    if wrong is not None and context is not None:
        message, nearest = wrong[1], _nearest_command(wrong[2], context)
        hint = f"did you mean `{nearest}`? {hint}" if nearest else hint
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        near = " or ".join(f"`{name}`" for name in error.possibilities)
        hint = f"did you mean {near}? {hint}"
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def _message(error: click.ClickException) -> str:
    """What is wrong. What may have been meant is for the hint."""
    return error.message if isinstance(error, click.NoSuchOption) else error.format_message()


def _nearest_command(name: str, context: click.Context) -> str | None:
    """The command of a group that was meant."""
    from difflib import get_close_matches  # only for mistakes

    group = context.command
    names = group.list_commands(context) if isinstance(group, click.Group) else []
    return next(iter(get_close_matches(name, names, 1)), None)


def _internal(program: str, error: Exception) -> int:
    _trace()
    kind = type(error).__name__
    click.echo(f"{program}: internal error: {kind}: {error}", err=True)
    click.echo(f"hint: set {TRACEBACK}=1 to see where, and report it as a bug", err=True)
    return INTERNAL


def _trace() -> None:
    if os.environ.get(TRACEBACK):
        import traceback  # only on request: it is slow to import

        traceback.print_exc()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _terminate(number: int, _frame: object) -> NoReturn:
    """Unwinds, so that what clean-up there is runs."""
    sys.exit(SIGNALLED + number)


def _open_closed_streams() -> None:
    """A stream that the caller closed leads nowhere; its number must not go to another file."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))


def _speak_utf8() -> None:
    """Reports are UTF-8 in every locale; a byte of a file name that is none becomes an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def drop_stdout() -> None:
    """Nothing reads stdout any more: let the flush at exit succeed."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
