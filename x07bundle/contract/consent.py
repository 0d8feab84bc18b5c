"""What confines a sandboxed program, and consent to less than a VM (contract/cli.md §4, vm.md).

Only a virtual machine is as strong as the world `run-os-sandboxed` promises, so it is the default,
and where there is none nothing runs. `os` (the kernel refuses what the policy does not grant) and
`none` (no kernel layer but resource limits) are chosen by name and accepted by name.
"""

from collections.abc import Mapping
from typing import Final, Literal

from x07bundle.errors import UsageError, X07Error

Backend = Literal["vm", "os", "none"]

BACKEND: Final = "X07_SANDBOX_BACKEND"
ACCEPT: Final = "X07_I_ACCEPT_WEAKER_ISOLATION"
YES: Final = frozenset({"1", "true", "TRUE", "yes", "YES"})
NO: Final = frozenset({"", "0", "false", "FALSE", "no", "NO"})
NAMES: Final[Mapping[str, str]] = {
    "": "vm", "auto": "vm", "vm": "vm", "os": "os", "native": "os", "none": "none",
}  # fmt: skip
KERNEL: Final = "--sandbox-backend os"
FLAG: Final = "--i-accept-weaker-isolation"


class NoVmError(X07Error):
    """A VM was asked for, or nothing was, and there is none."""


def flags(*, accepted: bool) -> str:
    """What confines a program by the kernel alone; with the consent that it takes, unless that was
    given."""
    return f"`{KERNEL}`" if accepted else f"`{KERNEL} {FLAG}`"


def instead(*, accepted: bool) -> str:
    """What a sandboxed program can do without a VM."""
    consent = "" if accepted else f" and {ACCEPT}=1"
    return (
        f"confined by the kernel of this machine instead: {flags(accepted=accepted)},\n"
        f"  or {BACKEND}=os{consent} in the environment\n"
        "without a sandbox: a profile of the world `run-os`, as in `--profile os`"
    )


def told(environment: Mapping[str, str], *, accepted: bool) -> Mapping[str, str]:
    """The environment, with the consent that an option gave."""
    return {**environment, ACCEPT: "1"} if accepted else environment


def choose(option: str | None, is_accepted: bool, environment: Mapping[str, str]) -> Backend:
    """The backend: that of the option, else of the environment, else a VM.

    Raises:
        UsageError: no backend has that name, or one that is weaker than a VM was not accepted.
    """
    backend = _named(option, environment)
    accepted = accepts(is_accepted, environment)
    if backend == "vm":
        return "vm"
    if not accepted:
        raise UsageError(
            f"the sandbox backend `{backend}` isolates less than a VM, which nobody accepted",
            _weakness(backend),
            f"to accept that, add `{FLAG}` or set {ACCEPT}=1",
        )
    return "none" if backend == "none" else "os"


def _named(option: str | None, environment: Mapping[str, str]) -> str:
    text = option if option is not None else environment.get(BACKEND, "")
    backend = NAMES.get(text.strip().lower())
    if backend is None:
        source = "--sandbox-backend" if option is not None else BACKEND
        raise UsageError(
            f"`{source}`: no sandbox backend `{text}`", hint="choose vm, os or none; auto is vm"
        )
    return backend


def accepts(is_accepted: bool, environment: Mapping[str, str]) -> bool:
    """Whether the option or the environment accepts weaker isolation than a VM.

    Raises:
        UsageError: the environment says neither yes nor no.
    """
    if is_accepted:
        return True
    text = environment.get(ACCEPT, "").strip()
    if text not in YES | NO:
        raise UsageError(f"{ACCEPT} is `{text}`", hint="set it to 1 or 0, or unset it")
    return text in YES


def _weakness(backend: str) -> str:
    if backend == "none":
        return "no layer of the kernel confines the program; only resource limits hold"
    return "the program shares the kernel with everything else on this machine"
