"""Whether every byte of a bundle is what it was made with: all that is not, each by its path."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import files
from x07bundle.contract import vm_manifest
from x07bundle.contract.vm_manifest import Manifest
from x07bundle.errors import X07Error
from x07bundle.launcher.bundle import Bundle

SCHEMA_VERSION: Final = "x07.bundle.verify@0.1.0"


class Fault(NamedTuple):
    """`path`: in the sidecar."""

    path: str
    problem: str


def faults(bundle: Bundle) -> list[Fault]:
    """Of the sidecar, in the order of its paths."""
    found = dict(_entries(bundle.sidecar))
    wanted = {**dict.fromkeys(bundle.manifest.files), **_own_files(bundle.manifest)}
    missing = [Fault(path, "is missing") for path in wanted if path not in found]
    extra = [
        Fault(path, "is not of this bundle: it was added")
        for path in found
        if path not in wanted and not _is_folder_of_ours(path, found[path], bundle.manifest)
    ]
    return sorted([*missing, *extra, *_changed(bundle, found)])


def _own_files(manifest: Manifest) -> dict[str, None]:
    names = [vm_manifest.NAME]
    names += [vm_manifest.SIGNATURE_NAME] if manifest.signature is not None else []
    return dict.fromkeys(names)


def _entries(root: Path, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All that is in a folder, by its path below the root. Links are not followed."""
    try:
        with os.scandir(root / below) as listing:
            entries = list(listing)
    except OSError:
        return
    for entry in entries:
        path = f"{below}{entry.name}"
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(root, f"{path}/")


def _is_folder_of_ours(path: str, entry: os.DirEntry[str], manifest: Manifest) -> bool:
    is_folder = entry.is_dir(follow_symlinks=False)
    return is_folder and any(each.startswith(f"{path}/") for each in manifest.files)


def _changed(bundle: Bundle, found: dict[str, os.DirEntry[str]]) -> Iterator[Fault]:
    for path, digest in bundle.manifest.files.items():
        entry = found.get(path)
        if entry is None:
            continue
        if not entry.is_file(follow_symlinks=False):
            yield Fault(path, "is no file")
            continue
        try:
            if files.sha256_file(bundle.sidecar / path) != digest:
                yield Fault(path, "is not what the bundle was made with: it was changed")
        except X07Error:
            yield Fault(path, "cannot be read")


def document(bundle: Bundle, faults: Sequence[Fault]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": not faults,
        "executable": str(bundle.executable),
        "files": len(bundle.manifest.files),
        "signed_by": bundle.manifest.signature.key_sha256 if bundle.manifest.signature else None,
        "problems": [fault._asdict() for fault in faults],
    }


def text(bundle: Bundle, faults: Sequence[Fault]) -> str:
    if faults:
        lines = [f"{bundle.sidecar / fault.path} {fault.problem}" for fault in faults]
        return "\n".join([f"refused: {bundle.executable}", *(f"  {line}" for line in lines), ""])
    signed = bundle.manifest.signature
    by = f", signed by the {signed.algorithm} key {signed.key_sha256}" if signed else ""
    return f"{bundle.executable}: {len(bundle.manifest.files)} files are as they were made{by}\n"
