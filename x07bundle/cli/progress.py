"""A progress line on stderr, where that is a terminal: it says what is being done, and goes."""

import sys
from types import TracebackType
from typing import Self

import click

CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Shows one line while its block lasts."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.is_terminal = sys.stderr.isatty()

    def say(self, what: str) -> None:
        self._write(f"{CLEAR_LINE}{self.program}: {what} …")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._write(CLEAR_LINE)

    def _write(self, text: str) -> None:
        if self.is_terminal:
            click.echo(text, err=True, nl=False)
