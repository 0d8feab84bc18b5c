"""(k) `x07 bundle` of a VM bundle, its program compiled in a guest, against what it is made of:
a native bundle, and the compilation in a guest by itself."""

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from bench.clock import Action, command, interleave
from bench.engines import Engine
from bench.figures import Figure
from bench.workshop import HERE, Workshop
from x07bundle.bundle import sidecar, vm_payload
from x07bundle.contract import vm_manifest
from x07bundle.contract.consent import ACCEPT
from x07bundle.contract.vm_manifest import Manifest
from x07bundle.native.cache import open_cache
from x07bundle.project import portable
from x07bundle.vm import boundary
from x07bundle.vm.boundary import Wanted

REPETITIONS: Final = 7
TARGET: Final = 1.3
IMAGE: Final = "x07-guest-runner:bench"
PROJECT: Final = HERE / "hello" / "x07.json"


def measure(workshop: Workshop, engine: Engine, folder: Path, policy: Path) -> Figure:
    """`policy`: of the bundle."""
    folder.mkdir()
    env = {
        **os.environ,
        **engine.env,
        ACCEPT: "1",
        "X07_VM_STATE_DIR": str(folder / "jobs"),
        "X07_VM_BACKEND": engine.backend,
        boundary.IMAGE: IMAGE,
    }
    archive, app = folder / "full.tar", folder / "app"
    _run(workshop, env, "image", "build", "--flavour", "full", "--out", archive, "--tag", IMAGE)
    _run(workshop, env, "vm", "load", archive)
    words = ("bundle", "--project", PROJECT, "--world", "run-os-sandboxed", "--policy", policy)
    _run(workshop, env, *words, "--out", app)  # has the runtime compiled, once for this image
    actions = {
        "vm": _timed(workshop, env, *words, "--out", app),
        "native": command((workshop.x07, "bundle", "--project", PROJECT, "--static", "--out", app)),
        "guest": _compiling(env, folder / "app", policy),
    }
    spent = interleave(actions, REPETITIONS)
    ratio = spent["vm"].least_ms / (spent["native"].least_ms + spent["guest"].least_ms)
    detail = "; ".join(f"{name} {samples}" for name, samples in spent.items())
    name = "(k) `x07 bundle` of a VM bundle against a native one and the guest's compilation"
    return Figure(name, ratio, TARGET, "", detail)


def _run(workshop: Workshop, env: dict[str, str], *words: str | Path) -> None:
    argv = [str(word) for word in (workshop.x07, *words)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: `{' '.join(argv)}` exits with {done.returncode}: {done.stderr}")


def _timed(workshop: Workshop, env: dict[str, str], *words: str | Path) -> Action:
    def run() -> float:
        begin = time.perf_counter()
        _run(workshop, env, *words)
        return (time.perf_counter() - begin) * 1000

    return run


def _compiling(env: dict[str, str], app: Path, policy: Path) -> Action:
    """What the bundle's own record says, in a guest, without the tool around it."""
    folder = sidecar.folder_of(app)
    manifest: Manifest = vm_manifest.read((folder / vm_manifest.NAME).read_bytes(), str(folder))
    entry = PROJECT.parent / "src" / "main.x07.json"
    sources = portable.collect(entry, (PROJECT.parent / "src",))
    contents = {**sources.contents, vm_payload.POLICY: policy.read_bytes()}
    place = boundary.find(env, Wanted(accepted=True))
    cache = open_cache(env).folder

    def run() -> float:
        begin = time.perf_counter()
        found = vm_payload.compile_in_guest(place, manifest.payload_build.command, contents, cache)
        assert found.program is not None
        return (time.perf_counter() - begin) * 1000

    return run
