"""Executables that stand in for tools of the system."""

from pathlib import Path


def install(folder: Path, name: str, script: str) -> Path:
    """An executable shell script `name` in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
