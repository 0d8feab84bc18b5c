"""What a backend is: a frozen value whose methods describe commands and run none."""

from collections.abc import Callable, Mapping
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from x07bundle.vm.job import Digest, DigestKind, Job, KillPlan, Launch

Answer = TypeVar("Answer")


class Caps(NamedTuple):
    """What a backend can enforce; `x07 vm backends` prints it.

    `isolation`: `container` shares the host's kernel and needs consent. `host_mounts`: folders of
    the host reach the guest; else files are streamed. `allow_hosts`: a list of hosts is enforced
    outside the guest. `lists`: it can name its guests by label. `pids`: it limits processes.
    `digest_kinds`: what an image is pinned by, the best first.
    """

    isolation: Literal["vm", "container"]
    digest_kinds: tuple[DigestKind, ...]
    host_mounts: bool = True
    allow_hosts: bool = False
    lists: bool = True
    pids: bool = True
    vm_sizing: bool = False


class Query(NamedTuple, Generic[Answer]):
    """A command and what its output means. `read` raises ValueError for what it cannot use."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    read: Callable[[str], Answer]


class Orphan(NamedTuple):
    """A guest of ours that an engine lists. `labels`: all of it."""

    container_id: str
    labels: Mapping[str, str]


class Backend(Protocol):
    """Every method is pure. `from_env` of each module reads the variables, once."""

    @property
    def name(self) -> str: ...
    @property
    def caps(self) -> Caps: ...
    def launch(self, job: Job) -> Launch: ...
    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan: ...
    def digests(self, reference: str) -> Query[tuple[Digest, ...]]: ...
    def load(self, archive: str) -> Query[str]: ...
    def orphans(self) -> Query[tuple[Orphan, ...]] | None: ...
