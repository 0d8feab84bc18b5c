"""Projects on disk for tests."""

import json
from pathlib import Path
from typing import Any, Final

from x07bundle.project.manifest import Manifest, load

MANIFEST: Final[dict[str, Any]] = {
    "schema_version": "x07.project@0.5.0",
    "world": "run-os",
    "entry": "src/main.x07.json",
    "module_roots": ["src"],
}


def write(folder: Path, **members: object) -> Path:
    """Writes `x07.json`; a member that is None is left out."""
    document = {**MANIFEST, **members}
    kept = {key: value for key, value in document.items() if value is not None}
    file = folder / "x07.json"
    file.write_text(json.dumps(kept))
    return file


def load_with(folder: Path, **members: object) -> Manifest:
    return load(write(folder, **members), {})
