"""Paths in a manifest: relative to the project's folder, or to `$workspace` (project.md §1)."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

WORKSPACE: Final = "$workspace"
WORKSPACE_VARIABLE: Final = "X07_WORKSPACE_ROOT"


class Places(NamedTuple):
    """`workspace` is None where there is none: no variable, and no `.git` above the project."""

    root: Path
    workspace: Path | None

    def problem(self, text: str) -> str | None:
        """Why `text` is no path that a manifest may name, or None."""
        if "\0" in text:
            return "holds a NUL character"
        if Path(text).is_absolute():
            return f"`{text}` is absolute; it must be relative to the project's folder"
        if ".." in Path(text).parts:
            return f"`{text}` may not hold `..`"
        if not text.startswith(WORKSPACE):
            return None
        return self._workspace_problem(text)

    def path(self, text: str) -> Path:
        """The path that `text` names, without `.` components."""
        below = _below_workspace(text)
        if below is None or self.workspace is None:
            return self.root / text
        return self.workspace / below

    def _workspace_problem(self, text: str) -> str | None:
        below = _below_workspace(text)
        if below is None:
            return None
        if self.workspace is None:
            return f"`{text}`: no workspace (set {WORKSPACE_VARIABLE}, or make a git repository)"
        inside = self.workspace.resolve()
        target = self.workspace / below
        if target.exists() and not target.resolve().is_relative_to(inside):
            return f"`{text}` leads outside the workspace `{self.workspace}`"
        return None


def _below_workspace(text: str) -> str | None:
    """What follows `$workspace/`; None for a path of another kind."""
    head, _, rest = text.partition("/")
    return (rest or ".") if head == WORKSPACE else None


def of_project(root: Path, environment: Mapping[str, str]) -> Places:
    return Places(root, _workspace(root, environment))


def _workspace(root: Path, environment: Mapping[str, str]) -> Path | None:
    named = environment.get(WORKSPACE_VARIABLE, "").strip()
    if named:
        return Path(named)
    absolute = Path(os.path.abspath(root))  # noqa: PTH100  the path as written, links and all
    above = (absolute, *absolute.parents)
    return next((folder for folder in above if (folder / ".git").exists()), None)
