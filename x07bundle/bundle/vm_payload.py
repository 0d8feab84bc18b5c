"""The program of a VM bundle: compiled in a guest, or on this machine where that was asked for.

Either way by the same words for the same files, which the manifest keeps, so that it can be made
again and compared. It is static unless it brings C code that links with libraries.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, NamedTuple

from x07bundle import LANGUAGE_VERSION, __version__, files, strict_json
from x07bundle.bundle import attest, build
from x07bundle.bundle import plan as plans
from x07bundle.bundle.build import Linked, Made, Say
from x07bundle.bundle.front import Front, compile_sources
from x07bundle.bundle.plan import OF_GUEST, Plan
from x07bundle.bundle.report import MODES, compile_result
from x07bundle.bundle.vm_guest import Pinned
from x07bundle.bundle.vm_request import Where
from x07bundle.contract.compile_report import CompileResult, host_report
from x07bundle.contract.vm_manifest import BuildImage, PayloadBuild
from x07bundle.contract.worlds import SANDBOXED
from x07bundle.errors import UsageError, X07Error
from x07bundle.native.cache import open_cache
from x07bundle.native.toolchain import open_toolchain
from x07bundle.project import portable
from x07bundle.project.portable import Sources
from x07bundle.vm import boundary, building, seeds
from x07bundle.vm.boundary import Boundary
from x07bundle.vm.building import Done, Task
from x07bundle.vm.job import GUEST_OUT

TOOL: Final = "/usr/local/bin/x07"
POLICY: Final = "policy.json"
FOLDER: Final = "build"
MADE: Final = "made"
"""Where a payload is made, beside the sources: no name of it is one of theirs."""
EMITTED: Final = "emitted"
ATTESTED: Final = "attested.json"
MOST_BYTES: Final = 256 << 20
CONSENT: Final = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
"""Inside the boundary the guest's kernel confines as well."""


class Payload(NamedTuple):
    """`program`: None where it was not accepted. `report`: of its compilation. `said`: by the guest
    that compiled it. `emitted`: for `--emit-dir`, by name there. `attestation`: where it is wanted.
    """

    program: bytes | None
    report: Mapping[str, Any]
    result: CompileResult
    front: Front
    build: PayloadBuild | None = None
    said: bytes = b""
    emitted: Mapping[str, bytes] = {}
    attestation: bytes | None = None


class More(NamedTuple):
    """What is wanted beside a payload: words, and the paths of what they have made. No part of the
    record, for the payload is the same without.
    """

    words: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


NOTHING_MORE: Final = More()


class Prepared(NamedTuple):
    """What a payload is made of. `plan`: says how it is linked. `sources`: None where the program
    was not accepted.
    """

    plan: Plan
    front: Front
    sources: Sources | None


def prepared(plan: Plan, where: Where, machine: str) -> Prepared:
    """Reads and compiles to C; starts nothing, writes nothing. `machine`: of the guest.

    Raises:
        UsageError: this machine cannot make a payload for the guest.
        X07Error: a source that cannot be read.
    """
    front = compile_sources(plan)
    if front.compiled.c_source is None:
        return Prepared(plan, front, None)
    whole = plan._replace(static=not _has_libraries(plan, front))
    sources = _sources(whole)
    if where == "host":
        _check_host(whole, machine)
    return Prepared(whole, front, sources)


def made(program: Prepared, pinned: Pinned, environment: Mapping[str, str], say: Say) -> Payload:
    """Compiles it; writes nothing but caches.

    Raises:
        X07Error: no compiler, no guest.
    """
    plan, front, sources = program
    if sources is None:
        return _refused(plan, front)
    if pinned.place is not None:
        return _in_guest(plan, front, sources, pinned.place, environment, say)
    return _on_host(plan, front, sources, pinned, environment, say)


def _has_libraries(plan: Plan, front: Front) -> bool:
    link = plan.link
    return bool(front.code.libs or link.libs or link.search_paths or link.frameworks)


def _refused(plan: Plan, front: Front) -> Payload:
    result = compile_result(plan, Made(front))
    return Payload(None, host_report(MODES[plan.target.kind], result), result, front)


def _sources(plan: Plan) -> Sources:
    project = plan.target.project
    if project is not None and plan.target.kind == "project":
        portable.refuse_libraries(project)
    return portable.collect(plan.target.entry, plan.target.module_roots)


def words(plan: Plan, sources: Sources) -> tuple[str, ...]:
    """What makes the payload, after `x07`, in the folder of the sources and the policy."""
    roots = sources.roots or (str(PurePosixPath(portable.ENTRY).parent),)
    return (
        "bundle",
        "--program", portable.ENTRY,
        *(word for root in roots for word in ("--module-root", root)),
        "--world", SANDBOXED,
        *CONSENT,
        "--policy", POLICY,
        "--out", f"{MADE}/{plan.name}",
        *(("--static",) if plan.static else ()),
        *(("--cc-profile", plan.cc_profile) if plan.cc_profile != "default" else ()),
        *_limits(plan),
        "--max-c-bytes", str(plan.source_limits.max_c_bytes),
        *(() if plan.auto_ffi else ("--no-auto-ffi",)),
        *_layers(plan),
    )  # fmt: skip


def _limits(plan: Plan) -> list[str]:
    named = plan.limits._asdict().items()
    found = [(f"--{name.replace('_', '-')}", value) for name, value in named if value is not None]
    return [word for flag, value in found for word in (flag, str(value))]


def _layers(plan: Plan) -> list[str]:
    required = plan.sandbox.required_layers if plan.sandbox is not None else ()
    return [word for layer in required for word in ("--require-layer", layer)]


def _policy(plan: Plan) -> bytes:
    assert plan.sandbox is not None
    return plan.sandbox.effective.data


def _build(
    plan: Plan, sources: Sources, where: str, compiler: str, machine: str, image: BuildImage | None
) -> PayloadBuild:
    digests = {path: files.sha256_bytes(data) for path, data in sources.contents.items()}
    return PayloadBuild(
        where=where,
        tool=f"x07bundle {__version__}",
        language=LANGUAGE_VERSION,
        architecture=machine,
        compiler=compiler,
        static=plan.static,
        image=image,
        command=words(plan, sources),
        inputs={**digests, POLICY: files.sha256_bytes(_policy(plan))},
    )


def _on_host(
    plan: Plan,
    front: Front,
    sources: Sources,
    pinned: Pinned,
    environment: Mapping[str, str],
    say: Say,
) -> Payload:
    linked = build.link(plan, front, environment, say)
    result = compile_result(plan, linked)
    report = host_report(MODES[plan.target.kind], result)
    compiler = open_toolchain(environment, libc="musl").compiler.version
    record = _build(plan, sources, "host", compiler, pinned.machine, None)
    payload = Payload(linked.executable, report, result, front, record)
    if linked.linked is None or linked.executable is None:
        return payload
    return payload._replace(
        emitted=linked.linked.texts.files if plan.emit_folder is not None else {},
        attestation=_attested(plan, front, linked.linked, environment, say),
    )


def _attested(
    plan: Plan, front: Front, linked: Linked, environment: Mapping[str, str], say: Say
) -> bytes | None:
    """By a second build, where that is wanted."""
    if plan.attestation is None:
        return None
    again = build.make_again(plan, environment, say)
    return files.json_pretty_sorted(attest.attestation(plan, front.entry, linked, again))


def _check_host(plan: Plan, machine: str) -> None:
    from x07bundle import host

    here = host.read()
    if here.system != "linux" or here.arch != machine:
        raise UsageError(
            f"`--payload-build host`: the guest is linux on {machine}, this machine is "
            f"{here.system} on {here.arch}",
            "a program is compiled for the system and the architecture that it is compiled on",
            "embed an image of this machine's architecture, or bundle on a machine of the guest's"
            if here.arch != machine
            else "leave it out: the payload is compiled in a guest",
        )
    if not plan.static:
        raise UsageError(
            "`--payload-build host`: the program links with libraries, which are the guest's",
            hint="leave it out: the payload is compiled in a guest that has them",
        )


def _in_guest(
    plan: Plan,
    front: Front,
    sources: Sources,
    place: Boundary,
    environment: Mapping[str, str],
    say: Say,
) -> Payload:
    say("compiling in a guest")
    command = words(plan, sources)
    contents = {**sources.contents, POLICY: _policy(plan)}
    more = _more(plan)
    found = compile_in_guest(place, command, contents, open_cache(environment).folder, more)
    image = place.image
    built_in = BuildImage(image.reference, image.digest.value, image.digest.kind)
    record = _build(plan, sources, "guest", "", _machine(), built_in)
    result = CompileResult(
        exit_status=found.report["compile"]["exit_status"],
        world=plan.world,
        compile_error=None if found.program is not None else _why(found.report),
    )
    payload = Payload(found.program, found.report, result, front, record, found.said)
    return _with_more(plan, payload, found.beside) if found.program is not None else payload


def _with_more(plan: Plan, payload: Payload, beside: Mapping[str, bytes]) -> Payload:
    """The payload, with what its guest made besides."""
    named = ((PurePosixPath(path), data) for path, data in beside.items())
    emitted = {f"{OF_GUEST}/{path.name}": data for path, data in named if path.parent.name}
    if plan.attestation is None:
        return payload._replace(emitted=emitted)
    said, program = beside[ATTESTED], payload.program or b""
    attested = attest.of_guest(plan, payload.front.entry, said, program)
    return payload._replace(emitted=emitted, attestation=files.json_pretty_sorted(attested))


def _more(plan: Plan) -> More:
    words: list[str] = []
    paths: list[str] = []
    if plan.emit_folder is not None:
        words += ["--emit-dir", EMITTED]
        paths += [f"{EMITTED}/{name}" for name in plans.EMITTED]
    if plan.attestation is not None:
        words += ["--emit-attestation", ATTESTED]
        paths.append(ATTESTED)
    return More(tuple(words), tuple(paths))


class Compiled(NamedTuple):
    """What a guest made of sources. `beside`: by path, where there is a program."""

    program: bytes | None
    report: Mapping[str, Any]
    said: bytes
    beside: Mapping[str, bytes] = {}


def compile_in_guest(
    place: Boundary,
    command: tuple[str, ...],
    contents: Mapping[str, bytes],
    cache: Path,
    more: More = NOTHING_MORE,
) -> Compiled:
    """Does what a record says, in the folder of its inputs.

    Raises:
        GuestError, EngineError: the guest was not started.
        X07Error: it gave no report, or no program with it.
    """
    kind: Literal["shared", "static"] = "static" if "--static" in command else "shared"
    prepared = {f"{FOLDER}/{path}": data for path, data in contents.items()}
    seeded = seeds.seed(place, cache, kind)
    work = f"{GUEST_OUT}/{FOLDER}"
    task = Task((TOOL, *command, *more.words), seeded, seeds.ENVIRONMENT, prepared, work)
    with building.performed(place, task) as done:
        report = _report(done.ended.stdout, done.ended.stderr)
        if report["compile"]["ok"] is not True:
            return Compiled(None, report, done.ended.stderr)
        paths = (command[command.index("--out") + 1], *more.paths)
        program, *beside = [_read(done, path) for path in paths]
    return Compiled(program, report, done.ended.stderr, dict(zip(more.paths, beside, strict=True)))


def _read(done: Done, path: str) -> bytes:
    """A file that a guest made, and no link that leads out.

    Raises:
        X07Error: it is not there.
    """
    place = done.outputs.resolve() / FOLDER / path
    if not place.is_file() or place.resolve() != place:
        raise _no_program(done.ended.stderr)
    return files.read_bytes(place, MOST_BYTES)


def _machine() -> str:
    from x07bundle import host

    return host.read().arch


def _why(report: Mapping[str, Any]) -> str:
    return str(report["compile"].get("compile_error") or "no reason was given")


def _report(stdout: bytes, stderr: bytes) -> Mapping[str, Any]:
    """The `report` of the guest's bundle report.

    Raises:
        X07Error: it is none.
    """
    found = strict_json.read(stdout)
    document = found.value if not found.problems else None
    inner = document.get("report") if isinstance(document, dict) else None
    compiled = inner.get("compile") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(compiled, dict) or not _is_usable(compiled):
        raise _no_program(stderr)
    return inner


def _is_usable(compiled: Mapping[str, Any]) -> bool:
    return isinstance(compiled.get("ok"), bool) and isinstance(compiled.get("exit_status"), int)


def _no_program(stderr: bytes) -> X07Error:
    said = stderr.decode("utf-8", "replace").strip()
    return X07Error(
        "the guest made no bundle of the program",
        "".join(char for char in said if char.isprintable() or char == "\n")[-2000:] or None,
        boundary.COMPILES,
    )
