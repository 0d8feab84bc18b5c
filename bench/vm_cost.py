"""(k) What the VM boundary costs: starting a bundle, checking it, its size, and making it.

Without an engine there are still the launcher's own figures: it asks a program that is called
`docker`, which notes when it was started (`tools/stamp.c`).
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import engines, vm_bundling, vm_start
from bench.clock import Action, command, interleave, usual_environment
from bench.figures import Figure
from bench.workshop import HERE, Workshop
from x07bundle.bundle import launcher_files, sidecar
from x07bundle.bundle.sidecar import Guest, SidecarContent
from x07bundle.contract import vm_manifest
from x07bundle.contract.consent import ACCEPT
from x07bundle.contract.vm_manifest import Manifest
from x07bundle.native.toolchain import open_toolchain
from x07bundle.policy.templates import base_policy

REPETITIONS: Final = 25
VERIFICATIONS: Final = 11
ASKED_TARGET_MS: Final = 50
SIZE_TARGET_BYTES: Final = 12 << 20
LINEAR_TARGET: Final = 1.5
SIZES_MIB: Final = (0, 32, 128)
IMAGE: Final = "x07-guest-run:bench"


def measure(workshop: Workshop) -> Iterator[Figure]:
    """Nothing where a guest image or a launcher cannot be made."""
    folder = workshop.folder / "vm"
    folder.mkdir()
    problem = _prepare(workshop, folder)
    if problem is not None:
        sys.stderr.write(f"no figures of VM bundles: {problem}\n")
        return
    app = folder / "docker" / "app"
    yield from _asked(workshop, app)
    yield _size(app)
    yield _verification(app)
    for backend in engines.NEEDED:
        with engines.started(backend, folder / f"{backend}-engine") as engine:
            if engine is not None:
                app = folder / backend / "app"
                yield from vm_start.measure(engine, app, folder / f"{backend}-start")
                if backend == "docker":
                    policy = folder / "policy.json"
                    yield vm_bundling.measure(workshop, engine, folder / "bundling", policy)


def _prepare(workshop: Workshop, folder: Path) -> str | None:
    """Makes a guest image and a bundle for each backend; what is missing for that."""
    if shutil.which("musl-gcc") is None:
        return "no musl-gcc on PATH"
    image = ("image", "build", "--flavour", "run", "--out", folder / "run.tar", "--tag", IMAGE)
    (folder / "policy.json").write_bytes(base_policy("cli"))
    bundles = [_bundle(folder, backend) for backend in engines.NEEDED]
    for words in (image, *bundles):
        argv = [str(word) for word in (workshop.x07, *words)]
        done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            return done.stderr.splitlines()[-1]
    return None


def _bundle(folder: Path, backend: str) -> tuple[str | Path, ...]:
    out = folder / backend / "app"
    policy = ("--world", "run-os-sandboxed", "--policy", folder / "policy.json")
    guest = ("--backend", backend, "--payload-build", "host", "--embed-guest", folder / "run.tar")
    return ("bundle", "--project", HERE / "hello" / "x07.json", *policy, *guest, "--out", out)


def _asked(workshop: Workshop, app: Path) -> Iterator[Figure]:
    """From the start of a bundle to that of the engine's client: when all is decided, and when it
    is as it was."""
    log, place = workshop.folder / "asked.log", workshop.folder / "stamps"
    jobs = workshop.folder / "vm" / "jobs"
    digest = _manifest(app).guest_digests["config"]
    place.mkdir()
    workshop.tool("stamp", LOG=log, DIGEST=digest).rename(place / "docker")
    env = {
        **usual_environment(),
        ACCEPT: "1",
        "PATH": str(place),
        "DOCKER_HOST": "unix:///dev/null",
        "X07_VM_STATE_DIR": str(jobs),
    }

    def again() -> float:
        log.unlink(missing_ok=True)
        begin_ns = time.monotonic_ns()
        subprocess.run((app,), env=env, cwd=place, stdin=subprocess.DEVNULL, check=True)
        time.sleep(vm_start.SETTLE_SECONDS)
        return (int(log.read_text().splitlines()[0]) - begin_ns) / 1e6

    def decided() -> float:
        for record in jobs.glob(".start-*"):
            record.unlink()
        return again()

    decided()  # looks for the image
    spent = interleave({"decided": decided, "as before": again}, REPETITIONS)
    for name, samples in spent.items():
        title = f"(k) a VM bundle's own time before it asks the engine, {name}"
        yield Figure(title, samples.least_ms, ASKED_TARGET_MS, "ms", f"{samples}")


def _manifest(app: Path) -> Manifest:
    place = sidecar.folder_of(app) / vm_manifest.NAME
    return vm_manifest.read(place.read_bytes(), vm_manifest.NAME)


def _size(app: Path) -> Figure:
    """All but the program and the guest's image."""
    others = (sidecar.PAYLOAD, sidecar.GUEST_ARCHIVE)
    files = [path for path in sidecar.folder_of(app).rglob("*") if path.name not in others]
    total = sum(path.stat().st_size for path in files if path.is_file())
    name = "(k) sidecar without program and guest"
    return Figure(name, total, SIZE_TARGET_BYTES, "bytes")


def _verification(app: Path) -> Figure:
    """What a byte more costs in a large sidecar and in a small one. Showing what a bundle is made
    of verifies all of it, and starts nothing."""
    actions = {f"{size} MiB": _inspecting(_with_archive(app, size)) for size in SIZES_MIB}
    spent = interleave(actions, VERIFICATIONS)
    none_ms, small_ms, large_ms = (samples.least_ms for samples in spent.values())
    small, large = ((small_ms - none_ms) / SIZES_MIB[1], (large_ms - none_ms) / SIZES_MIB[2])
    detail = "; ".join(f"{size} more: {samples}" for size, samples in spent.items())
    detail += f"; {(1 << 20) / 1e6 / large * 1000:.0f} MB/s"
    name = "(k) verification: a byte of a sidecar of 128 MiB against one of 32 MiB"
    return Figure(name, large / small, LINEAR_TARGET, "", detail)


def _with_archive(app: Path, size_mib: int) -> Path:
    """The same bundle with a guest archive of that size, whatever is in it."""
    folder = sidecar.folder_of(app)
    manifest = _manifest(app)
    archive = app.with_name("archive.tar")
    archive.write_bytes(bytes(size_mib << 20))
    guest = Guest(manifest.guest_image, manifest.guest_digest_kind, dict(manifest.guest_digests))
    toolchain = open_toolchain(os.environ, libc="musl")
    content = SidecarContent(
        backend=manifest.backend,
        guest=guest._replace(archive=archive),
        payload=(folder / manifest.payload).read_bytes(),
        policy=(folder / manifest.policy).read_bytes(),
        payload_build=manifest.payload_build,
        runtime=launcher_files.runtime(toolchain, os.environ, lambda _: None),
    )
    out = app.with_name(f"app-{size_mib}")
    sidecar.write(out, content)
    return out


def _inspecting(bundle: Path) -> Action:
    inspect = command((bundle,))

    def run() -> float:
        os.environ["X07_BUNDLE"] = "inspect"
        try:
            return inspect()
        finally:
            del os.environ["X07_BUNDLE"]

    return run
