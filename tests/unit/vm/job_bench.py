"""Jobs of the real backends, each on a stand-in for its engine."""

import subprocess
import time
from pathlib import Path
from typing import Final

from tests.fakes import install, job_engines
from tests.unit.vm.samples import JOBS, MADE, image_of
from x07bundle.vm import clock as clocks
from x07bundle.vm import folder as folders
from x07bundle.vm import runner, state, sweep
from x07bundle.vm.clock import Clock
from x07bundle.vm.job import GUEST_IN, Job
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Captured, Streams

PROGRAMS: Final = {
    "apple-container": "container",
    "containerd": "ctr",
    "docker": "docker",
    "firecracker-ctr": "firecracker-ctr",
    "podman": "podman",
}
"""What is on PATH, by the names of `samples.MADE`."""
LONG_MS: Final = 60_000
SHORT_GRACE_MS: Final = 200


class JobBench:
    """A backend, its engine, and a folder of jobs. `kept`: the folder of the last job."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.engine = job_engines.make(folder, PROGRAMS[name])
        env = {
            "PATH": str(self.engine.bin),
            "HOME": str(folder),
            "X07_VM_FIRECRACKER_CTR_BIN": PROGRAMS[name],
        }
        self.backend = MADE[name](env)
        self.image = image_of(name)
        self.engine.has_image(self.backend.image_name(self.image))
        self.state = state.open({state.VARIABLE: str(folder / "vm/jobs")})
        (self.state.root / sweep.STAMP).touch()
        self.kept = Path()

    def job(self, kind: str, run_id: str, place: Path, now_ms: int) -> Job:
        """That of the samples, with folders that are there, where any of the host reach guests."""
        job = JOBS[kind]
        mounts = tuple(
            mount._replace(host=str(self._folder(mount.host, place)))
            for mount in job.mounts
            if self.backend.caps.host_mounts
        )
        return job._replace(
            run_id=run_id, image=self.image, created_unix_ms=now_ms, mounts=mounts, labels={},
            deadline_unix_ms=now_ms + LONG_MS, folder=str(place),
        )  # fmt: skip

    def _folder(self, host: str, place: Path) -> Path:
        found = place / host[len("/jobs/") :] if host.startswith("/jobs/") else None
        found = found or Path(f"{self.folder}/host{host}")
        found.mkdir(parents=True, exist_ok=True)
        return found

    def put(self, job: Job, script: str) -> None:
        """The program of a guest: in a folder of the host, where the job has one, or the image."""
        program = self.engine.behind(job.argv[0])
        for mount in job.mounts:
            if mount.guest == GUEST_IN:
                program = Path(mount.host, Path(job.argv[0]).name)
        install(program.parent, f"{program.name}.new", script).rename(program)

    def run(
        self,
        script: str,
        kind: str = "smallest",
        streams: Streams = Captured(),  # noqa: B008  a value
        wall_ms: int = LONG_MS,
        grace_ms: int = SHORT_GRACE_MS,
        clock: Clock | None = None,
    ) -> Ended:
        with folders.opened(self.state) as place:
            self.kept = place.path
            now_ms = (clock or clocks.SYSTEM).unix_ms()
            job = self.job(kind, place.run_id, place.path, now_ms)
            job = job._replace(deadline_unix_ms=now_ms + wall_ms, grace_ms=grace_ms)
            self.put(job, script)
            return runner.run(self.backend, job, place, streams, clock=clock or clocks.SYSTEM)

    def run_out_of_time(self, script: str, grace_ms: int = SHORT_GRACE_MS) -> Ended:
        """Time stands still until the guest's script says `begun`; then its grace begins."""
        begun = self.folder / "begun"
        now_ms = clocks.SYSTEM.unix_ms()
        since_ms: list[int] = []

        def monotonic_ms() -> int:
            if not since_ms and begun.exists():
                since_ms.append(clocks.SYSTEM.monotonic_ms() - LONG_MS + grace_ms)
            return clocks.SYSTEM.monotonic_ms() - since_ms[0] if since_ms else 0

        says = f"begun() {{ : >'{begun}'; echo begun; }}"
        clock = Clock(lambda: now_ms, monotonic_ms, clocks.SYSTEM.sleep_ms)
        return self.run(f"{says}\n{script}", grace_ms=grace_ms, clock=clock)

    def lose(self, run_id: str, instance: str, before: str = ":") -> Job:
        """A guest whose client was killed, and whose runner is not there."""
        place = self.folder / f"lost-{run_id}"
        place.mkdir()
        job = self.job("smallest", run_id, place, clocks.SYSTEM.unix_ms())
        self.put(job, f"{before}; while :; do sleep 0.1; done")
        launch, _ = runner.prepared(self.backend, job, place, instance)
        client = subprocess.Popen(launch.argv, env=launch.env, stdin=subprocess.PIPE)
        while not self.engine.runs(job.container_id):
            assert client.poll() is None
            time.sleep(0.01)
        client.kill()
        client.communicate()
        return job

    def asked(self, *commands: tuple[str, ...]) -> bool:
        """Whether the engine was given all of these."""
        return all(list(words) in self.engine.asked for words in commands)
