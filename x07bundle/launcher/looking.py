"""Looks at a bundle and runs nothing: `X07_BUNDLE=inspect|verify|doctor APP`, and the commands of
`x07` with the same names. docs/reference/vm-bundle.md has the documents.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from x07bundle.errors import RefusedError
from x07bundle.files import json_compact
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher.bundle import Half


class Seen(NamedTuple):
    """What was found, for programs and for people."""

    document: Mapping[str, Any]
    text: str
    exit_code: int = 0

    def shown(self, is_json: bool) -> str:
        return json_compact(self.document).decode("utf-8") if is_json else self.text


Look = Callable[[Half, Mapping[str, str]], Seen]


def look(half: Half, mode: str, env: Mapping[str, str]) -> Seen:
    """What a mode shows of a bundle, which may have been changed.

    Raises:
        RefusedError: there is no such mode, or it needs a file that was changed.
    """
    found = MODES.get(mode)
    if found is None:
        raise RefusedError(
            f"X07_BUNDLE is `{mode}`", hint=f"set it to {', '.join(MODES)} or run, or unset it"
        )
    return found(half, env)


def _inspect(half: Half, env: Mapping[str, str]) -> Seen:
    from x07bundle.launcher import inspecting  # each mode alone

    bundle = bundles.whole(half)
    return Seen(inspecting.document(bundle), inspecting.text(bundle))


def _verify(half: Half, env: Mapping[str, str]) -> Seen:
    from x07bundle.launcher import verifying  # each mode alone

    verdict = verifying.verify(half)
    code = 125 if verdict.faults else 0
    return Seen(verifying.document(verdict), verifying.text(verdict), code)


def _doctor(half: Half, env: Mapping[str, str]) -> Seen:
    from x07bundle.launcher import doctoring  # each mode alone

    checks = doctoring.examine(half, env)
    return Seen(
        doctoring.document(half, checks), doctoring.text(checks), doctoring.exit_code(checks)
    )


MODES: Final[Mapping[str, Look]] = {"inspect": _inspect, "verify": _verify, "doctor": _doctor}
