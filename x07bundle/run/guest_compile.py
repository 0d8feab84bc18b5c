"""The first phase of a run in guests: what is compiled, and kept by all that determines it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import files
from x07bundle.errors import X07Error
from x07bundle.native.cache import Cache, open_cache
from x07bundle.project.portable import Sources, collect, refuse_libraries
from x07bundle.run import guest_report, guest_words
from x07bundle.run.job import Job
from x07bundle.vm import boundary, building, seeds
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.building import Done, Task

KIND: Final = "guest-programs"
REPORT: Final = "-report"
MOST_BYTES: Final = 64 << 20


class Compiled(NamedTuple):
    """`compile`: the report's object. `artifact`: None where it failed. `document`: the guest's
    whole report then, if it can be used. `said`: on the guest's stderr.
    """

    compile: Mapping[str, Any]
    artifact: bytes | None = None
    document: Mapping[str, Any] | None = None
    said: bytes = b""


def compiled(job: Job, place: Boundary, policy: bytes, environment: Mapping[str, str]) -> Compiled:
    """The program of a job, from the cache or from a guest.

    Raises:
        UsageError: the project links libraries of this machine.
        X07Error: sources cannot be read, or no guest was started.
    """
    sources = _sources(job)
    words = guest_words.build_words(job, sources)
    cache = open_cache(environment)
    key = _key(place, sources, words, policy)
    return _kept(cache, key) or _made(place, sources, words, policy, cache, key)


def _sources(job: Job) -> Sources:
    target = job.target
    assert target.entry is not None
    if target.project is not None and target.kind == "project":
        refuse_libraries(target.project)
    return collect(target.entry, target.module_roots)


def _key(place: Boundary, sources: Sources, words: tuple[str, ...], policy: bytes) -> str:
    parts = (str(place.image.digest), sources.digest, files.sha256_bytes(policy), *words)
    return files.sha256_bytes("\0".join(parts).encode("utf-8", "surrogateescape"))


def _kept(cache: Cache, key: str) -> Compiled | None:
    report, artifact = cache.find(KIND, key + REPORT), cache.find(KIND, key)
    if report is None or artifact is None:
        return None
    cache.touch(artifact)
    cache.touch(report)
    return Compiled(json.loads(report.read_bytes()), artifact.read_bytes())


def _made(
    place: Boundary,
    sources: Sources,
    words: tuple[str, ...],
    policy: bytes,
    cache: Cache,
    key: str,
) -> Compiled:
    seeded = seeds.seed(place, cache.folder, "shared")
    inputs = {**sources.contents, **seeded, guest_words.POLICY: policy}
    with building.performed(place, Task(words, inputs, seeds.ENVIRONMENT)) as done:
        found = _result(done)
    if found.artifact is not None:
        cache.prune(KIND)
        cache.store(KIND, key, found.artifact, 0o755)
        cache.store(KIND, key + REPORT, files.json_compact_sorted(found.compile))
    return found


def _executable_problem(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return "no executable came"
    if path.stat().st_size > MOST_BYTES:
        return f"the executable has more than {MOST_BYTES} bytes"
    return None


def _no_report(problem: str | None) -> bytes:
    """What people are told where the guest's output is none."""
    if problem is None:
        return b""
    return X07Error("the guest compiled nothing", problem, boundary.COMPILES).render().encode()


def _result(done: Done) -> Compiled:
    ended = done.ended
    found = guest_report.read(ended.stdout)
    said = ended.stderr + _no_report(found.problem)
    path = done.outputs / guest_words.COMPILED
    if found.ok and (problem := _executable_problem(path)):
        found = guest_report.GuestCompile({}, f"invalid run-os runner report: {problem}")
    if found.problem is not None:
        failed = guest_report.failed_compile(
            ended.exit_status, ended.stdout, ended.stderr, found.problem
        )
        return Compiled(failed, said=said)
    if not found.ok:
        return Compiled(found.compile, None, found.document, said)
    return Compiled(found.compile, files.read_bytes(path, MOST_BYTES), said=said)
