"""What a policy denied before a program ran: ways to write it (`language` of the policy)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from x07bundle.lang.check.worlds import FOREIGN, UNSAFE
from x07bundle.lang.diagnostics import Diagnostic


class _Asked(NamedTuple):
    operation: str
    field: str


BY_CODE: Final = {
    UNSAFE: _Asked("language.unsafe", "language.allow_unsafe"),
    FOREIGN: _Asked("language.ffi", "language.allow_ffi"),
}


def compile_denials(found: Iterable[Diagnostic]) -> list[dict[str, str]]:
    """Those among the findings, as in reports: each module once for each capability."""
    asked = {(BY_CODE[one.code], one.module_id): None for one in found if one.code in BY_CODE}
    return [
        {
            "operation": way.operation,
            "target": module_id,
            "field": way.field,
            "grant": f"set {way.field} to true",
        }
        for way, module_id in sorted(asked)
    ]
