"""Asks an engine something: runs a query and reads its answer."""

from typing import Final, TypeVar

from x07bundle import process
from x07bundle.errors import X07Error
from x07bundle.vm.backend import Query
from x07bundle.vm.failures import EngineError

Answer = TypeVar("Answer")

WALL_MS: Final = 2000
LONG_WALL_MS: Final = 600_000
"""Of what moves an image."""
OUTPUT_CAP_BYTES: Final = 256 << 10
LINE_CHARS: Final = 200


def ask(query: Query[Answer], wall_ms: int = WALL_MS) -> Answer:
    """What an engine says.

    Raises:
        EngineError: it gave no answer, or none that can be read.
    """
    command = process.Command(
        query.argv,
        query.env,
        stdout_cap=OUTPUT_CAP_BYTES,
        stderr_cap=OUTPUT_CAP_BYTES,
        wall_ms=wall_ms,
    )
    try:
        done = process.run(command)
        if done.timed_out:
            raise ValueError(f"no answer within {wall_ms / 1000:g} s")
        if done.exit_status == 0:
            return query.read(done.stdout.decode("utf-8", "replace"))
        said = done.stderr.decode("utf-8", "replace")
        if any(word in said.lower() for word in query.absent):
            return query.read("")
        raise ValueError(_last_line(said) or f"exit status {done.exit_status}")
    except (ValueError, X07Error) as error:
        reason = error.brief if isinstance(error, X07Error) else str(error)
        raise EngineError(
            f"`{query.argv[0]}` gives no answer that can be used: {reason}",
            f"asked: {command}",
            hint="`x07 doctor`, and X07_BUNDLE=doctor of a bundle, say what is the matter with it",
        ) from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = "".join(char if char.isprintable() else "?" for char in lines[-1]) if lines else ""
    return shown[:LINE_CHARS]
