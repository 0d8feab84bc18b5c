"""A runner that can be killed: `python -m tests.unit.vm.job_process FOLDER WALL_MS WORDS...`.

Its engine and its jobs are in the folder. Options are `NAME=VALUE` words before `--`: `die` names
the step at which it kills itself, `stop` the one at which it stops itself, `held` gives the client
a ready file, `ahead` sets the wall clock so many milliseconds ahead after the start, `grace` is in
milliseconds.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.fakes import engine
from x07bundle.vm import clock as clocks
from x07bundle.vm import folder as folders
from x07bundle.vm import runner, state
from x07bundle.vm.clock import Clock
from x07bundle.vm.job import Digest, GuestLimits, Image, Job

IMAGE = Image("local/guest:1", Digest("config", f"sha256:{'0' * 64}"))


def job_of(run_id: str, argv: tuple[str, ...], wall_ms: int, grace_ms: int = 300) -> Job:
    now_ms = time.time_ns() // 1_000_000
    return Job(
        run_id, IMAGE, argv, now_ms, now_ms + wall_ms, GuestLimits(64 << 20),
        has_input=True, grace_ms=grace_ms,
    )  # fmt: skip


def main(base: Path, wall_ms: int, words: list[str]) -> int:
    options = dict(word.split("=") for word in words[: words.index("--")])
    argv = tuple(words[words.index("--") + 1 :])
    backend = engine.at(base).backend._replace(is_held="held" in options)
    kept = state.open({state.VARIABLE: str(base / "vm/jobs")})
    clock = set_ahead(int(options.get("ahead", "0")))
    with folders.opened(kept, clock=clock, step=_hook(options)) as folder:
        job = job_of(folder.run_id, argv, wall_ms, int(options.get("grace", "300")))
        ended = runner.run(backend, job, folder, clock=clock)
        if ended.timed_out:
            return 124
        return 128 + ended.interrupted_by if ended.interrupted_by else ended.exit_status


def _hook(options: dict[str, str]) -> Callable[[str], None]:
    signals = {options.get("stop"): signal.SIGSTOP, options.get("die"): signal.SIGKILL}

    def hook(step: str) -> None:
        if step in signals:
            os.kill(os.getpid(), signals[step])

    return hook


def set_ahead(ahead_ms: int) -> Clock:
    """A clock that is set after the start: the first two looks are at the time as it was."""
    looks = iter((0, 0))
    return clocks.SYSTEM._replace(unix_ms=lambda: clocks.SYSTEM.unix_ms() + next(looks, ahead_ms))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
