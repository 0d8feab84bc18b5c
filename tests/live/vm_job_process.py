"""A runner on a real engine: `python -m tests.live.vm_job_process NAME DIGEST WALL_MS [DIE] WORDS`.

The environment leads to the engine, as it does for users. DIE: `STEP:AHEAD_MS`, the step at which
it kills itself, and how far its wall clock is set ahead after the start; `:` for neither.
"""

import os
import signal
import sys
import time

from tests.unit.vm.job_process import set_ahead
from x07bundle.vm import folder as folders
from x07bundle.vm import runner, state
from x07bundle.vm.backends import table
from x07bundle.vm.job import Digest, GuestLimits, Image, Job


def main(name: str, digest: str, wall_ms: int, die: str, argv: tuple[str, ...]) -> int:
    backend = table.from_env(name, os.environ)
    image = Image("x07.test/guest:1", Digest(backend.caps.digest_kinds[0], digest))
    last, _, ahead_ms = die.partition(":")
    clock = set_ahead(int(ahead_ms or "0"))
    kept = state.open(os.environ)
    with folders.opened(kept, clock=clock, step=lambda step: _hook(step, last)) as folder:
        now_ms = time.time_ns() // 1_000_000
        deadline_ms = now_ms + wall_ms
        limits = GuestLimits(64 << 20, pids=32)
        job = Job(folder.run_id, image, argv, now_ms, deadline_ms, limits, has_input=True)
        job = job._replace(workdir="/")
        ended = runner.run(backend, job, folder, clock=clock)
        if ended.timed_out:
            return 124
        return 128 + ended.interrupted_by if ended.interrupted_by else ended.exit_status


def _hook(step: str, last: str) -> None:
    if step == last:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], tuple(sys.argv[5:])))
