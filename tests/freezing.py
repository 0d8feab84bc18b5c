"""What is frozen from a checkout, by a process of its own."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.program_build import ROOT
from tests.unit.cli.commands import environment

DEADLINE_SECONDS: Final = 300


def frozen(
    module: str, *words: str, folder: Path, checkout: Path = ROOT, umask: int, **variables: str
) -> str:
    """stdout of a command of `checkout`. Skips where something that it takes is missing."""
    done = subprocess.run(
        (sys.executable, "-m", module, *words),
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(checkout), **variables},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        umask=umask,
        check=False,
    )
    if "is missing, which" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-2])
    assert done.returncode == 0, done.stderr
    return done.stdout


def copied(folder: Path) -> Path:
    """What is frozen, in another place, without compiled modules."""
    checkout = folder / "check out é"
    skipped = shutil.ignore_patterns("__pycache__")
    for part in ("x07bundle", "stubs", "launcher_templates"):
        shutil.copytree(ROOT / part, checkout / part, ignore=skipped)
    shutil.copyfile(ROOT / "LICENSE", checkout / "LICENSE")
    return checkout
