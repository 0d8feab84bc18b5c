"""Executables that stand in for tools of the system."""

import contextlib
import os
from pathlib import Path
from typing import Final

PLAN: Final = "CCACHE_PLAN"
"""Variables of compiler wrappers reach the compiler."""
PLANNED: Final = f"""#!/bin/sh
for word; do
    if test "$word" = program.c && test -n "${PLAN}"; then . "${PLAN}"; fi
done
exec cc "$@"
"""


def install(folder: Path, name: str, script: str) -> Path:
    """An executable shell script `name` in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def planned_compiler(folder: Path) -> Path:
    """The real compiler; to a program it does first what the script says that PLAN names.

    It is made once for all processes of a session, so that its runtime is built once.
    """
    path, fresh = folder / "planned-cc", folder / f"planned-cc.{os.getpid()}"
    fresh.write_text(PLANNED)
    fresh.chmod(0o755)
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()
    return path


def plan(compiler: Path, file: Path, script: str) -> dict[str, str]:
    """The variables that give a planned compiler its script, written to `file`."""
    file.write_text(f"{script}\n")
    return {"X07_CC": str(compiler), PLAN: str(file)}
