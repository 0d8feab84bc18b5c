"""What every compilation in guests of one image has in common: the runtime, compiled once.

A guest of its own makes it, with nothing in it but a program of ours, so that no source that
somebody gave us can leave anything for the next guest. It is kept by the image's digest.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from x07bundle import files
from x07bundle.contract.worlds import DEFAULT
from x07bundle.native.cache import Cache
from x07bundle.project.portable import ENTRY
from x07bundle.run import guest_words
from x07bundle.vm import building
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.building import Task
from x07bundle.vm.job import GUEST_IN, GUEST_OUT

KIND: Final = "guest-seeds"
FOLDER: Final = "seed"
"""Below the inputs of a compilation."""
MOST_BYTES: Final = 64 << 20
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


def seed(place: Boundary, cache: Cache) -> dict[str, bytes]:
    """The files of the seed, by path below the inputs. None, where the guest makes none.

    Raises:
        GuestError, EngineError: the guest was not started.
    """
    key = files.sha256_bytes(str(place.image.digest).encode())
    known = cache.find(KIND, key)
    if known is not None:
        cache.touch(known)
        return _unpacked(known.read_bytes())
    found = _made(place)
    if found:
        cache.prune(KIND)
        cache.store(KIND, key, _packed(found))
    return found


def _made(place: Boundary) -> dict[str, bytes]:
    argv = (
        guest_words.RUNNER,
        "--world", DEFAULT,
        "--compile-only",
        "--program", f"{GUEST_IN}/{ENTRY}",
    )  # fmt: skip
    program = json.dumps(PROGRAM).encode()
    task = Task(argv, {ENTRY: program}, {"X07_CACHE_DIR": f"{GUEST_OUT}/cache"})
    with building.performed(place, task) as done:
        is_done = done.ended.exit_status == 0
        return _read(done.outputs / "cache") if is_done else {}


def _read(folder: Path) -> dict[str, bytes]:
    """Small regular files; a guest could have left anything there."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
            found[f"{FOLDER}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return found


def _packed(found: Mapping[str, bytes]) -> bytes:
    """A line of JSON with names and sizes, then the bytes."""
    sizes = [[name, len(data)] for name, data in found.items()]
    return json.dumps(sizes).encode() + b"\n" + b"".join(found.values())


def _unpacked(data: bytes) -> dict[str, bytes]:
    head, _, rest = data.partition(b"\n")
    found = {}
    for name, size in json.loads(head):
        found[name], rest = rest[:size], rest[size:]
    return found
