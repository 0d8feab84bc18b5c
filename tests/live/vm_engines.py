"""Backends on engines of the test's own: what the variables are that lead to them."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from tests.live import engines
from tests.needs import missing
from tests.unit.image.layouts import BASE, contents, made
from x07bundle.image.layer import Entry
from x07bundle.vm import images
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.job import Image

NAMES: Final = ("docker", "podman", "firecracker-ctr")
REFERENCE: Final = "x07.test/guest:1"
START_SECONDS: Final = 40.0
END_SECONDS: Final = 40.0
GUEST: Final = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words)
{
    static char data[65536];
    ssize_t size;
    if (count > 1 && strcmp(words[1], "cat") == 0)
        while ((size = read(0, data, sizeof data)) > 0)
            if (write(1, data, size) != size)
                return 1;
    if (count > 1 && strcmp(words[1], "wait") == 0) {
        puts("here");
        fflush(stdout);
        sleep(1000);
    }
    return count > 2 ? atoi(words[2]) : 0;
}
"""
PROGRAM: Final = "/usr/bin/guest"


class LiveEngine(NamedTuple):
    """`env`: what leads a backend to it. `restart`: stops its daemon and starts it again."""

    name: str
    env: Mapping[str, str]
    image: Image
    folder: Path
    restart: Callable[[], None]

    @property
    def backend(self) -> Backend:
        return table.from_env(self.name, self.env)

    def __call__(self, *words: str) -> str:
        """What the engine's client says. Fails the test when the engine refuses."""
        argv = (*client(self.name, self.env), *words)
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def guests(self) -> list[str]:
        """The names of all containers."""
        if self.name == "firecracker-ctr":
            return sorted(self("containers", "ls", "-q").split())
        return sorted(self("ps", "--all", "--format", "{{.Names}}").split())

    def is_locked_up(self) -> bool:
        """Whether the daemon is there and starts no guest."""
        if self.name != "docker":
            return False
        image = self.backend.image_name(self.image)
        words = ("docker", "run", "--rm", "--network", "none", image, PROGRAM)
        try:
            subprocess.run(words, env=self.env, capture_output=True, timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            return True
        return False

    def snapshots(self) -> list[str]:
        """What containers of containerd leave behind besides."""
        if self.name != "firecracker-ctr":
            return []
        rows = self("snapshots", "--snapshotter", "overlayfs", "ls").splitlines()[1:]
        return sorted(row.split()[0] for row in rows if row.startswith("x07-"))

    def start_foreign(self, name: str) -> None:
        """A container that nobody here may touch."""
        image = self.backend.image_name(self.image)
        run = ("run", "--detach", "--label", "io.x07.schema=1")
        if self.name == "firecracker-ctr":
            self(*run, "--snapshotter", "overlayfs", image, name, PROGRAM, "wait")
            return
        limits = engines.LIMITS if self.name == "podman" else ()
        self(*run, "--name", name, "--network", "none", *limits, image, PROGRAM, "wait")

    def end_foreign(self, name: str) -> None:
        if self.name != "firecracker-ctr":
            self("kill", name)  # podman would ask it first, and wait
            self("rm", "--force", name)
            return
        self("tasks", "kill", "--signal", "KILL", name)
        self("tasks", "delete", "--force", name)
        self("containers", "delete", name)


def client(name: str, env: Mapping[str, str]) -> tuple[str, ...]:
    if name != "firecracker-ctr":
        return (name,)
    socket = env["X07_VM_FIRECRACKER_CONTAINERD_SOCK"]
    return ("ctr", "--address", socket, "--namespace", env["X07_VM_CONTAINERD_NAMESPACE"])


def archive(folder: Path) -> Path:
    """An image with one static program."""
    engines.need("gcc")
    (folder / "guest.c").write_text(GUEST)
    subprocess.run(["gcc", "-static", "-O1", "-o", "guest", "guest.c"], cwd=folder, check=True)
    entry = Entry(PROGRAM[1:], "file", 0o755, (folder / "guest").read_bytes())
    target = folder / "guest.tar"
    made(target, contents(layers={"distribution": BASE, "toolchain": (entry,)}), name=REFERENCE)
    return target


@contextmanager
def started(name: str, folder: Path) -> Iterator[LiveEngine]:
    """The engine of a backend, with the image."""
    engines.need_root()
    try:
        with STARTERS[name](folder) as (env, restart):
            backend = table.from_env(name, env)
            images.load(backend, archive(folder))
            yield LiveEngine(name, env, images.resolve(backend, REFERENCE), folder, restart)
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    """What a daemon leaves mounted in its own folder."""
    text = Path("/proc/self/mounts").read_text()
    places = [line.split()[1] for line in text.splitlines()]
    for place in sorted(places, reverse=True):
        if place.startswith(f"{folder}/"):
            subprocess.run(("umount", "--lazy", place), check=False)


Started = tuple[Mapping[str, str], Callable[[], None]]


@contextmanager
def _docker(folder: Path) -> Iterator[Started]:
    engines.need("docker", "dockerd", "runc")
    socket = folder / "docker.sock"
    words = ["dockerd", "-H", f"unix://{socket}", "--data-root", str(folder / "data")]
    words += ["--exec-root", str(folder / "exec"), "-p", str(folder / "pid")]
    words += ["--bridge", "none", "--iptables=false", "--live-restore"]
    env = {**_base(folder), "DOCKER_HOST": f"unix://{socket}"}
    with _daemon(words, ("docker", "version"), env, folder) as restart:
        yield env, restart


@contextmanager
def _containerd(folder: Path) -> Iterator[Started]:
    engines.need("ctr", "containerd", "runc")
    socket = str(folder / "c.sock")
    words = ["containerd", "-a", socket, "--root", str(folder / "root")]
    words += ["--state", str(folder / "state")]
    env = {
        **_base(folder),
        "X07_VM_FIRECRACKER_CTR_BIN": "ctr",
        "X07_VM_FIRECRACKER_CONTAINERD_SOCK": socket,
        "X07_VM_FIRECRACKER_SNAPSHOTTER": "overlayfs",
        "X07_VM_FIRECRACKER_RUNTIME": "io.containerd.runc.v2",
        "X07_VM_CONTAINERD_NAMESPACE": f"x07-test-{os.getpid()}",
    }
    with _daemon(words, (*client("firecracker-ctr", env), "version"), env, folder) as restart:
        yield env, restart


@contextmanager
def _podman(folder: Path) -> Iterator[Started]:
    """It has no daemon to restart."""
    engines.need("podman", "runc")
    # podman wants at most 50 characters. What cleans up after containers ends later than they do.
    with TemporaryDirectory(prefix="x07-", ignore_cleanup_errors=True) as short:
        places = f'graphroot = "{folder}/root"\nrunroot = "{short}"\n'
        (folder / "containers.conf").write_text('[engine]\nruntime = "runc"\n')
        env = {
            **_base(folder),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }
        for driver in ("overlay", "vfs"):  # the second is for folders that are overlays themselves
            text = f'[storage]\ndriver = "{driver}"\n{places}{UNMOUNTED}'
            (folder / "storage.conf").write_text(text)
            if subprocess.run(("podman", "info"), env=env, capture_output=True).returncode == 0:
                break
        yield env, lambda: None


UNMOUNTED: Final = '[storage.options.overlay]\nskip_mount_home = "true"\n'
"""Its storage is no mount, which whatever cleans up after containers would leave behind."""
STARTERS: Final = {"docker": _docker, "podman": _podman, "firecracker-ctr": _containerd}


def _base(folder: Path) -> dict[str, str]:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return {"PATH": path, "HOME": str(folder)}


@contextmanager
def _daemon(
    words: list[str], ready: tuple[str, ...], env: Mapping[str, str], folder: Path
) -> Iterator[Callable[[], None]]:
    """A daemon while the block lasts, and how to start it again. Only this one is stopped."""
    children = [_spawned(words, ready, env, folder)]

    def restart() -> None:
        _end(children[-1])
        _forget_ended(folder / "exec/containerd/containerd.pid")
        children.append(_spawned(words, ready, env, folder))

    try:
        yield restart
    finally:
        _end(children[-1])
        shutil.rmtree(folder / "exec", ignore_errors=True)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    """One that is locked up hears nothing."""
    daemon.terminate()
    try:
        daemon.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _forget_ended(pid_file: Path) -> None:
    """docker waits in vain for a containerd of its own that ended with it, as long as nobody has
    taken its exit status; and where its id is another process's by now."""
    end = time.monotonic() + START_SECONDS
    while pid_file.exists() and time.monotonic() < end:
        if not _runs_containerd(pid_file.read_text().strip()):
            pid_file.unlink()
        time.sleep(0.1)


def _runs_containerd(pid: str) -> bool:
    try:
        name, _, state = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(") ")
    except OSError:
        return False
    return name == "containerd" and state[0] not in "ZX"


def _spawned(
    words: list[str], ready: tuple[str, ...], env: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(words, env=env, stdout=log, stderr=log)
    end = time.monotonic() + START_SECONDS
    while subprocess.run(ready, env=env, capture_output=True, check=False).returncode != 0:
        if child.poll() is not None or time.monotonic() > end:
            child.kill()
            child.wait()
            missing(f"{words[0]} does not start here: {folder / 'log'}")
        time.sleep(0.2)
    return child
