"""firecracker-containerd through `firecracker-ctr`, which has the command line of `ctr`
(contract/vm.md §4 to §7), and so any containerd with a runtime of one's own choice.

With the runtime `aws.firecracker` a guest is a VM, into which no folder of the host comes; it runs
as root of its own kernel. Every other runtime but Kata's shares the host's kernel.

`ctr` looks an image up by name, and nobody checks a digest in a name. So an image gets a name of
our own that has its digest in it, and what that name leads to is compared before each run.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.vm import engine_env
from x07bundle.vm.backend import Answer, Caps, Orphan, Query
from x07bundle.vm.backends import words
from x07bundle.vm.job import Digest, Image, Job, KillPlan, Launch

RUNTIME: Final = "aws.firecracker"
SOCKET: Final = "/run/firecracker-containerd/containerd.sock"
OWN_NAME: Final = "x07.local/guest"
OP_SECONDS: Final = "2s"
REMOVAL_SECONDS: Final = "10s"
"""A shim that has to be given up takes longer than any question."""
MOST_LISTED: Final = 512
PID_FILE: Final = "task.pid"
VARIABLES: Final = "guest.env"
CAPABILITIES: Final = tuple(
    f"CAP_{name}"
    for name in (
        "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP"
        " SETGID SETPCAP SETUID SYS_CHROOT"
    ).split()
)
"""Those that a guest has by default: there is no word for all of them."""
OF_AGENT: Final = ("CAP_SETGID", "CAP_SETUID")
"""With these the guest's agent becomes another user, and then has none."""
WRITABLE: Final = ("/dev/shm", "/run")
"""What a guest has for writing, unless something lies over it."""
CAPS: Final = Caps("vm", ("manifest",), host_mounts=False, pids=False, users=False)

_kata: Final = re.compile(r"io\.containerd\.kata(-[a-z0-9-]+)?\.v2").fullmatch
_unpacked: Final = re.compile(r"^unpacking (\S+) \(sha256:[0-9a-f]{64}\)", re.M).findall


class FirecrackerCtr(NamedTuple):
    """`binary` and `env`: the client and its environment."""

    binary: str
    env: Mapping[str, str]
    address: str = SOCKET
    namespace: str = "x07"
    snapshotter: str = "devmapper"
    runtime: str = RUNTIME
    caps: Caps = CAPS

    @property
    def name(self) -> str:
        return "firecracker-ctr"

    def launch(self, job: Job) -> Launch:
        options = (*self._identity(job), *self._hardening(job), *_limits(job), *_folders(job))
        ready_file = str(PurePath(job.folder, PID_FILE))
        argv = (*self._client, "run", "--rm", *options, "--pid-file", ready_file)
        argv = (*argv, self.image_name(job.image), job.container_id, *job.argv)
        return Launch(argv, self.env, _variables(job), ready_file)

    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan:
        del grace_ms  # a signal does not wait
        kill = (*self._quick, "tasks", "kill", "--all", "--signal")
        return KillPlan(
            soft=((*kill, "SIGTERM", container_id),),
            hard=((*kill, "SIGKILL", container_id),),
            cleanup=(
                (*self._slow, "tasks", "delete", "--force", container_id),
                (*self._slow, "containers", "delete", container_id),
                (*self._slow, *self._snapshots, "rm", container_id),
            ),
            probe=(*self._quick, "containers", "info", container_id),
            env={**self.env, **engine_env.PLAIN},
        )

    def image_name(self, image: Image) -> str:
        return f"{OWN_NAME}@{image.digest.value}"

    def digests(self, reference: str) -> Query[tuple[Digest, ...]]:
        return self._query(("images", "ls", f"name=={_literal(reference)}"), _digests)

    def pin(self, image: Image) -> Query[None]:
        tail = ("images", "tag", "--force", _literal(image.reference), self.image_name(image))
        return self._query(tail, _nothing)

    def load(self, archive: str) -> Query[str]:
        tail = ("images", "import", "--snapshotter", self.snapshotter, archive)
        return self._query(tail, _loaded, timeout=())

    def pull(self, reference: str, digest: Digest | None) -> Query[None]:
        name = words.with_digest(reference, digest)
        tail = ("images", "pull", "--snapshotter", self.snapshotter, name)
        return self._query(tail, _nothing, timeout=())

    def orphans(self) -> Query[tuple[Orphan, ...]]:
        key, _, value = words.OURS.partition("=")
        return self._query(("containers", "ls", "-q", f'labels."{key}"=={value}'), _orphans)

    def labels(self, container_id: str) -> Query[Mapping[str, str]]:
        tail = ("containers", "info", container_id)
        return self._query(tail, _labels, absent=("not found",))

    @property
    def _client(self) -> tuple[str, ...]:
        return (self.binary, "--address", self.address, "--namespace", self.namespace)

    @property
    def _quick(self) -> tuple[str, ...]:
        return (*self._client, "--timeout", OP_SECONDS)

    @property
    def _slow(self) -> tuple[str, ...]:
        return (*self._client, "--timeout", REMOVAL_SECONDS)

    @property
    def _snapshots(self) -> tuple[str, ...]:
        return ("snapshots", "--snapshotter", self.snapshotter)

    def _query(
        self,
        tail: tuple[str, ...],
        read: Callable[[str], Answer],
        absent: tuple[str, ...] = (),
        timeout: tuple[str, ...] = ("--timeout", OP_SECONDS),
    ) -> Query[Answer]:
        argv = (*self._client, *timeout, *tail)
        return Query(argv, {**self.env, **engine_env.PLAIN}, read, absent)

    def _identity(self, job: Job) -> Iterator[str]:
        yield from ("--runtime", self.runtime, "--snapshotter", self.snapshotter)
        for key in sorted(job.labels):
            pair = f"{key}={job.labels[key]}"
            yield from ("--label", pair, "--annotation", pair)

    def _hardening(self, job: Job) -> Iterator[str]:
        yield "--read-only"
        for capability in CAPABILITIES:
            if not (job.is_streamed and capability in OF_AGENT):
                yield from ("--cap-drop", capability)
        yield from ("--seccomp",) if self.caps.isolation == "container" else ()
        yield from ("--cni",) if job.network else ()
        yield from ("--tty",) if job.terminal else ()


def from_env(env: Mapping[str, str]) -> FirecrackerCtr:
    runtime = _value(env, "X07_VM_FIRECRACKER_RUNTIME", RUNTIME)
    is_vm = runtime == RUNTIME or _kata(runtime) is not None
    shares = runtime != RUNTIME and not engine_env.streams(env)
    return FirecrackerCtr(
        binary=_value(env, "X07_VM_FIRECRACKER_CTR_BIN", "firecracker-ctr"),
        env=engine_env.environment(env),
        address=_value(env, "X07_VM_FIRECRACKER_CONTAINERD_SOCK", SOCKET),
        namespace=_value(env, "X07_VM_CONTAINERD_NAMESPACE", "x07"),
        snapshotter=_value(env, "X07_VM_FIRECRACKER_SNAPSHOTTER", "devmapper"),
        runtime=runtime,
        caps=CAPS._replace(isolation="vm" if is_vm else "container", host_mounts=shares),
    )


def _literal(reference: str) -> str:
    """A name without a host is one of this machine: so archives name images for containerd."""
    host, slash, _ = reference.partition("/")
    is_whole = slash and (host == "localhost" or "." in host or ":" in host)
    return reference if is_whole else f"localhost/{reference}"


def _value(env: Mapping[str, str], name: str, default: str) -> str:
    return env.get(name, "").strip() or default


def _limits(job: Job) -> Iterator[str]:
    yield from ("--memory-limit", str(max(job.limits.mem_bytes, CAPS.least_mem_bytes)))
    if job.limits.cpus is not None:
        yield from ("--cpus", str(job.limits.cpus))


def _folders(job: Job) -> Iterator[str]:
    """The empty ones last: `ctr` mounts in the order that it is told."""
    yield from ("--cwd", job.workdir)
    yield from ("--env-file", next(iter(_variables(job)))) if job.env else ()
    if not words.has_own_scratch(job):
        yield from ("--mount", _tmpfs("/tmp", f"rw:size={job.limits.scratch_bytes}:mode=1777"))
    for path in job.scratch:
        options = f"nosuid:nodev:rw:exec:size={job.limits.mem_bytes}:mode=1777"
        yield from ("--mount", f"type=tmpfs,src=tmpfs,dst={path},options={options}")
    for path in WRITABLE:
        yield from ("--mount", _tmpfs(path, "ro:size=4096:mode=0555"))
    for mount in words.mounts(job):
        options = "rbind" if mount.writable else "rbind:ro"
        what = f"type=bind,src={mount.host},dst={mount.guest},options={options}"
        yield from ("--mount", what)
    for path in words.covered(job):
        yield from ("--mount", _tmpfs(path, "ro:size=4096:mode=0555"))


def _tmpfs(path: str, options: str) -> str:
    return f"type=tmpfs,src=tmpfs,dst={path},options=noexec:nosuid:nodev:{options}"


def _variables(job: Job) -> dict[str, bytes]:
    """A file of them: `ctr` takes values on its command line or from a file, a line for each.

    Raises:
        X07Error: a value has more than one line.
    """
    if not job.env:
        return {}
    for key, value in job.env.items():
        if "\n" in value or "\r" in value:
            raise X07Error(
                f"the variable `{key}` has a line break, which `ctr` cannot hand on",
                hint=f"take `{key}` out of `env.allow_keys` of the policy, or give it one line",
            )
    lines = [f"{key}={job.env[key]}\n" for key in sorted(job.env)]
    return {str(PurePath(job.folder, VARIABLES)): "".join(lines).encode("utf-8", "surrogateescape")}


def _nothing(text: str) -> None:
    """Nothing of what is said is needed."""
    del text


def _digests(text: str) -> tuple[Digest, ...]:
    """The third column of a table with a heading.

    Raises:
        ValueError: it is no such table.
    """
    heading, *rows = [line.split() for line in text.splitlines() if line.strip()] or [[]]
    if heading[:3] != ["REF", "TYPE", "DIGEST"]:
        raise ValueError("it is no list of images")
    if any(len(row) < 3 for row in rows):
        raise ValueError("a line has no digest")
    return words.unique(words.digest_of("manifest", row[2]) for row in rows)


def _loaded(text: str) -> str:
    """An archive without names is taken, and nothing is registered.

    Raises:
        ValueError: it had no name.
    """
    names: list[str] = _unpacked(text)
    if not names:
        raise ValueError("the archive gives its image no name, so nothing was loaded")
    return names[-1]


def _orphans(text: str) -> tuple[Orphan, ...]:
    ids = [line.strip() for line in text.splitlines()[:MOST_LISTED] if line.strip()]
    return tuple(Orphan(found, {}) for found in ids)


def _labels(text: str) -> dict[str, str]:
    """Of a container, or those that its specification repeats."""
    found = words.first_object(text)
    noted = words.texts(words.below(found, "spec", "annotations"))
    return {**noted, **words.texts(words.below(found, "labels"))}
