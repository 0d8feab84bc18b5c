"""Packages, and indexes of them, on disk for tests."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from x07bundle.files import sha256_bytes
from x07bundle.project.packages.archive import pack
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index import entry_path


def code_of(call: Callable[[], object]) -> str | None:
    """The code of the PackageError that a call ends with; None where it ends well."""
    try:
        call()
    except PackageError as error:
        return error.code
    return None


def module(module_id: str) -> dict[str, Any]:
    """A module with one function, `<module_id>.f`, which returns what it gets."""
    return {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "module",
        "module_id": module_id,
        "imports": [],
        "decls": [
            {"kind": "export", "names": [f"{module_id}.f"]},
            {
                "kind": "defn",
                "name": f"{module_id}.f",
                "params": [{"name": "b", "ty": "bytes_view"}],
                "result": "bytes",
                "body": ["view.to_bytes", "b"],
            },
        ],
    }


def write_package(
    folder: Path, name: str, version: str, requires: Sequence[str] = (), /, **members: object
) -> Path:
    """A package with one module, which has its name with `_` for `-`. None leaves a member out."""
    module_id = name.replace("-", "_")
    meta = {"x07c_compat": ">=0.2.17, <0.3.0", "requires_packages": list(requires)}
    document = {
        "schema_version": "x07.package@0.1.0",
        "name": name,
        "version": version,
        "module_root": "modules",
        "modules": [module_id],
        "description": "d",
        "docs": "d",
        "license": "MIT",
        "meta": meta,
        **members,
    }
    kept = {key: value for key, value in document.items() if value is not None}
    (folder / "modules").mkdir(parents=True)
    (folder / "x07-package.json").write_text(json.dumps(kept))
    (folder / f"modules/{module_id}.x07.json").write_text(json.dumps(module(module_id)))
    return folder


class IndexFolder:
    """A sparse index below a folder: `index/` and `dl/`, as a file index or to be served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config(f"file://{folder}/dl")

    @property
    def url(self) -> str:
        return f"sparse+file://{self.folder}/index/"

    def config(self, dl: str, **members: object) -> None:
        self.write("index/config.json", json.dumps({"dl": dl, "api": dl, **members}).encode())

    def add(
        self, name: str, version: str, requires: Sequence[str] = (), /, **members: object
    ) -> dict[str, Any]:
        """Publishes a package; its entry. `members` are more of the package's manifest."""
        place = self.folder / "sources" / name / version
        return self.publish(
            pack(write_package(place, name, version, requires, **members)), name, version
        )

    def publish(self, archive: bytes, name: str, version: str, **members: object) -> dict[str, Any]:
        self.write(f"dl/{name}/{version}/download", archive)
        entry = {
            "schema_version": "x07.index-entry@0.1.0",
            "name": name,
            "version": version,
            "cksum": sha256_bytes(archive),
            "yanked": False,
            "advisories": [],
            **members,
        }
        self.list(name, entry)
        return entry

    def list(self, name: str, *entries: dict[str, Any]) -> None:
        """Adds lines to a package's file; those of versions that are there already are replaced."""
        path = self.folder / "index" / entry_path(name)
        old = path.read_text().splitlines() if path.exists() else []
        versions = {entry["version"] for entry in entries}
        kept = [line for line in old if json.loads(line)["version"] not in versions]
        lines = [*kept, *(json.dumps(entry) for entry in entries)]
        self.write(f"index/{entry_path(name)}", "".join(f"{line}\n" for line in lines).encode())

    def write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
