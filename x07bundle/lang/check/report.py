"""Collects the diagnostics of one place of a program: a function, or a module's declarations."""

from dataclasses import dataclass, field
from typing import Literal

from x07bundle.lang.diagnostics import Diagnostic, Kind, QuickFix
from x07bundle.lang.source import Module


@dataclass(slots=True)
class Report:
    """One code is reported once per place: a second report is a consequence of the first."""

    module: Module
    function: str | None = None
    found: list[Diagnostic] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def error(
        self,
        code: str,
        at: str,
        message: str,
        hint: str | None = None,
        fix: QuickFix | None = None,
        kind: Kind = "Typing",
    ) -> None:
        self._add("error", code, at, message, hint, fix, kind)

    def warning(
        self, code: str, at: str, message: str, hint: str, fix: QuickFix | None = None
    ) -> None:
        """Style is the business of whoever wrote the module: std modules are not warned about."""
        if not self.module.builtin:
            self._add("warning", code, at, message, hint, fix, "Typing")

    def _add(
        self,
        severity: Literal["error", "warning"],
        code: str,
        at: str,
        message: str,
        hint: str | None,
        fix: QuickFix | None,
        kind: Kind,
    ) -> None:
        if (code, at) in self._seen:
            return
        self._seen.add((code, at))
        diagnostic = Diagnostic(
            code=code,
            message=message,
            at=at,
            module_id=self.module.module_id,
            file=self.module.file,
            severity=severity,
            stage="type" if severity == "error" else "lint",
            kind=kind,
            function=self.function,
            hint=hint,
            fix=fix,
        )
        self.found.append(diagnostic)
