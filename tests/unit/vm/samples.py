"""Jobs of every kind, and backends with everything that differs between machines fixed."""

from collections.abc import Callable, Mapping
from typing import Final

from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import apple_container, firecracker_ctr, oci_cli
from x07bundle.vm.job import Digest, GuestLimits, Image, Job, Mount

CONFIG: Final = Digest("config", "sha256:" + "c" * 64)
MANIFEST: Final = Digest("manifest", "sha256:" + "a" * 64)
OTHER: Final = Digest("manifest", "sha256:" + "b" * 64)
REFERENCE: Final = "host.example/team/x07-guest-runner:0.1.0"
IDENTITY: Final = "1700000000000-42"
PATH: Final = {"PATH": "/usr/bin:/bin", "HOME": "/home/user"}
RUNC: Final = {"X07_VM_FIRECRACKER_RUNTIME": "io.containerd.runc.v2"}

IN_OUT: Final = (Mount("/jobs/in", "/x07/in"), Mount("/jobs/out", "/x07/out", writable=True))
LABELS: Final = {
    "io.x07.schema": "1",
    "io.x07.backend": "vm.x",
    "io.x07.deadline_unix_ms": "1700000060000",
}
CAPTURED: Final = Job(
    run_id=IDENTITY,
    image=Image(REFERENCE, MANIFEST),
    argv=("/x07/in/artifact", "--flag", "a b", "-"),
    created_unix_ms=1_700_000_000_000,
    deadline_unix_ms=1_700_000_060_000,
    limits=GuestLimits(mem_bytes=(64 << 20) + 1, pids=24, open_files=160),
    mounts=IN_OUT,
    user=(1000, 1001),
    labels=LABELS,
    folder="/jobs/" + IDENTITY,
)
ROOTS: Final = (
    Mount("/home/user/project/out", "/x07/work/out", writable=True),
    Mount("/home/user/project", "/x07/work", masked=(".x07",)),
    Mount("/srv/data", "/srv/data"),
)
JOBS: Final[Mapping[str, Job]] = {
    "captured": CAPTURED,
    "attached": CAPTURED._replace(
        has_input=True, mounts=(*IN_OUT, *ROOTS), env={"PORT": "80", "GREETING": "good day"}
    ),
    "terminal": CAPTURED._replace(has_input=True, terminal=True),
    "network": CAPTURED._replace(network=True),
    "streamed": CAPTURED._replace(
        argv=("/usr/local/bin/x07-guestd", "--stream"),
        mounts=(),
        has_input=True,
        scratch=("/x07", "/srv/data"),
        is_streamed=True,
    ),
    "smallest": CAPTURED._replace(
        limits=GuestLimits(mem_bytes=1 << 20, cpus=2), mounts=(), labels={}, user=None, workdir="/"
    ),
    "compiling": CAPTURED._replace(scratch=("/tmp", "/var/cache")),
    "own_tmp": CAPTURED._replace(mounts=(Mount("/tmp", "/tmp", writable=True),)),
}


def podman(env: Mapping[str, str]) -> oci_cli.OciCli:
    made = oci_cli.podman(env)
    limits = {"nofile": 1024, "nproc": 1000}
    return made._replace(dialect=made.dialect._replace(ulimits=limits))


def containerd(env: Mapping[str, str]) -> firecracker_ctr.FirecrackerCtr:
    return firecracker_ctr.from_env({**env, **RUNC, "X07_VM_FIRECRACKER_SNAPSHOTTER": "overlayfs"})


MADE: Final[Mapping[str, Callable[[Mapping[str, str]], Backend]]] = {
    "apple-container": apple_container.from_env,
    "containerd": containerd,
    "docker": oci_cli.docker,
    "firecracker-ctr": firecracker_ctr.from_env,
    "podman": podman,
}
"""The backends, and firecracker-ctr on a containerd with a runtime of one's own choice."""


def image_of(name: str) -> Image:
    """As `images.resolve` gives it: docker and podman run by ID."""
    return Image(REFERENCE, CONFIG if name in ("docker", "podman") else MANIFEST)
