"""Collects the diagnostics of one place of a program: a function, or a module's declarations."""

from x07bundle.lang.diagnostics import Diagnostic, Kind, QuickFix
from x07bundle.lang.source import Module


class Report:
    """One code is reported once per place: a second report is a consequence of the first."""

    def __init__(self, module: Module, function: str | None = None) -> None:
        self.module = module
        self.function = function
        self.found: list[Diagnostic] = []
        self._seen: set[tuple[str, str]] = set()

    def error(
        self,
        code: str,
        at: str,
        message: str,
        hint: str | None = None,
        fix: QuickFix | None = None,
        kind: Kind = "Typing",
    ) -> None:
        self._add(Diagnostic(code, message, at, kind=kind, hint=hint, fix=fix))

    def warning(
        self, code: str, at: str, message: str, hint: str, fix: QuickFix | None = None
    ) -> None:
        """Style is the business of whoever wrote the module: std modules are not warned about."""
        if not self.module.builtin:
            style = Diagnostic(code, message, at, severity="warning", stage="lint")
            self._add(style._replace(hint=hint, fix=fix))

    def _add(self, found: Diagnostic) -> None:
        if (found.code, found.at) in self._seen:
            return
        self._seen.add((found.code, found.at))
        placed = found._replace(module_id=self.module.module_id, file=self.module.file)
        self.found.append(placed._replace(function=self.function))
