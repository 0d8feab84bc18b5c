"""Container engines that measure nothing but what the bench asks of them: each has a daemon and
storage of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.clock import usual_environment

READY_SECONDS: Final = 40
NEEDED: Final = {
    "docker": ("docker", "dockerd", "runc"),
    "podman": ("podman", "runc"),
    "firecracker-ctr": ("ctr", "containerd", "runc"),
}
"""Programs, by the backend that drives the engine; `firecracker-ctr` drives any containerd."""

Variables = Mapping[str, str]


class Engine(NamedTuple):
    """`env`: of a client, with the variables that lead a backend to this engine."""

    backend: str
    env: Variables


@contextmanager
def started(backend: str, folder: Path) -> Iterator[Engine | None]:
    """None, and a line on stderr, where it cannot be had."""
    problem = _problem(backend)
    if problem is not None:
        sys.stderr.write(f"no figures of VM bundles on {backend}: {problem}\n")
        yield None
        return
    folder.mkdir()
    env = {**usual_environment(), "PATH": path(), "HOME": str(folder)}
    try:
        with STARTERS[backend](folder, env) as variables:
            yield Engine(backend, {**env, **variables})
    finally:
        _unmount(folder)


def path() -> str:
    """Daemons are where that of an ordinary user does not always lead."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _problem(backend: str) -> str | None:
    missing = [name for name in NEEDED[backend] if shutil.which(name, path=path()) is None]
    if missing:
        return f"no {' and no '.join(missing)} on PATH"
    return "an engine of one's own takes root" if os.geteuid() != 0 else None


@contextmanager
def _docker(folder: Path, env: Variables) -> Iterator[Variables]:
    found = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
    words = ["dockerd", "-H", found["DOCKER_HOST"], "--data-root", f"{folder}/data"]
    words += ["--exec-root", f"{folder}/exec", "-p", f"{folder}/pid"]
    words += ["--bridge", "none", "--iptables=false"]
    with _daemon(words, ("docker", "version"), {**env, **found}, folder / "log"):
        yield found


@contextmanager
def _podman(folder: Path, env: Variables) -> Iterator[Variables]:
    """It has no daemon. Its folder of what runs may have a path of 50 characters at most."""
    del env
    with tempfile.TemporaryDirectory(prefix="x07-") as short:
        storage, engine = folder / "storage.conf", folder / "containers.conf"
        storage.write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/root"\nrunroot = "{short}"\n'
        )
        engine.write_text('[engine]\nruntime = "runc"\n')
        yield {"CONTAINERS_CONF": str(engine), "CONTAINERS_STORAGE_CONF": str(storage)}


@contextmanager
def _containerd(folder: Path, env: Variables) -> Iterator[Variables]:
    socket = f"{folder}/c.sock"
    words = ["containerd", "-a", socket, "--root", f"{folder}/root", "--state", f"{folder}/state"]
    with _daemon(words, ("ctr", "-a", socket, "version"), env, folder / "log"):
        yield {
            "X07_VM_FIRECRACKER_CTR_BIN": "ctr",
            "X07_VM_FIRECRACKER_CONTAINERD_SOCK": socket,
            "X07_VM_FIRECRACKER_SNAPSHOTTER": "overlayfs",
            "X07_VM_FIRECRACKER_RUNTIME": "io.containerd.runc.v2",
        }


STARTERS: Final[Mapping[str, Callable[[Path, Variables], AbstractContextManager[Variables]]]] = {
    "docker": _docker,
    "podman": _podman,
    "firecracker-ctr": _containerd,
}


@contextmanager
def _daemon(
    words: Sequence[str], ready: Sequence[str], env: Variables, log: Path
) -> Iterator[None]:
    with log.open("wb") as said:
        daemon = subprocess.Popen(words, env=env, stdout=said, stderr=said)
    try:
        _wait(daemon, ready, env, log)
        yield
    finally:
        daemon.terminate()
        daemon.wait()


def _wait(daemon: subprocess.Popen[bytes], ready: Sequence[str], env: Variables, log: Path) -> None:
    end_s = time.monotonic() + READY_SECONDS
    while subprocess.run(ready, env=env, capture_output=True, check=False).returncode != 0:
        if daemon.poll() is not None or time.monotonic() > end_s:
            raise SystemExit(f"error: {ready[0]} did not start\n{log.read_text()}")
        time.sleep(0.2)


def _unmount(folder: Path) -> None:
    """What a daemon leaves mounted in its own folder."""
    with contextlib.suppress(FileNotFoundError):
        lines = Path("/proc/self/mounts").read_text().splitlines()
        for place in sorted((line.split()[1] for line in lines), reverse=True):
            if place.startswith(f"{folder}/"):
                subprocess.run(("umount", "--lazy", place), check=False)
