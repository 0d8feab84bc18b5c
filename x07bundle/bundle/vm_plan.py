"""What `--plan` says of a VM bundle: all that is decided before an engine is asked anything."""

from collections.abc import Mapping
from typing import Any

from x07bundle import files
from x07bundle.bundle import vm_bundle, vm_guest, vm_payload
from x07bundle.bundle.plan import Plan, as_json, path_or_none
from x07bundle.bundle.vm_guest import Expected
from x07bundle.bundle.vm_payload import Prepared
from x07bundle.bundle.vm_request import VmRequest


def document(plan: Plan, request: VmRequest, environment: Mapping[str, str]) -> dict[str, Any]:
    """The plan, with what is known of its guest, its payload and its signature. Nothing is started,
    nothing written.

    Raises:
        X07Error: what a build would refuse, but for a backend that is not there.
    """
    accepted = vm_bundle.check(plan, request, environment)
    expected = vm_guest.expected(request, accepted, environment)
    if expected.backend is not None:
        vm_bundle.check_policy(plan, expected.backend, environment)
    program = vm_payload.prepared(plan, request.where, expected.machine)
    whole = as_json(program.plan)
    return {**whole, "bundle": {**whole["bundle"], "vm": _vm(request, expected, program)}}


def _vm(request: VmRequest, expected: Expected, program: Prepared) -> dict[str, Any]:
    return {
        "backend": expected.backend,
        "candidates": list(expected.backends),
        "problem": expected.problem,
        "guest": {
            "image": expected.reference,
            "digest": expected.digest,
            "digest_kind": expected.kind,
            "archive": path_or_none(request.embed),
            "pull": request.pull,
        },
        "payload": {
            "where": request.where,
            "architecture": expected.machine,
            "static": program.plan.static if program.sources is not None else None,
        },
        "signature": _signature(request),
    }


def _signature(request: VmRequest) -> dict[str, str] | None:
    if request.signer is None:
        return None
    key = request.signer.key
    return {"algorithm": key.algorithm, "key_sha256": files.sha256_bytes(key.der)}
