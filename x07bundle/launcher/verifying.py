"""Whether every byte of a bundle is what it was made with: all that is not, each by its path.

The executable has the digests of all files, so the manifest need not be readable.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, NamedTuple

from x07bundle import files
from x07bundle.contract import launcher_trailer, vm_manifest
from x07bundle.contract.launcher_trailer import Trailer
from x07bundle.errors import X07Error, shown
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher.bundle import CHANGED, TOGETHER, Bundle, Half, SpoiledError

SCHEMA_VERSION: Final = "x07.bundle.verify@0.1.0"
PROGRAM: Final = f"{launcher_trailer.RUNTIME}launcher"
"""What the executable starts."""
SIDECAR: Final = "."
UNEXECUTABLE: Final = "cannot be executed"
EXECUTABLE: Final = (
    "make it executable with `chmod +x`, on a file system that is not mounted noexec"
)

Found = Mapping[str, os.DirEntry[str]]


class Fault(NamedTuple):
    """`path`: in the sidecar, which is `.` itself."""

    path: str
    problem: str


class Verdict(NamedTuple):
    """`bundle`: None where manifest, signature or policy cannot be used, which is a fault.
    `faults`: in the order of their paths."""

    half: Half
    bundle: Bundle | None
    faults: tuple[Fault, ...]

    @property
    def is_startable(self) -> bool:
        """Whether the executable would go as far as to start the launcher."""
        return all(fault.problem == UNEXECUTABLE for fault in self.faults)


def verify(half: Half) -> Verdict:
    found = set(_faults(half))
    bundle = None
    try:
        bundle = bundles.whole(half)
    except SpoiledError as error:
        path = error.path.relative_to(half.sidecar).as_posix()
        if half.sidecar.is_dir() and path not in {fault.path for fault in found}:
            found.add(Fault(path, error.problem))
    return Verdict(half, bundle, tuple(sorted(found)))


def _faults(half: Half) -> Iterator[Fault]:
    """But for what files say of each other."""
    if half.sidecar.is_symlink():
        yield Fault(SIDECAR, "is a link")
    elif not half.sidecar.is_dir():
        yield Fault(SIDECAR, "is no folder" if half.sidecar.exists() else "is missing")
        return
    found = dict(_entries(half.sidecar))
    wanted = {*half.trailer.files, *_own_files(half.trailer)}
    yield from (Fault(path, "is missing") for path in wanted - found.keys())
    for path in found.keys() - wanted:
        if not _is_folder_of_ours(path, found[path], half.trailer):
            yield Fault(path, "is not of this bundle: it was added")
    yield from (each for path in wanted & found.keys() for each in _changed(half, path, found))


def _own_files(trailer: Trailer) -> tuple[str, ...]:
    is_signed = trailer.key is not None
    return (vm_manifest.NAME, *([vm_manifest.SIGNATURE_NAME] if is_signed else []))


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


def _is_folder_of_ours(path: str, entry: os.DirEntry[str], trailer: Trailer) -> bool:
    is_folder = entry.is_dir(follow_symlinks=False)
    return is_folder and any(each.startswith(f"{path}/") for each in trailer.files)


def _changed(half: Half, path: str, found: Found) -> Iterator[Fault]:
    """What is wrong with a file that is there. Of the signature there is no digest."""
    digests = {**half.trailer.files, vm_manifest.NAME: half.trailer.manifest}
    place = half.sidecar / path
    if not found[path].is_file(follow_symlinks=False):
        yield Fault(path, "is no file")
        return
    try:
        if path in digests and files.sha256_file(place) != digests[path]:
            yield Fault(path, CHANGED)
        elif path == PROGRAM and not os.access(place, os.X_OK):
            yield Fault(path, UNEXECUTABLE)
    except X07Error:
        yield Fault(path, "cannot be read")


def document(verdict: Verdict) -> dict[str, Any]:
    signed = verdict.bundle.manifest.signature if verdict.bundle else None
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": not verdict.faults,
        "executable": str(verdict.half.executable),
        "files": len(verdict.half.trailer.files),
        "signed_by": signed.key_sha256 if signed else None,
        "problems": [fault._asdict() for fault in verdict.faults],
    }


def text(verdict: Verdict) -> str:
    executable = verdict.half.executable
    if verdict.faults:
        folder = verdict.half.sidecar
        told = [f"  {folder / path} {problem}" for path, problem in verdict.faults]
        rows = [f"refused: {executable}", *told, f"hint: {fix(verdict)}"]
        return "".join(f"{shown(row, '')}\n" for row in rows)
    assert verdict.bundle is not None, "what cannot be read is a fault"
    signed = verdict.bundle.manifest.signature
    by = f", signed by the {signed.algorithm} key {signed.key_sha256}" if signed else ""
    return f"{executable}: {len(verdict.half.trailer.files)} files are as they were made{by}\n"


def lines(verdict: Verdict) -> list[str]:
    """The faults, by their paths from where the executable is."""
    folder = verdict.half.sidecar.name
    told = (f"{PurePath(folder, fault.path)} {fault.problem}" for fault in verdict.faults)
    return [shown(line, "") for line in told]


def fix(verdict: Verdict) -> str:
    """What mends them."""
    if any(fault.path == SIDECAR for fault in verdict.faults):
        return TOGETHER
    if verdict.is_startable:
        return EXECUTABLE
    return vm_manifest.HINT
