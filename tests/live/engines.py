"""Container engines of this machine, each with a daemon and storage of its own for the tests."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from tests.needs import missing

START_SECONDS: Final = 30
LIMITS: Final = ("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1000:1000")
"""podman sets limits that this user may not have, unless it is told others."""


class Engine(NamedTuple):
    """`client`: the words that every command starts with. `run`: those that start a container, up
    to the image.
    """

    name: str
    client: tuple[str, ...]
    env: dict[str, str]
    run: tuple[str, ...]

    def __call__(self, *words: str) -> str:
        """What it says on stdout. Fails the test when the engine refuses."""
        done = subprocess.run(
            (*self.client, *words), env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{self.name} {' '.join(words)}: {done.stderr}"
        return done.stdout

    def load(self, archive: Path) -> str:
        """What it says of the images in it."""
        words = ("images", "import") if self.name == "ctr" else ("load", "-i")
        return self(*words, str(archive))

    def named(self, name: str) -> str:
        """What it makes of a name without a host."""
        return name if self.name == "docker" else f"localhost/{name}"

    def start(self, image: str, *command: str) -> str:
        """What a program in a container says, without a network and with a read-only root."""
        words = (image, f"x07-{time.monotonic_ns()}") if self.name == "ctr" else (image,)
        return self(*self.run, *words, *command)


def need(*programs: str) -> None:
    """Ends the test where one is missing."""
    for program in programs:
        if shutil.which(program, path=_path()) is None:
            missing(f"no {program} on PATH (`make engines`)")


def need_root() -> None:
    if os.geteuid() != 0:
        missing("a daemon of its own needs root")


@contextmanager
def docker(folder: Path) -> Iterator[Engine]:
    need("docker", "dockerd", "runc")
    need_root()
    socket = folder / "docker.sock"
    env = {"PATH": _path(), "HOME": str(folder), "DOCKER_HOST": f"unix://{socket}"}
    words = ["dockerd", "-H", f"unix://{socket}", "--data-root", str(folder / "data")]
    words += ["--exec-root", str(folder / "exec"), "-p", str(folder / "pid")]
    words += ["--bridge", "none", "--iptables=false"]
    run = ("run", "--rm", "--network", "none", "--read-only")
    with _daemon(words, ("docker", "version"), env, folder):
        yield Engine("docker", ("docker",), env, run)


@contextmanager
def containerd(folder: Path) -> Iterator[Engine]:
    need("ctr", "containerd", "runc")
    need_root()
    socket = str(folder / "c.sock")
    env = {"PATH": _path(), "HOME": str(folder)}
    words = ["containerd", "-a", socket, "--root", str(folder / "root")]
    words += ["--state", str(folder / "state")]
    client = ("ctr", "-a", socket)
    with _daemon(words, (*client, "version"), env, folder):
        yield Engine("ctr", client, env, ("run", "--rm", "--read-only"))


@contextmanager
def podman(folder: Path) -> Iterator[Engine]:
    need("podman", "runc")
    need_root()
    env = {"PATH": _path(), "HOME": str(folder)}
    with TemporaryDirectory(prefix="x07-") as short:  # podman wants at most 50 characters
        storage = ("--root", str(folder / "root"), "--runroot", short)
        client = ("podman", "--runtime", "runc", "--storage-driver", "vfs", *storage)
        yield Engine(
            "podman", client, env, ("run", "--rm", *LIMITS, "--network", "none", "--read-only")
        )


STARTERS: Final = {"docker": docker, "podman": podman, "containerd": containerd}


@contextmanager
def _daemon(
    words: list[str], ready: tuple[str, ...], env: dict[str, str], folder: Path
) -> Iterator[None]:
    """A daemon while the block lasts; only this one is stopped at its end."""
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(words, env=env, stdout=log, stderr=log)
        try:
            _wait(child, ready, env, folder / "log")
            yield
        finally:
            child.terminate()
            child.wait()


def _wait(
    child: subprocess.Popen[bytes], ready: tuple[str, ...], env: dict[str, str], log: Path
) -> None:
    """Ends the test where the daemon does not start: a machine may forbid what it needs."""
    end = time.monotonic() + START_SECONDS
    while subprocess.run(ready, env=env, capture_output=True, check=False).returncode != 0:
        if child.poll() is not None or time.monotonic() > end:
            last = log.read_text(errors="replace").splitlines()[-1:]
            missing(f"{ready[0]} does not start here: {last}")
        time.sleep(0.2)


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
