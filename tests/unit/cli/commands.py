"""The command, as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

X07 = (sys.executable, "-m", "x07bundle.cli.main")
CHECKOUT = Path(__file__).resolve().parents[3]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment, with the checkout importable from any folder."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("X07_")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **variables}


def x07(
    *arguments: str, folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*X07, *arguments),
        cwd=folder,
        env=environment(**(variables or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
