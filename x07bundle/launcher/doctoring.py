"""Whether a bundle can run here: on which backend, and if not, what would mend it."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from x07bundle import host
from x07bundle.contract.consent import ACCEPT
from x07bundle.errors import X07Error
from x07bundle.host import Host
from x07bundle.launcher import consent, environment, verifying
from x07bundle.launcher.bundle import Bundle, Half
from x07bundle.launcher.main import exit_code as code_of
from x07bundle.launcher.verifying import Verdict
from x07bundle.vm import choose, confine, engine_env, images, kvm, state
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.preflight import Machine, preflight
from x07bundle.vm.probes import probes

SCHEMA_VERSION: Final = "x07.bundle.doctor@0.1.0"
COLUMN: Final = 12
NOT_STARTED: Final = 127
NO_BACKEND: Final = 126
REFUSED: Final = 125


class Check(NamedTuple):
    """`exit_code`: that of a start that fails for it. `fix`: what mends it; "" where nothing is
    known.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""
    exit_code: int = REFUSED


def examine(half: Half, env: Mapping[str, str]) -> list[Check]:
    """Starts nothing, and changes nothing. Of a manifest that cannot be used nothing is asked."""
    verdict = verifying.verify(half)
    more = _of(verdict.bundle, env) if verdict.bundle is not None else []
    return [_integrity(verdict), *more]


def _of(bundle: Bundle, env: Mapping[str, str]) -> list[Check]:
    machine = host.read()
    checks = [_architecture(bundle, machine)]
    accepted = consent.is_given(env)
    backend = _backend(bundle, env)
    if isinstance(backend, Check):
        return [*checks, backend]
    usable = _usable(backend, env, machine)
    checks += [_consent(backend, bundle, env, accepted), usable]
    checks += [_policy(bundle, backend, env, accepted), _jobs(backend, env)]
    checks += _image(bundle, backend, env, accepted) if usable.ok else ()
    return checks


def exit_code(checks: Sequence[Check]) -> int:
    return next((check.exit_code for check in checks if not check.ok), 0)


def document(half: Half, checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "ok": all(check.ok for check in checks),
        "executable": str(half.executable),
        "checks": [
            {"name": check.name, "ok": check.ok, "detail": check.detail, "fix": check.fix or None}
            for check in checks
        ],
    }


def text(checks: Sequence[Check]) -> str:
    return "".join(f"{line}\n" for check in checks for line in _lines(check))


def _lines(check: Check) -> Iterator[str]:
    first, *more = check.detail.splitlines() or [""]
    yield f"{'ok' if check.ok else 'no':4}{check.name:{COLUMN}}{first}"
    yield from (f"{'':{COLUMN + 4}}{line}" for line in more)
    if check.fix:
        yield f"{'':{COLUMN + 4}}to mend it: {check.fix}"


def _tried(name: str, attempt: Callable[[], str]) -> Check:
    """A check that fails where the attempt raises."""
    try:
        return Check(name, True, attempt())
    except X07Error as error:
        details = f"{error.brief}\n{error.details}" if error.details else error.brief
        return Check(name, False, details, error.hint or "", code_of(error))


def _integrity(verdict: Verdict) -> Check:
    if not verdict.faults:
        count = len(verdict.half.trailer.files)
        return Check("integrity", True, f"{count} files are as they were made")
    code = NOT_STARTED if verdict.is_startable else REFUSED
    return Check(
        "integrity", False, "\n".join(verifying.lines(verdict)), verifying.fix(verdict), code
    )


def _architecture(bundle: Bundle, machine: Host) -> Check:
    wanted = bundle.manifest.payload_build.architecture
    if wanted == machine.arch:
        return Check("machine", True, f"{machine.system} on {machine.arch}")
    detail = f"the program is for {wanted}; this machine is {machine.arch}"
    return Check("machine", False, detail, "bundle it for this machine", NOT_STARTED)


def _backend(bundle: Bundle, env: Mapping[str, str]) -> Backend | Check:
    name = bundle.manifest.backend
    try:
        name = choose.named_backend(env) or name
        return table.from_env(name, env)
    except X07Error as error:
        return Check("backend", False, error.brief, error.hint or "", code_of(error))


def _consent(backend: Backend, bundle: Bundle, env: Mapping[str, str], accepted: bool) -> Check:
    """What has to be accepted, and whether it is."""
    wanted = bundle.manifest.backend
    reasons = []
    if backend.name != wanted:
        reasons.append(f"the bundle is for {wanted}, and {choose.VARIABLE} names {backend.name}")
    if backend.caps.isolation == "container":
        reasons.append(f"{backend.name} isolates less than a VM")
    if not reasons:
        return Check("consent", True, "none is needed")
    detail = "; ".join(reasons)
    if accepted:
        return Check("consent", True, f"{detail}: accepted by {ACCEPT}")
    return Check("consent", False, detail, f"{ACCEPT}=1, where that is acceptable")


def _usable(backend: Backend, env: Mapping[str, str], machine: Host) -> Check:
    looked = Machine(machine, env, kvm.look(machine))
    found = {probe.backend: probe for probe in probes(env, machine.arch)}
    verdict = preflight(found[backend.name], looked)
    return Check("backend", verdict.is_usable, verdict.detail, verdict.fix or "", NO_BACKEND)


def _policy(bundle: Bundle, backend: Backend, env: Mapping[str, str], accepted: bool) -> Check:
    def attempt() -> str:
        environment.refuse_narrowing(env)
        confined = confine.confine(
            bundle.policy.policy,
            backend.caps,
            confine.here(),
            accepted,
            state=str(state.place(env)),
            backend=backend.name,
            is_question=True,
        )
        return "\n".join((f"{backend.name} enforces it here", *confined.told))

    return _tried("policy", attempt)


def _jobs(backend: Backend, env: Mapping[str, str]) -> Check:
    def attempt() -> str:
        root = state.look(env)
        if backend.caps.host_mounts and not engine_env.streams(env):
            state.check_mountable(root)
        return f"kept in `{root}`"

    return _tried("jobs", attempt)


def _image(
    bundle: Bundle, backend: Backend, env: Mapping[str, str], accepted: bool
) -> Iterator[Check]:
    def attempt() -> str:
        wanted = consent.wanted_image(bundle.manifest, backend, env, accepted)
        for pin in wanted.pins[:-1]:
            try:
                return f"{images.resolve(backend, wanted.reference, pin).digest} is there"
            except X07Error:
                continue
        return f"{images.resolve(backend, wanted.reference, wanted.pins[-1]).digest} is there"

    found = _tried("image", attempt)
    archive = bundle.manifest.guest_archive
    if not found.ok and found.exit_code == NOT_STARTED and archive is not None:
        path = shlex.quote(str(bundle.sidecar / archive))
        found = Check("image", True, f"not there yet: a start loads it from {path}")
    yield found
