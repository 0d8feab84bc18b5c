"""Diagnostics as text for people: what, where, the expression itself, what to do."""

import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from x07bundle.errors import X07Error
from x07bundle.files import read_bytes
from x07bundle.lang import document
from x07bundle.lang.canonical import canonical, dump
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.findings import Findings
from x07bundle.lang.format import formatted
from x07bundle.lang.modules import SourceFile

SUFFIX: Final = ".x07.json"
WIDTH: Final = 76


def text(diagnostics: Iterable[Diagnostic]) -> str:
    """All of them, each with the expression that its pointer names, then notes and a count."""
    found = list(diagnostics)
    documents = {one.file: _document(one.file) for one in found}
    parts = [_one(one, documents[one.file][0]) for one in found]
    unformatted = sorted(file for file, (_, is_formatted) in documents.items() if not is_formatted)
    if unformatted:
        parts.append(_formatting(unformatted))
    return "\n".join([*parts, _count(found)])


def _formatting(unformatted: list[str]) -> str:
    """Where pointers point to. Files that cannot be read as x07AST, `x07 fmt` leaves alone."""
    files = [file for file in unformatted if _has_format(file)]
    command = f": `x07 fmt --write {shlex.join(files)}`" if files else ""
    return f"note: pointers refer to the formatted file{command}\n"


def _one(one: Diagnostic, tree: dict[str, Any] | None) -> str:
    return "\n".join([f"{one.severity}[{one.code}]: {one.message}", *_details(one, tree)]) + "\n"


def _details(one: Diagnostic, tree: dict[str, Any] | None) -> Iterator[str]:
    function = f" in `{one.function}`" if one.function else ""
    yield f"  --> {one.file}{' ' if one.at else ''}{one.at}{function}"
    shown = _excerpt(tree, one.at) if tree is not None and one.at else None
    if shown is not None:
        yield f"   |  {shown}"
    if one.hint:
        yield from (f"  hint: {line}" for line in one.hint.splitlines())
    if one.fix:
        yield f"  fix: {one.fix.note}"


def _document(file: str) -> tuple[dict[str, Any] | None, bool]:
    """The canonical document of a file, and whether the file is formatted."""
    try:
        data = read_bytes(Path(file))
    except X07Error:
        return None, True
    value = document.read(data, Findings(file))
    if not isinstance(value, dict):
        return None, True
    if not file.endswith(SUFFIX):  # a manifest
        return value, True
    tree = canonical(value)
    return tree, data in (dump(tree), dump(tree, pretty=True))


def _has_format(file: str) -> bool:
    result, _ = formatted(SourceFile(file, read_bytes(Path(file))), pretty=False)
    return result is not None


def _excerpt(tree: dict[str, Any], pointer: str) -> str | None:
    """The JSON that a pointer names, on one line; None where there is none."""
    value: Any = tree
    for part in pointer.split("/")[1:]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    shown = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return shown if len(shown) <= WIDTH else shown[: WIDTH - 1] + "…"


def _count(found: list[Diagnostic]) -> str:
    counts = {
        word: sum(one.severity == word for one in found) for word in ("error", "warning", "info")
    }
    words = [
        f"{count} {word}{'s' if count > 1 and word != 'info' else ''}"
        for word, count in counts.items()
        if count
    ]
    return ", ".join(words) + "\n"
