"""What a backend is asked to run: values that say everything and do nothing.

contract/vm.md §3 to §6 has the shapes that other tools know. Two things are ours: an image is a
digest with its kind, never a name alone, and a job carries the plan that ends it.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from x07bundle.contract.vm_job import KillPlan as KillPlan

DigestKind = Literal["manifest", "config", "bundle"]
"""What a digest is of: an image's manifest, its configuration, or a VZ guest bundle. Digests of
different kinds are never compared."""

Transport = Literal["mounts", "stream"]
"""How files reach the guest: folders of the host, or frames on the guest's standard streams."""

GUEST_IN: Final = "/x07/in"
GUEST_OUT: Final = "/x07/out"
GUEST_BUNDLE: Final = "/x07/bundle"
GUEST_WORK: Final = "/x07/work"


class Digest(NamedTuple):
    """`value`: `sha256:` and 64 hex digits."""

    kind: DigestKind
    value: str

    def __str__(self) -> str:
        return f"{self.value} ({self.kind})"


class Image(NamedTuple):
    """`reference`: what people call it. `digest`: what is run."""

    reference: str
    digest: Digest


class Mount(NamedTuple):
    """A folder or file of the host, its links resolved, at an absolute path of the guest.

    `masked`: folders in it that the guest sees empty, by path below it (`.x07`, `project/.x07`).
    """

    host: str
    guest: str
    writable: bool = False
    masked: tuple[str, ...] = ()


class GuestLimits(NamedTuple):
    """`scratch_bytes`: of the guest's /tmp. None leaves what the engine has."""

    mem_bytes: int
    pids: int | None = None
    open_files: int | None = None
    cpus: int | None = None
    scratch_bytes: int = 64 << 20


class Job(NamedTuple):
    """One guest. `argv`: what runs in it. `env`: all that it sees; values are secrets.

    `has_input`: standard input is given. `terminal`: the caller's, whose size and signals it has.
    `user`: who it is in the guest, (uid, gid). `network`: the engine's default network, else none.
    `deadline_unix_ms`: when it is stopped by force, `grace_ms` after it was asked to end.
    `scratch`: folders in memory, empty and writable, that programs may be run in. `is_streamed`:
    files come through the guest's agent, which becomes another user where the engine cannot.
    `folder`: the job's own, absolute: what a `Launch` needs of files is below it. The runner fills
    it in, and the labels that say whose the guest is.
    """

    run_id: str
    image: Image
    argv: tuple[str, ...]
    created_unix_ms: int
    deadline_unix_ms: int
    limits: GuestLimits
    mounts: tuple[Mount, ...] = ()
    env: Mapping[str, str] = {}
    workdir: str = GUEST_WORK
    network: bool = False
    has_input: bool = False
    terminal: bool = False
    user: tuple[int, int] | None = None
    labels: Mapping[str, str] = {}
    grace_ms: int = 1000
    cleanup_ms: int = 30_000
    scratch: tuple[str, ...] = ()
    is_streamed: bool = False
    folder: str = ""

    @property
    def container_id(self) -> str:
        return f"x07-{self.run_id}"


class Launch(NamedTuple):
    """How a guest is started. `env`: of the engine's client, with the values that it hands on.

    `files`: path to bytes, written before, for this user's eyes alone: they may hold secrets.
    `ready_file`: standard input is held open until this file is there (`ctr` loses an end of input
    that comes before the task does).
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    files: Mapping[str, bytes] = {}
    ready_file: str | None = None
