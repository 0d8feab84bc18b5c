"""What a backend is: a frozen value whose methods describe commands and run none."""

from collections.abc import Callable, Mapping
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from x07bundle.vm.job import Digest, DigestKind, Image, Job, KillPlan, Launch

Answer = TypeVar("Answer")


class Caps(NamedTuple):
    """What a backend can enforce; `x07 vm backends` prints it.

    `isolation`: `container` shares the host's kernel and needs consent. `host_mounts`: folders of
    the host reach the guest; else files are streamed. `file_mounts`: single files too.
    `allow_hosts`: a list of hosts is enforced outside the guest. `lists`: it can name its guests by
    label. `pids`: it limits processes. `users`: the guest's program may be another than root.
    `least_mem_bytes`: of a guest. `digest_kinds`: what an image is pinned by, the best first.
    """

    isolation: Literal["vm", "container"]
    digest_kinds: tuple[DigestKind, ...]
    host_mounts: bool = True
    file_mounts: bool = True
    allow_hosts: bool = False
    lists: bool = True
    pids: bool = True
    users: bool = True
    vm_sizing: bool = False
    least_mem_bytes: int = 6 << 20


class Query(NamedTuple, Generic[Answer]):
    """A command and what its output means. `read` raises ValueError for what it cannot use.

    `absent`: the command may fail with one of these words (in lower case) on stderr; then what was
    asked for is not there, and `read` gets an empty text.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    read: Callable[[str], Answer]
    absent: tuple[str, ...] = ()


class Orphan(NamedTuple):
    """A guest of ours that an engine lists. `labels`: all of it; empty where `labels` of its
    backend has to be asked."""

    container_id: str
    labels: Mapping[str, str]


class Backend(Protocol):
    """Every method is pure. `from_env` of each module reads the variables, once.

    `image_name`: what the engine runs. `digests`: of an image by any name that the engine knows;
    empty: it has none. The first is what it is run by. `pin`: gives an image a name that its digest
    is part of; None: the engine runs by digest as it is. `load`: an OCI archive; its name after.
    `pull`: by the digest, where the image has one of its manifest. `orphans`: all guests with our
    labels. `labels`: of one guest, where `orphans` does not tell them.
    """

    @property
    def name(self) -> str: ...
    @property
    def caps(self) -> Caps: ...
    def launch(self, job: Job) -> Launch: ...
    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan: ...
    def image_name(self, image: Image) -> str: ...
    def digests(self, reference: str) -> Query[tuple[Digest, ...]]: ...
    def pin(self, image: Image) -> Query[None] | None: ...
    def load(self, archive: str) -> Query[str]: ...
    def pull(self, reference: str, digest: Digest | None) -> Query[None]: ...
    def orphans(self) -> Query[tuple[Orphan, ...]] | None: ...
    def labels(self, container_id: str) -> Query[Mapping[str, str]] | None: ...
