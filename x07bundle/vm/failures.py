"""Failures at the VM boundary, and the exit codes that they have (decision 11)."""

from x07bundle.contract.consent import NoVmError
from x07bundle.errors import X07Error


class NoBackendError(NoVmError):
    """No backend is usable: there is none, it does not answer, or it was not accepted."""

    exit_code = 126


class EngineError(NoBackendError):
    """An engine that should be usable failed, or gave no answer that can be read."""


def stuck(name: str, hint: str) -> EngineError:
    """Of an engine that began nothing, and answers nothing (`runner.Ended.is_stuck`)."""
    return EngineError(f"{name} does not answer, and has started no guest", hint=hint)


class GuestError(X07Error):
    """A guest that could not be started: its image is not there, or the engine refused it."""

    exit_code = 127


class LostGuestError(X07Error):
    """A guest whose engine failed while its program ran: it is never started again by itself."""

    exit_code = 127
