"""`x07 bundle` behind a VM boundary: its options, and what people are told."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from x07bundle.cli.options import PATH, all_of, one_of, sandbox_option, sandbox_values
from x07bundle.cli.output import echo_guest
from x07bundle.cli.progress import Progress
from x07bundle.errors import UsageError, X07Error

if TYPE_CHECKING:
    from x07bundle.bundle.plan import Plan
    from x07bundle.bundle.sidecar import Signer
    from x07bundle.bundle.vm_bundle import VmOutcome
    from x07bundle.bundle.vm_request import VmRequest

BACKENDS: Final = ("firecracker-ctr", "apple-container", "podman", "docker")
OPTIONS: Final = (
    "--backend", "--payload-build", "--embed-guest", "--sign-key", "--password-file", "--pull",
)  # fmt: skip
"""Those that only VM bundles have."""

vm_options: Final = all_of(
    sandbox_option(
        "--backend",
        metavar="NAME",
        shell_complete=one_of(*BACKENDS),
        help=f"VM: what it starts in: {', '.join(BACKENDS)}. [X07_VM_BACKEND, the one in force]",
    ),
    sandbox_option(
        "--payload-build",
        type=click.Choice(("guest", "host")),
        metavar="WHERE",
        help="VM: where its program is compiled: guest, host (this machine). [guest]",
    ),
    sandbox_option(
        "--embed-guest",
        metavar="ARCHIVE",
        type=PATH,
        help="VM: take the guest image of this OCI archive along.",
    ),
    sandbox_option(
        "--sign-key",
        metavar="FILE",
        type=PATH,
        help="VM: sign the manifest, with a key of `x07 image keygen`.",
    ),
    sandbox_option(
        "--password-file",
        metavar="FILE",
        type=PATH,
        help="VM: the password of --sign-key. [X07_KEY_PASSWORD, the terminal]",
    ),
)


def refuse_without_vm(backend: str | None) -> None:
    """Raises UsageError for options of VM bundles where none is made."""
    given = [flag for flag in OPTIONS if flag in sandbox_values()]
    if given and backend != "vm":
        raise UsageError(
            f"`{given[0]}` is for VM bundles, and this is none",
            hint="leave it out, or choose `--sandbox-backend vm`",
        )
    if "--password-file" in given and "--sign-key" not in given:
        raise UsageError(
            "`--password-file` is for the key of `--sign-key`, and there is none",
            "the bundle would not be signed",
            "name the key, or leave it out",
        )


def make(plan: "Plan") -> "VmOutcome":
    """The bundle.

    Raises:
        X07Error: it cannot be made; nothing was written.
    """
    accepted = plan.sandbox is not None and plan.sandbox.accepted
    _refuse_in_toolchain(accepted)
    from x07bundle.bundle import vm_bundle
    from x07bundle.contract.consent import NoVmError, instead

    try:
        with Progress("x07 bundle") as progress:
            outcome = vm_bundle.bundle(plan, _request(), os.environ, progress.say)
    except NoVmError as error:
        error.details = "\n".join(filter(None, (error.details, instead(accepted=accepted))))
        raise
    echo_guest(outcome.payload.said)
    return outcome


def document(plan: "Plan") -> dict[str, Any]:
    """What `--plan` prints.

    Raises:
        X07Error: the bundle cannot be made.
    """
    _refuse_in_toolchain(plan.sandbox is not None and plan.sandbox.accepted)
    from x07bundle.bundle import vm_plan

    return vm_plan.document(plan, _request(), os.environ)


def _refuse_in_toolchain(accepted: bool) -> None:
    """Raises X07Error: a toolchain of guest images has nothing to freeze a launcher with."""
    if getattr(sys, "frozen", False):
        from x07bundle.contract.consent import instead

        raise X07Error(
            "this x07 is the toolchain of a guest image, which makes no VM bundles",
            instead(accepted=accepted),
            "make it with the x07 of a Python environment",
        )


def _request() -> "VmRequest":
    from x07bundle.bundle.vm_request import VmRequest

    given = sandbox_values()
    return VmRequest(
        backend=given.get("--backend"),
        where=given.get("--payload-build", "guest"),
        embed=given.get("--embed-guest"),
        pull=given.get("--pull", "never"),
        signer=_signer(given),
    )


def _signer(given: Mapping[str, Any]) -> "Signer | None":
    """Whoever has the key; a password is asked for before anything is made."""
    file = given.get("--sign-key")
    if file is None:
        return None
    from x07bundle.bundle.sidecar import Signer
    from x07bundle.cli.image_password import password
    from x07bundle.contract.launcher_trailer import PublicKey
    from x07bundle.registry import keys

    password_file = given.get("--password-file")
    private = keys.load_private(file, lambda: password(password_file, os.environ))
    public = private.public_key()
    key = PublicKey(keys.algorithm_of(public), keys.public_der(public))
    return Signer(key, lambda data: keys.sign(private, data))
