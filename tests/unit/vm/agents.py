"""A backend whose guest is the agent, as a process of this machine: everything of the stream but
the engine."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract.vm_job import KillPlan
from x07bundle.native.agent import agent
from x07bundle.vm.backend import Caps, Query
from x07bundle.vm.job import Digest, GuestLimits, Image, Job, Launch, Mount

IMAGE: Final = Image("guest", Digest("config", "sha256:" + "0" * 64))


class LocalAgent(NamedTuple):
    """`before`: words that start it."""

    program: Path
    caps: Caps = Caps("vm", ("config",), host_mounts=False)
    before: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "local"

    def launch(self, job: Job) -> Launch:
        return Launch((*self.before, str(self.program), "--stream"), {})

    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan:
        del container_id, grace_ms
        return KillPlan((("true",),), (("true",),), (("true",),), ("false",))

    def image_name(self, image: Image) -> str:
        return image.reference

    def digests(self, reference: str) -> Query[tuple[Digest, ...]]:
        return Query(("true",), {}, lambda _: (IMAGE.digest,))

    def pin(self, image: Image) -> None: ...

    def load(self, archive: str) -> Query[str]:
        return Query(("true",), {}, str)

    def pull(self, reference: str, digest: Digest | None) -> Query[None]:
        return Query(("true",), {}, lambda _: None)

    def orphans(self) -> None: ...

    def labels(self, container_id: str) -> None: ...


def built(cache: Path) -> Path:
    """The agent, compiled."""
    return agent({**os.environ, "X07_CACHE_DIR": str(cache)}).program


def job(
    run_id: str,
    argv: tuple[str, ...],
    mounts: tuple[Mount, ...] = (),
    env: Mapping[str, str] | None = None,
    workdir: str = "/",
) -> Job:
    """A job with half a minute."""
    now_ms = time.time_ns() // 1_000_000
    return Job(
        run_id=run_id,
        image=IMAGE,
        argv=argv,
        created_unix_ms=now_ms,
        deadline_unix_ms=now_ms + 30_000,
        limits=GuestLimits(64 << 20),
        mounts=mounts,
        env=env or {},
        workdir=workdir,
        has_input=True,
    )
