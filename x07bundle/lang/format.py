"""Bytes of a file -> bytes of its canonical form."""

from x07bundle.lang.canonical import dump
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.load import load
from x07bundle.lang.modules import SourceFile


def formatted(source: SourceFile, pretty: bool = False) -> tuple[bytes | None, list[Diagnostic]]:
    """The formatted file, or None and what is wrong with it.

    A file with errors is left alone: members that are not understood would be dropped.
    """
    module, found = load(source)
    return (dump(module.document, pretty) if module is not None else None), found
