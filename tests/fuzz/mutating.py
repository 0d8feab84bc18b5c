"""Damaged programs: never a traceback, and C that compiles in silence for what is accepted.

What is accepted also runs, where it can do no harm, and is held to the interpreter where that
knows all of its heads.
"""

import json
from typing import Any, Final

from tests.fuzz import oracle
from tests.fuzz.compiled import Finding, Sources, compiled
from tests.fuzz.generating import Ready
from tests.fuzz.generator import Program
from tests.fuzz.program import Outcome
from tests.fuzz.values import deep_recursion
from x07bundle.lang.canonical import canonical
from x07bundle.lang.options import Options

OPTIONS: Final = Options(fuel=250_000, heap_bytes=1 << 28)
"""More fuel than the interpreter has steps: what it finishes, the program finishes."""
HARMFUL: Final = (b'"extern"', b"ptr", b"mem", b"addr_of", b"os.", b"fs.", b"iface.make")


def prepare(program: Sources) -> Ready | Finding | None:
    """None for a program that is refused."""
    found = compiled(program, OPTIONS)
    if isinstance(found, Finding):
        return found
    if found.c_source is None:
        silent = not any(d.severity == "error" for d in found.diagnostics)
        return Finding("silent refusal", "no C and no error") if silent else None
    if any(word in data for data in program.files() for word in HARMFUL):
        return Ready(found.c_source, None, None)
    return Ready(found.c_source, program.input, expected(program))


def expected(program: Sources) -> Outcome | None:
    """None for what the interpreter leaves open; and where a damaged module, that the program
    does not import, is no JSON."""
    with deep_recursion():
        try:
            modules = {key: document(data) for key, data in program.modules.items()}
        except ValueError:
            return None
        outcome = oracle.expected(Program(document(program.entry), modules, program.input))
    return None if isinstance(outcome, Finding) else outcome


def document(data: bytes) -> dict[str, Any]:
    return canonical(json.loads(data))
