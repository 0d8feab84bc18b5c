"""Steps of `x07 image`: a bar on a terminal, which goes; elsewhere a line for each, if that is
wanted. On stderr.
"""

import time
from typing import Final

import click

from x07bundle.cli.progress import CLEAR_LINE, Progress
from x07bundle.image.sizes import mib

CELLS: Final = 24
REDRAW_SECONDS: Final = 0.1


class ShownSteps(Progress):
    """`image.steps.Steps` for people. Shows a step at a time; leaving the block clears the bar."""

    def __init__(self, program: str, *, has_lines: bool = False) -> None:
        super().__init__(program)
        self.has_lines = has_lines and not self.is_terminal
        self.what = ""
        self.total_bytes = self.done_bytes = 0
        self.started = self.drawn = 0.0

    def say(self, what: str) -> None:
        """A step that is not measured."""
        self.begin(what, 0)
        if self.has_lines:
            click.echo(f"{self.program}: {what}", err=True)

    def begin(self, what: str, total_bytes: int) -> None:
        self.what, self.total_bytes, self.done_bytes = what, total_bytes, 0
        self.started = time.monotonic()
        self._draw()

    def advance(self, size_bytes: int) -> None:
        self.done_bytes += size_bytes
        if time.monotonic() - self.drawn >= REDRAW_SECONDS:
            self._draw()

    def end(self) -> None:
        if self.has_lines:
            seconds = time.monotonic() - self.started
            size = f"{mib(self.done_bytes)} in {seconds:.1f} s"
            click.echo(f"{self.program}: {self.what}: {size}", err=True)

    def _draw(self) -> None:
        self.drawn = time.monotonic()
        self._write(f"{CLEAR_LINE}{self.program}: {self.what} {self._amount()}")

    def _amount(self) -> str:
        if not self.total_bytes:
            return mib(self.done_bytes) if self.done_bytes else "…"
        part = min(self.done_bytes / self.total_bytes, 1.0)
        full = round(part * CELLS)
        return f"[{'#' * full}{'.' * (CELLS - full)}] {part:4.0%}"
