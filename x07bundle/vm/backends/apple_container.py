"""Apple's `container`, a VM for each guest (contract/vm.md §4 to §7).

It shares folders alone, has no limit of processes, no pull policy, and gives a guest 200 MiB at
least. An image is looked up by name: its digest is compared before each run.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from x07bundle.vm import engine_env
from x07bundle.vm.backend import Answer, Caps, Orphan, Query
from x07bundle.vm.backends import words
from x07bundle.vm.job import Digest, Image, Job, KillPlan, Launch

LEAST_MEM_BYTES: Final = 200 << 20
CAPS: Final = Caps(
    "vm",
    ("manifest",),
    file_mounts=False,
    pids=False,
    vm_sizing=True,
    least_mem_bytes=LEAST_MEM_BYTES,
)
ABSENT: Final = ("notfound", "image not found", "no such image")


class AppleContainer(NamedTuple):
    """`env`: of the client."""

    env: Mapping[str, str]
    binary: str = "container"
    caps: Caps = CAPS

    @property
    def name(self) -> str:
        return "apple-container"

    def launch(self, job: Job) -> Launch:
        options = (*_identity(job), *_hardening(job), *_limits(job), *_folders(job))
        argv = (self.binary, "run", *options, self.image_name(job.image), *job.argv)
        return Launch(argv, words.handed_on(job, self.env))

    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan:
        del grace_ms  # a signal does not wait
        return KillPlan(
            soft=((self.binary, "kill", "--signal", "SIGTERM", container_id),),
            hard=((self.binary, "kill", "--signal", "KILL", container_id),),
            cleanup=((self.binary, "delete", "--force", container_id),),
            probe=(self.binary, "inspect", container_id),
            env={**self.env, **engine_env.PLAIN},
        )

    def image_name(self, image: Image) -> str:
        return image.reference

    def digests(self, reference: str) -> Query[tuple[Digest, ...]]:
        return self._query(("image", "inspect", reference), _digests, ABSENT)

    def pin(self, image: Image) -> None:
        """Nothing: there is no name that a digest is part of."""

    def load(self, archive: str) -> Query[str]:
        return self._query(("image", "load", "--input", archive), _loaded)

    def pull(self, reference: str, digest: Digest | None) -> Query[None]:
        name = words.with_digest(reference, digest)
        return self._query(("image", "pull", "--progress", "none", name), lambda _: None)

    def orphans(self) -> Query[tuple[Orphan, ...]]:
        return self._query(("list", "--all", "--format", "json"), _orphans)

    def labels(self, container_id: str) -> None:
        """Nothing: the list has them."""

    def _query(
        self, tail: tuple[str, ...], read: Callable[[str], Answer], absent: tuple[str, ...] = ()
    ) -> Query[Answer]:
        return Query((self.binary, *tail), {**self.env, **engine_env.PLAIN}, read, absent)


def from_env(env: Mapping[str, str]) -> AppleContainer:
    caps = CAPS._replace(host_mounts=not engine_env.streams(env))
    return AppleContainer(engine_env.environment(env), caps=caps)


def _identity(job: Job) -> Iterator[str]:
    yield from ("--name", job.container_id, "--rm", "--progress", "none")
    yield from ("--interactive",) if job.has_input or job.terminal else ()
    yield from ("--tty",) if job.terminal else ()
    yield from words.pairs("--label", job.labels)


def _hardening(job: Job) -> Iterator[str]:
    yield from ("--read-only", "--cap-drop", "ALL")
    yield from ("--network", "default" if job.network else "none")
    if job.user is not None:
        yield from ("--uid", str(job.user[0]), "--gid", str(job.user[1]))


def _limits(job: Job) -> Iterator[str]:
    yield from ("--memory", str(max(job.limits.mem_bytes, LEAST_MEM_BYTES)))
    if job.limits.cpus is not None:
        yield from ("--cpus", str(job.limits.cpus))
    yield from ("--ulimit", "core=0:0")
    if job.limits.open_files is not None:
        files = job.limits.open_files
        yield from ("--ulimit", f"nofile={files}:{files}")


def _folders(job: Job) -> Iterator[str]:
    yield from ("--workdir", job.workdir)
    for key in sorted(job.env):
        yield from ("--env", key)
    yield from () if words.has_own_scratch(job) else ("--tmpfs", "/tmp")
    for path in job.scratch:
        yield from ("--tmpfs", path)
    for mount in words.mounts(job):
        ending = "" if mount.writable else ",readonly"
        yield from ("--mount", f"type=bind,source={mount.host},target={mount.guest}{ending}")
    for path in words.covered(job):
        yield from ("--tmpfs", path)


def _digests(text: str) -> tuple[Digest, ...]:
    """Of what the name leads to: in `configuration.descriptor` from 1.0 on, in `index` before."""
    found = words.first_object(text)
    if not found:
        return ()
    described = words.below(found, "configuration", "descriptor", "digest")
    return (words.digest_of("manifest", described or words.below(found, "index", "digest")),)


def _loaded(text: str) -> str:
    """The last name of a line, as in `Loaded images:` and names, or names alone.

    Raises:
        ValueError: it named none.
    """
    names = [word for line in text.splitlines() for word in line.split() if _is_reference(word)]
    if not names:
        raise ValueError("it names no image that was loaded")
    return names[-1]


def _is_reference(word: str) -> bool:
    return "/" in word or (":" in word and not word.endswith(":"))


def _orphans(text: str) -> tuple[Orphan, ...]:
    rows = words.document(text) if text.strip() else []
    every = words.objects(rows if isinstance(rows, list) else [rows])
    found = ((_id(row), _labels(row)) for row in every)
    key, _, value = words.OURS.partition("=")
    return tuple(Orphan(name, labels) for name, labels in found if labels.get(key) == value)


def _id(row: Mapping[str, Any]) -> str:
    return str(words.below(row, "configuration", "id") or words.below(row, "id") or "")


def _labels(row: Mapping[str, Any]) -> dict[str, str]:
    inner = words.texts(words.below(row, "configuration", "labels"))
    return inner or words.texts(words.below(row, "labels"))
