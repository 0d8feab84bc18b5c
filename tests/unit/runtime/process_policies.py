"""Policies for the tests of processes, and programs that run under them."""

from pathlib import Path
from typing import Any

from tests.unit.runtime.c_program import CProgram, Word, decoded
from tests.unit.runtime.policies import denials, sandbox
from tests.unit.runtime.processes import CAPS, REPORT, RUN, Done, Error, document

SHELL = "/bin/sh"


def policy(**fields: Any) -> dict[str, str]:  # noqa: ANN401  a policy's fields differ
    """Of a program that may start a few of the usual tools."""
    usual = {
        "PROC": True,
        "PROC_ALLOW_SPAWN": True,
        "PROC_ALLOW_EXEC": True,
        "PROC_ALLOW_EXECS": ["/bin/true", "/bin/cat", SHELL],
        "PROC_MAX_LIVE": 4,
        "PROC_MAX_SPAWNS": 100,
        "PROC_MAX_RUNTIME_MS": 60_000,
        "PROC_MAX_STDOUT_BYTES": 1 << 20,
        "PROC_MAX_STDERR_BYTES": 1 << 20,
        "PROC_MAX_TOTAL_BYTES": 2 << 20,
        "PROC_MAX_STDIN_BYTES": 64,
    }
    return sandbox(**{**usual, **fields})


def answers(
    process: CProgram, env: dict[str, str], *requests: tuple[Word, ...], cwd: Path | None = None
) -> tuple[list[Word], list[dict[str, str]]]:
    """What the program says, and the denials that it remembers."""
    ran = process.run(*requests, (REPORT,), env=env, cwd=cwd)
    assert ran.status == 0, ran.stderr
    *words, live_bytes = decoded(ran.stdout)
    assert live_bytes == 0
    return words, denials(ran)


def run(
    process: CProgram,
    env: dict[str, str],
    asked: bytes,
    limits: bytes = CAPS,
    cwd: Path | None = None,
) -> tuple[Done | Error, list[dict[str, str]]]:
    [answer], told = answers(process, env, (RUN, asked, limits), cwd=cwd)
    return document(answer), told
