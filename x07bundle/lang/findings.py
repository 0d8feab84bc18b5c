"""Collects the diagnostics of one file while it is read."""

from dataclasses import dataclass, field

from x07bundle.lang.diagnostics import Diagnostic, QuickFix, Severity, has_errors


@dataclass(slots=True)
class Findings:
    """What was found in `file` so far, and how many expressions were read (`node_count`)."""

    file: str
    module_id: str = ""
    function: str | None = None
    node_count: int = 0
    found: list[Diagnostic] = field(default_factory=list)

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
