"""The frozen program of every VM bundle: `APP.vm/runtime/launcher APP [ARGUMENT ...]`.

`APP` has compared all files with their digests, and starts this (stubs/launcher). X07_BUNDLE says
what to do: nothing, or `run`, runs the program; the other words look at the bundle.

| exit code | |
| --- | --- |
| the program's | it ran |
| 124 | its deadline passed |
| 125 | refused: integrity, policy or consent |
| 126 | no usable backend |
| 127 | the guest could not be started |
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

from x07bundle.contract.policy_problems import PolicyError
from x07bundle.errors import RefusedError, ToolMissingError, UsageError, X07Error
from x07bundle.launcher.environment import unveiled

MODE: Final = "X07_BUNDLE"
FORMAT: Final = "X07_BUNDLE_FORMAT"
TRACEBACK: Final = "X07_TRACEBACK"
REFUSED: Final = 125
NO_BACKEND: Final = 126
NOT_STARTED: Final = 127
INTERRUPTED: Final = 130
REAPER: Final = b"X07_REAP"
ADOPTED: Final = b"X07_ADOPT"
"""Names that are not veiled: no caller can set them. Their modules have what is in them."""
OWN: Final = (REFUSED, NO_BACKEND, NOT_STARTED)


def main() -> NoReturn:
    # Ignored, which is inherited, it takes the exit statuses of children away.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    reaper = os.environb.get(REAPER)
    if reaper is not None:
        _reap(reaper)
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    code = run(sys.argv[1:], unveiled(os.environb), os.environb.get(ADOPTED))
    try:
        sys.stdout.flush()
    except OSError:
        code = code or 1
    os._exit(code)


def _reap(told: bytes) -> NoReturn:
    """Nobody sees what becomes of it: whoever would, is gone."""
    try:
        from x07bundle.launcher import reaping  # no other part of a launcher

        reaping.serve(told)
    finally:
        os._exit(0)


def run(words: Sequence[str], env: Mapping[str, str], handed: bytes | None = None) -> int:
    """The exit code of it all. `words`: the executable, and the arguments. `handed`: a guest that
    was started already (`adopted`)."""
    try:
        if handed is None:  # who adopts a guest has handlers first
            from x07bundle.vm import interrupts  # errors of imports are said, too

            interrupts.release()
        return _act(words, env, handed)
    except X07Error as error:
        _trace(env)
        sys.stderr.write(error.render())
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        _trace(env)
        sys.stderr.write(f"error: internal error: {type(error).__name__}: {error}\n")
        sys.stderr.write(f"hint: set {TRACEBACK}=1 to see where, and report it as a bug\n")
        return REFUSED


def exit_code(error: X07Error) -> int:
    """Of a failure: one of ours, never one that a program may have by chance (decision 11)."""
    if error.exit_code in OWN:
        return error.exit_code
    if isinstance(error, UsageError | PolicyError):
        return REFUSED
    return NO_BACKEND if isinstance(error, ToolMissingError) else NOT_STARTED


def _act(words: Sequence[str], env: Mapping[str, str], handed: bytes | None) -> int:
    from x07bundle.launcher import bundle as bundles  # as above

    if not words:
        raise RefusedError(
            "this is a part of a bundle", hint="start the executable beside its folder instead"
        )
    mode = env.get(MODE, "").strip()
    half = bundles.half(Path(words[0]))
    if mode in ("", "run"):
        from x07bundle.launcher import adopted
        from x07bundle.launcher.start import start

        guest = adopted.read(handed) if handed is not None else None
        return start(bundles.whole(half), words[1:], env, guest)
    from x07bundle.launcher import looking

    seen = looking.look(half, mode, env)
    sys.stdout.write(seen.shown(_is_json(env)))
    return seen.exit_code


def _is_json(env: Mapping[str, str]) -> bool:
    text = env.get(FORMAT, "").strip()
    if text not in ("", "text", "json"):
        raise RefusedError(f"{FORMAT} is `{text}`", hint="set it to text or json, or unset it")
    return text == "json"


def _trace(env: Mapping[str, str]) -> None:
    if env.get(TRACEBACK):
        import traceback  # only on request

        traceback.print_exc()
