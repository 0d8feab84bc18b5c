"""Collects the diagnostics of one file while it is read."""

from x07bundle.lang.diagnostics import Diagnostic, QuickFix, Severity, has_errors


class Findings:
    """What was found in `file` so far, and how many expressions were read (`node_count`)."""

    __slots__ = ("file", "found", "function", "module_id", "node_count")

    def __init__(self, file: str) -> None:
        self.file = file
        self.module_id = ""
        self.function: str | None = None
        self.node_count = 0
        self.found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        message: str,
        at: str = "",
        *,
        hint: str | None = None,
        fix: QuickFix | None = None,
        severity: Severity = "error",
    ) -> None:
        self.found.append(
            Diagnostic(
                code=code,
                message=message,
                at=at,
                module_id=self.module_id,
                file=self.file,
                severity=severity,
                stage="parse",
                kind="Parse",
                function=self.function,
                hint=hint,
                fix=fix,
            )
        )

    @property
    def failed(self) -> bool:
        return has_errors(self.found)


def replace(at: str, value: object, note: str) -> QuickFix:
    return QuickFix(({"op": "replace", "path": at, "value": value},), note)


def add(at: str, value: object, note: str) -> QuickFix:
    return QuickFix(({"op": "add", "path": at, "value": value},), note)


def remove(at: str, note: str) -> QuickFix:
    return QuickFix(({"op": "remove", "path": at},), note)
