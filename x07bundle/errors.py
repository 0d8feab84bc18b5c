"""Errors that people see: what happened, why, what to do.

The class of an error fixes the exit code. `cli` prints `render()` on stderr; nobody else prints.
"""

from typing import Final

LAYOUT: Final = "\n\t"


def shown(text: str, layout: str = LAYOUT) -> str:
    """Text for a terminal. Names that others gave are in it, and none of these is to move the
    cursor: what is neither printable nor in `layout` becomes its escape.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in layout else ascii(char)[1:-1] for char in text
    )


class X07Error(Exception):
    """An expected failure: bad input, a missing tool, a full disk. Exit code 2."""

    exit_code = 2

    def __init__(self, brief: str, details: str | None = None, hint: str | None = None) -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = details
        self.hint = hint

    def render(self) -> str:
        """The text for stderr: `error: brief`, indented details, `hint:` last, a newline."""
        lines = [f"error: {self.brief}"]
        lines += [f"  {line}" for line in (self.details or "").splitlines()]
        lines += [f"hint: {self.hint}"] if self.hint else []
        return shown("\n".join(lines) + "\n")


class UsageError(X07Error):
    """Options that contradict each other or name nothing."""


class ProjectError(X07Error):
    """A project, manifest or lockfile that cannot be used."""


class CompileError(X07Error):
    """A program that is not accepted, or whose C could not be compiled."""

    exit_code = 1


class ToolMissingError(X07Error):
    """A program of the system that is needed and not there (a C compiler, a linker)."""


class OutputError(X07Error):
    """An output that could not be written."""


class RefusedError(X07Error):
    """Refused on purpose: integrity, policy or consent."""

    exit_code = 125
