"""Bytes of a file -> JSON document, or the diagnostics that say why not."""

from typing import Final

from x07bundle import strict_json
from x07bundle.lang.findings import Findings

CODE: Final = "X07-X07AST-PARSE-0001"
DEPTH_HINT: Final = "move inner expressions into functions of their own"


def read(data: bytes, findings: Findings) -> object:
    """The JSON value of a file; None (and something found) when there is none."""
    value, problems, is_too_deep = strict_json.read(data)
    for problem in problems:
        findings.add(CODE, problem, hint=DEPTH_HINT if is_too_deep else None)
    return value
