"""`x07 bundle` behind a VM boundary, verb by verb: pin, compile, write, report."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from x07bundle import files
from x07bundle.bundle import launcher_files, outputs, sidecar, vm_guest, vm_payload
from x07bundle.bundle.build import Say
from x07bundle.bundle.outputs import Output
from x07bundle.bundle.plan import Plan
from x07bundle.bundle.report import bundle_report
from x07bundle.bundle.sidecar import Runtime, SidecarContent, Written
from x07bundle.bundle.vm_guest import Pinned
from x07bundle.bundle.vm_payload import Payload, Prepared
from x07bundle.bundle.vm_request import VmRequest
from x07bundle.errors import X07Error
from x07bundle.native.toolchain import open_toolchain
from x07bundle.vm import confine
from x07bundle.vm.backends import table

CONTRACT: Final = "x07.vm.exec@0.1.0"
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


class VmOutcome(NamedTuple):
    """`report` is for stdout; `written` is None where the program was not accepted."""

    report: Mapping[str, Any]
    payload: Payload
    written: Written | None


def bundle(plan: Plan, request: VmRequest, environment: Mapping[str, str], say: Say) -> VmOutcome:
    """Makes the launcher and its sidecar: both, or nothing.

    Raises:
        X07Error: what is needed is missing, the policy cannot be enforced by the backend, or an
            output cannot be written.
    """
    accepted = check(plan, request, environment)
    say("finding the guest")
    pinned = vm_guest.pinned(request, accepted, environment)
    check_policy(plan, pinned.backend, environment)
    say("compiling")
    program = vm_payload.prepared(plan, request.where, pinned.machine)
    runtime = _runtime(program, environment, say)
    payload = vm_payload.made(program, pinned, environment, say)
    report = _report(plan, pinned, payload)
    if payload.program is None or runtime is None:
        _refuse_unattested(plan, payload)
        return VmOutcome(report, payload, None)
    say("writing the sidecar")
    with outputs.staged(_beside(plan, payload, report)):
        written = sidecar.write(plan.out, _content(plan, request, pinned, payload, runtime))
    return VmOutcome(report, payload, written)


def _refuse_unattested(plan: Plan, payload: Payload) -> None:
    if plan.attestation is not None:
        why = payload.result.compile_error
        raise X07Error("`--emit-attestation` requires a successful bundle", why)


def _beside(plan: Plan, payload: Payload, report: Mapping[str, Any]) -> list[Output]:
    """The files of `--emit-dir` and `--emit-attestation` (contract/cli.md §3)."""
    assert plan.sandbox is not None
    found = []
    if plan.emit_folder is not None:
        own = {"report.json": files.json_pretty(report)}
        own["policy.used.json"] = plan.sandbox.effective.data
        emitted = {**own, **payload.emitted}.items()
        found += [Output(plan.emit_folder / name, data) for name, data in emitted]
    if plan.attestation is not None and payload.attestation is not None:
        found.append(Output(plan.attestation, payload.attestation))
    return found


def check(plan: Plan, request: VmRequest, environment: Mapping[str, str]) -> bool:
    """Whether weaker isolation is accepted for a bundle that can be made here. No engine is asked.

    Raises:
        RefusedError, UsageError: as `check_policy`; or none can be made here, of whatever.
        NoBackendError: the backend that is named is none.
    """
    assert plan.sandbox is not None
    launcher_files.check_machine()
    check_policy(plan, vm_guest.named(request, environment), environment)
    return plan.sandbox.accepted


def check_policy(plan: Plan, backend: str | None, environment: Mapping[str, str]) -> None:
    """What would be refused at each start is refused now. `backend`: None where that is not known
    yet.

    Raises:
        RefusedError: the backend cannot enforce a field.
        UsageError: it is one of another system.
    """
    assert plan.sandbox is not None
    policy = plan.sandbox.effective.policy
    if backend is None:
        confine.refuse_everywhere(policy)
        return
    launcher_files.check_backend(backend)
    caps = table.from_env(backend, environment).caps
    confine.refuse_unenforced(policy, caps, plan.sandbox.accepted, backend)


def _runtime(program: Prepared, environment: Mapping[str, str], say: Say) -> Runtime | None:
    """Before a guest is started: what it lacks would be found in vain after. None where the program
    was not accepted.
    """
    if program.sources is None:
        return None
    tools = open_toolchain(environment, libc="musl", jobs=program.plan.jobs)
    return launcher_files.runtime(tools, environment, say)


def _content(
    plan: Plan, request: VmRequest, pinned: Pinned, payload: Payload, runtime: Runtime
) -> SidecarContent:
    assert payload.program is not None
    assert payload.build is not None
    assert plan.sandbox is not None
    return SidecarContent(
        backend=pinned.backend,
        guest=pinned.guest,
        payload=payload.program,
        policy=plan.sandbox.effective.data,
        payload_build=payload.build,
        runtime=runtime,
        signer=request.signer,
        attestation=payload.attestation,
    )


def _report(plan: Plan, pinned: Pinned, payload: Payload) -> dict[str, Any]:
    document = bundle_report(plan, payload.report)
    guest = {
        "contract": CONTRACT,
        "platform": {"os": "linux", "arch": ARCHITECTURES.get(pinned.machine, pinned.machine)},
        "image": {
            "digest": pinned.guest.digests[pinned.guest.kind],
            "ref": pinned.guest.reference,
        },
        "entrypoint": ["/x07/bundle/payload"],
        "workdir": "/x07/work",
        "mounts": {"job_in": "/x07/in", "job_out": "/x07/out"},
    }
    return {**document, "bundle": {**document["bundle"], "kind": "vm", "guest": guest}}
