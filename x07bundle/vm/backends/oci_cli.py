"""docker and podman: one shape, two dialects (contract/vm.md §4 to §7).

Both run an image by its ID. That is the digest of its configuration, but in docker's newer store,
where it is that of the manifest. A digest of the manifest that docker or podman make of an archive
themselves (podman of one in docker's form, too) is none that anybody else knows.
"""

import resource
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from x07bundle.vm import engine_env
from x07bundle.vm.backend import Answer, Caps, Orphan, Query
from x07bundle.vm.backends import words
from x07bundle.vm.job import Digest, Image, Job, KillPlan, Launch

CAPS: Final = Caps("container", ("config", "manifest"))
ABSENT: Final = ("no such image", "no such object", "image not known")
PROXIES: Final = ("ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
REMOTE: Final = ("tcp://", "ssh://", "http://", "https://")
MOST: Final = {"nofile": 1 << 20, "nproc": 1 << 15}
"""Of limits that a user may always have, where the hard ones allow it: podman lowers its own limit
of processes to the number of process ids, 32768 at least."""
LEAVES: Final = ",".join(("ctrl-^", "ctrl-]") * 4)
"""Keys that leave a terminal's guest running: docker has no way to say that there are none."""


class Dialect(NamedTuple):
    """`run`: what starts a guest takes more; `offline`: where it has no network. `tmpfs`: options
    of an empty folder; `scratch`: of one that programs are run in. `annotates`: labels are
    annotations too. `unset`: variables that the client would make of its own settings. `ulimits`:
    each that is not given would be raised, which not every user may. `list_format`: of `ps`, which
    `orphans` reads.
    """

    run: tuple[str, ...]
    offline: tuple[str, ...]
    tmpfs: str
    scratch: str
    annotates: bool
    unset: tuple[str, ...]
    ulimits: Mapping[str, int]
    list_format: str
    orphans: Callable[[str], tuple[Orphan, ...]]
    digests: Callable[[Mapping[str, Any]], Iterator[Digest]]


class OciCli(NamedTuple):
    """`binary`: the client, which is found on PATH of `env`, its environment."""

    name: str
    binary: str
    env: Mapping[str, str]
    dialect: Dialect
    caps: Caps = CAPS

    def launch(self, job: Job) -> Launch:
        argv = (self.binary, "run", *self._options(job), self.image_name(job.image), *job.argv)
        return Launch(argv, words.handed_on(job, self.env))

    def kill_plan(self, container_id: str, grace_ms: int) -> KillPlan:
        seconds = max(1, -(-grace_ms // 1000))
        return KillPlan(
            soft=((self.binary, "stop", "-t", str(seconds), container_id),),
            hard=((self.binary, "kill", "--signal", "KILL", container_id),),
            cleanup=((self.binary, "rm", "--force", "--volumes", container_id),),
            probe=(self.binary, "container", "inspect", "--format", "{{.Id}}", container_id),
            env={**self.env, **engine_env.PLAIN},
        )

    def image_name(self, image: Image) -> str:
        return image.digest.value

    def digests(self, reference: str) -> Query[tuple[Digest, ...]]:
        def read(text: str) -> tuple[Digest, ...]:
            found = words.first_object(text)
            return words.unique(self.dialect.digests(found)) if found else ()

        return self._query(("image", "inspect", reference), read, ABSENT)

    def pin(self, image: Image) -> None:
        """Nothing: images are run by ID."""

    def load(self, archive: str) -> Query[str]:
        return self._query(("load", "--input", archive), _loaded)

    def pull(self, reference: str, digest: Digest | None) -> Query[None]:
        name = words.with_digest(reference, digest)
        return self._query(("pull", "--quiet", name), lambda _: None)

    def orphans(self) -> Query[tuple[Orphan, ...]]:
        return self._query(
            (
                "ps", "--all", "--no-trunc",
                "--filter", f"label={words.OURS}",
                "--format", self.dialect.list_format,
            ),
            self.dialect.orphans,
        )  # fmt: skip

    def labels(self, container_id: str) -> None:
        """Nothing: the list has them."""

    def _query(
        self, tail: tuple[str, ...], read: Callable[[str], Answer], absent: tuple[str, ...] = ()
    ) -> Query[Answer]:
        return Query((self.binary, *tail), {**self.env, **engine_env.PLAIN}, read, absent)

    def _options(self, job: Job) -> Iterator[str]:
        yield from ("--name", job.container_id, "--rm", "--pull", "never")
        yield from self._streams(job)
        yield from self._labels(job)
        yield from self._hardening(job)
        yield from self._limits(job)
        yield from ("--workdir", job.workdir, "--entrypoint", "")
        yield from self._variables(job)
        yield from self._folders(job)

    def _streams(self, job: Job) -> Iterator[str]:
        yield from ("--log-driver", "none")
        if job.has_input or job.terminal:
            yield "--interactive"
        if job.terminal:
            yield from ("--tty", "--detach-keys", LEAVES)

    def _labels(self, job: Job) -> Iterator[str]:
        for key in sorted(job.labels):
            yield from ("--label", f"{key}={job.labels[key]}")
            if self.dialect.annotates:
                yield from ("--annotation", f"{key}={job.labels[key]}")

    def _hardening(self, job: Job) -> Iterator[str]:
        yield from ("--read-only", *self.dialect.run)
        yield from ("--cap-drop", "ALL", "--security-opt", "no-new-privileges")
        yield from ("--ipc", "none", "--hostname", "x07")
        yield from () if job.network else ("--network", "none", *self.dialect.offline)
        if job.user is not None:
            yield from ("--user", f"{job.user[0]}:{job.user[1]}")

    def _limits(self, job: Job) -> Iterator[str]:
        limits = job.limits
        memory = f"{words.mebibytes(max(limits.mem_bytes, self.caps.least_mem_bytes))}m"
        yield from ("--memory", memory, "--memory-swap", memory)
        if limits.cpus is not None:
            yield from ("--cpus", str(limits.cpus))
        if limits.pids is not None:
            yield from ("--pids-limit", str(limits.pids))
        given = {"nofile": limits.open_files} if limits.open_files is not None else {}
        for name, most in {"core": 0, **self.dialect.ulimits, **given}.items():
            yield from ("--ulimit", f"{name}={most}:{most}")

    def _variables(self, job: Job) -> Iterator[str]:
        for key in sorted({*job.env, *self.dialect.unset}):
            yield from ("--env", key)

    def _folders(self, job: Job) -> Iterator[str]:
        options = self.dialect.tmpfs
        if not words.has_own_scratch(job):
            size = job.limits.scratch_bytes
            yield from ("--tmpfs", f"/tmp:rw,{options},size={size},mode=1777")
        for path in job.scratch:
            room = f"size={job.limits.mem_bytes},mode=1777"
            yield from ("--tmpfs", f"{path}:rw,{self.dialect.scratch},{room}")
        for mount in words.mounts(job):
            ending = "" if mount.writable else ",readonly"
            yield from ("--mount", f"type=bind,source={mount.host},target={mount.guest}{ending}")
        for path in words.covered(job):
            yield from ("--tmpfs", f"{path}:ro,{options},size=4096,mode=0555")


def docker(env: Mapping[str, str]) -> OciCli:
    caps = _caps(env, "DOCKER_HOST")
    return OciCli("docker", "docker", engine_env.environment(env), DOCKER, caps)


def podman(env: Mapping[str, str]) -> OciCli:
    dialect = PODMAN._replace(ulimits={name: _most(name) for name in MOST})
    caps = _caps(env, "CONTAINER_HOST")
    return OciCli("podman", "podman", engine_env.environment(env), dialect, caps)


def _caps(env: Mapping[str, str], variable: str) -> Caps:
    """An engine on another machine shares no folders of this one."""
    is_remote = env.get(variable, "").startswith(REMOTE)
    return CAPS._replace(host_mounts=not is_remote and not engine_env.streams(env))


def _most(name: str) -> int:
    """What this process may hand on."""
    hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    return MOST[name] if hard == resource.RLIM_INFINITY else min(hard, MOST[name])


def _loaded(text: str) -> str:
    """The name that an archive has, else its ID.

    Raises:
        ValueError: nothing was loaded.
    """
    found = [line.partition(": ")[2] for line in text.splitlines() if line.startswith("Loaded im")]
    if not found or not found[-1].strip():
        raise ValueError("it names no image that was loaded")
    return found[-1].strip()


def _docker_digests(image: Mapping[str, Any]) -> Iterator[Digest]:
    """The ID first. Where a repository has the image by the same digest, or the store describes it
    so, it is one of a manifest."""
    value = image.get("Id")
    known = [*_repository_digests(image), words.below(image, "Descriptor", "digest")]
    yield words.digest_of("manifest" if value in known else "config", value)
    yield from (words.digest_of("manifest", one) for one in _repository_digests(image))


def _podman_digests(image: Mapping[str, Any]) -> Iterator[Digest]:
    yield words.digest_of("config", image.get("Id"))
    found = [image.get("Digest"), *_repository_digests(image)]
    yield from (words.digest_of("manifest", one) for one in found if one)


def _repository_digests(image: Mapping[str, Any]) -> list[str]:
    """What is behind the `@` of each name."""
    names = image.get("RepoDigests") or []
    if not isinstance(names, list):
        raise ValueError("`RepoDigests` is no array")
    return [str(name).partition("@")[2] for name in names if "@" in str(name)]


def _docker_orphans(text: str) -> tuple[Orphan, ...]:
    """A line for each, whose labels are `k=v` and commas: no value of ours has one."""
    rows = [words.document(line) for line in text.splitlines() if line.strip()]
    return tuple(
        Orphan(str(row.get("Names", "")), _split_labels(str(row.get("Labels", ""))))
        for row in words.objects(rows)
    )


def _split_labels(text: str) -> dict[str, str]:
    found = (part.partition("=") for part in text.split(",") if "=" in part)
    return {key: value for key, _, value in found}


def _podman_orphans(text: str) -> tuple[Orphan, ...]:
    rows = words.objects(words.document(text)) if text.strip() else []
    return tuple(
        Orphan(_first(row.get("Names")) or str(row.get("Id", "")), words.texts(row.get("Labels")))
        for row in rows
    )


def _first(names: object) -> str:
    return str(names[0]) if isinstance(names, list) and names else ""


DOCKER: Final = Dialect(
    run=(),
    # The name servers of the host are nobody's business without a network.
    offline=("--mount", "type=bind,source=/dev/null,target=/etc/resolv.conf,readonly"),
    tmpfs="noexec,nosuid,nodev",
    scratch="exec,nosuid,nodev",
    annotates=False,
    unset=tuple(sorted((*PROXIES, *(name.lower() for name in PROXIES)))),
    ulimits={},
    list_format="{{json .}}",
    orphans=_docker_orphans,
    digests=_docker_digests,
)
PODMAN: Final = Dialect(
    run=("--read-only-tmpfs=false", "--http-proxy=false", "--no-hosts"),
    offline=(),
    # Without the last one, what is to be hidden would be copied into what hides it.
    tmpfs="noexec,nosuid,nodev,notmpcopyup",
    scratch="exec,nosuid,nodev,notmpcopyup",
    annotates=True,
    unset=(),
    ulimits={},
    list_format="json",
    orphans=_podman_orphans,
    digests=_podman_digests,
)
