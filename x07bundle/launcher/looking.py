"""Looks at a bundle and runs nothing: `X07_BUNDLE=inspect|verify|doctor APP`, and the commands of
`x07` with the same names. docs/reference/vm-bundle.md has the documents.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from x07bundle.errors import RefusedError
from x07bundle.files import json_compact
from x07bundle.launcher.bundle import Bundle


class Seen(NamedTuple):
    """What was found, for programs and for people."""

    document: Mapping[str, Any]
    text: str
    exit_code: int = 0

    def shown(self, is_json: bool) -> str:
        return json_compact(self.document).decode("utf-8") if is_json else self.text


Look = Callable[[Bundle, Mapping[str, str]], Seen]


def look(bundle: Bundle, mode: str, env: Mapping[str, str]) -> Seen:
    """What a mode shows of a bundle.

    Raises:
        RefusedError: there is no such mode.
    """
    found = MODES.get(mode)
    if found is None:
        raise RefusedError(
            f"X07_BUNDLE is `{mode}`", hint=f"set it to {', '.join(MODES)} or run, or unset it"
        )
    return found(bundle, env)


def _inspect(bundle: Bundle, env: Mapping[str, str]) -> Seen:
    from x07bundle.launcher import inspecting  # each mode alone

    return Seen(inspecting.document(bundle), inspecting.text(bundle))


def _verify(bundle: Bundle, env: Mapping[str, str]) -> Seen:
    from x07bundle.launcher import verifying  # each mode alone

    faults = verifying.faults(bundle)
    return Seen(
        verifying.document(bundle, faults), verifying.text(bundle, faults), 125 if faults else 0
    )


def _doctor(bundle: Bundle, env: Mapping[str, str]) -> Seen:
    from x07bundle.launcher import doctoring  # each mode alone

    checks = doctoring.examine(bundle, env)
    return Seen(
        doctoring.document(bundle, checks), doctoring.text(checks), doctoring.exit_code(checks)
    )


MODES: Final[Mapping[str, Look]] = {"inspect": _inspect, "verify": _verify, "doctor": _doctor}
