"""What every compilation in guests of one image has in common: the runtime, compiled once.

A guest of its own makes it, with nothing in it but a program of ours, so that no source that
somebody gave us can leave anything for the next guest. It is kept by the image's digest.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from x07bundle import files
from x07bundle.contract.worlds import DEFAULT
from x07bundle.vm import building
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.building import Task
from x07bundle.vm.job import GUEST_IN, GUEST_OUT

Kind = Literal["shared", "static"]
KIND: Final = "guest-seeds"
"""Below the user's cache folder."""
FOLDER: Final = "seed"
"""Below the inputs of a compilation."""
MOST_BYTES: Final = 64 << 20
NAME: Final = "program.x07.json"
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "shared": ("/usr/local/bin/x07-os-runner", "--compile-only"),
    "static": (
        *("/usr/local/bin/x07", "bundle", "--static", "--out", f"{GUEST_OUT}/program"),
        *("--module-root", GUEST_IN),
    ),
}
"""What has the runtime compiled as the programs that follow need it: run there, or bundled."""
PROGRAM: Final = {
    "schema_version": "x07.x07ast@0.4.0",
    "kind": "entry",
    "module_id": "main",
    "imports": [],
    "decls": [],
    "solve": ["bytes.lit", "seed"],
}
ENVIRONMENT: Final[Mapping[str, str]] = {
    "X07_CACHE_DIR": "/tmp/x07-cache",
    "X07_CACHE_SEED": f"{GUEST_IN}/{FOLDER}",
}
"""Of a compilation with the seed among its inputs."""


def seed(place: Boundary, cache: Path, kind: Kind) -> dict[str, bytes]:
    """The files of the seed, by path below the inputs. None, where the guest makes none.

    Raises:
        GuestError, EngineError: the guest was not started.
        OutputError: the cache cannot be written.
    """
    kept = cache / KIND / files.sha256_bytes(f"{kind} {place.image.digest}".encode())
    found = _read_kept(kept)
    if found is None:
        found = _made(place, kind)
        if found:
            files.write_atomic(kept, _packed(found), parents=True)
    return found


def _made(place: Boundary, kind: Kind) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    program = json.dumps(PROGRAM).encode()
    argv = (*WORDS[kind], "--world", DEFAULT, "--program", f"{GUEST_IN}/{NAME}")
    task = Task(argv, {NAME: program}, {"X07_CACHE_DIR": f"{GUEST_OUT}/cache"})
    with building.performed(place, task) as done:
        if done.ended.exit_status == 0:
            found = _read(done.outputs / "cache")
    return found


def _read(folder: Path) -> dict[str, bytes]:
    """Small regular files; a guest could have left anything there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
            found[f"{FOLDER}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return found


def _packed(found: Mapping[str, bytes]) -> bytes:
    """A line with the digest of the rest; a line of JSON with names and sizes; the bytes."""
    sizes = [[name, len(data)] for name, data in found.items()]
    rest = json.dumps(sizes).encode() + b"\n" + b"".join(found.values())
    return files.fingerprint(rest).encode() + b"\n" + rest


def _read_kept(kept: Path) -> dict[str, bytes] | None:
    """None where it is not there, or not whole."""
    try:
        digest, _, rest = kept.read_bytes().partition(b"\n")
    except OSError:
        return None
    if files.fingerprint(rest).encode() != digest:
        return None
    head, _, rest = rest.partition(b"\n")
    found = {}
    for name, size in json.loads(head):
        found[name], rest = rest[:size], rest[size:]
    return found
