"""Diagnostics are values: collected by the passes, printed by `cli` (contract/reports.md §7)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

Severity = Literal["error", "warning", "info", "hint"]
Stage = Literal["parse", "lint", "rewrite", "type", "lower", "codegen", "link", "run"]
Kind = Literal["Parse", "Typing", "Unsupported", "Budget", "Internal"]

SCHEMA_VERSION: Final = "x07.x07diag@0.1.0"
UNAVAILABLE: Final = "X07-UNAVAILABLE-0001"
"""Of every part of the language that comes with a later version."""


class QuickFix(NamedTuple):
    """A JSON patch (RFC 6902) on the canonical document, and what it does."""

    patch: tuple[Mapping[str, Any], ...]
    note: str

    def as_json(self) -> dict[str, Any]:
        return {"kind": "json_patch", "patch": [dict(op) for op in self.patch], "note": self.note}


class Diagnostic(NamedTuple):
    """One finding. `at` is a JSON pointer into the canonical document of `module_id`.

    `kind` is the word that a report's `compile_error` begins with; `function` the function that
    holds the place, if one does.
    """

    code: str
    message: str
    at: str = ""
    module_id: str = ""
    file: str = ""
    severity: Severity = "error"
    stage: Stage = "type"
    kind: Kind = "Typing"
    function: str | None = None
    hint: str | None = None
    fix: QuickFix | None = None
    data: Mapping[str, Any] = MappingProxyType({})

    def as_json(self) -> dict[str, Any]:
        """The x07diag object, keys in the contract's order, empty members left out."""
        document: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity,
            "stage": self.stage,
            "message": self.message,
            "loc": {"kind": "x07ast", "ptr": self.at},
        }
        if self.hint:
            document["notes"] = [self.hint]
        facts = {**self.data, "file": self.file, "module_id": self.module_id, "fn": self.function}
        kept = {key: facts[key] for key in sorted(facts) if facts[key]}
        if kept:
            document["data"] = kept
        if self.fix:
            document["quickfix"] = self.fix.as_json()
        return document

    def compile_error(self) -> str:
        """The `compile_error` line of reports: `<Kind>: text (fn=… ptr=…)`."""
        function = f"fn={self.function} " if self.function else ""
        hint = f"\n\nhint: {self.hint}" if self.hint else ""
        return f"{self.kind}: {self.message} ({function}ptr={self.at}){hint}"


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)


def document(diagnostics: Iterable[Diagnostic], meta: Mapping[str, Any]) -> dict[str, Any]:
    """The whole x07diag document."""
    found = list(diagnostics)
    body: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "ok": not has_errors(found),
        "diagnostics": [diagnostic.as_json() for diagnostic in found],
    }
    return {**body, "meta": dict(meta)} if meta else body
