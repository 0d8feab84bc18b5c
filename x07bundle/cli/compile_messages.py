"""What a compilation says on stderr, for people; the report on stdout says it for programs."""

from collections.abc import Sequence
from typing import Final

import click

from x07bundle.cli.findings import text
from x07bundle.contract.compile_report import CompileResult
from x07bundle.errors import CompileError
from x07bundle.lang.diagnostics import Diagnostic

MOST: Final = 4
MOST_LINES: Final = 24
"""Of what the C compiler says when it fails; a linker may say thousands."""


def say_compilation(diagnostics: Sequence[Diagnostic], result: CompileResult) -> None:
    """Findings of the front end, and a failure of the C compiler."""
    if diagnostics:
        _say_findings(diagnostics)
    if result.stderr or _has_failed_on_c(result):
        _say_compiler(result)


def _has_failed_on_c(result: CompileResult) -> bool:
    """Whether it was the C compiler, which may have failed without a word."""
    return not result.ok and result.c_source_size > 0


def _say_findings(found: Sequence[Diagnostic]) -> None:
    """The first few, errors before warnings."""
    first = sorted(found, key=lambda one: one.severity != "error")
    click.echo(text(first[:MOST]), err=True, nl=False)
    if len(first) > MOST:
        click.echo(f"{len(first) - MOST} more: `x07 check` shows all of them", err=True)


def _say_compiler(result: CompileResult) -> None:
    said = result.stderr.decode("utf-8", "replace")
    if result.ok:
        click.echo(said, err=True, nl=False)
        return
    brief, _, hint = (result.compile_error or "").partition("\n\nhint: ")
    click.echo(CompileError(brief, _shortened(said), hint or None).render(), err=True, nl=False)


def _shortened(said: str) -> str:
    """The first lines, where the cause mostly is, and the last."""
    lines = said.splitlines()
    left_out = len(lines) - MOST_LINES
    if left_out <= 1:
        return said
    told = f"… {left_out} lines more; `stderr_b64` of the report has all of them"
    return "\n".join((*lines[: MOST_LINES - 1], told, lines[-1]))
