"""Starts that went well, made of values alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.unit.contract.manifests import manifest
from tests.unit.contract.policies import policy
from tests.unit.vm.samples import CONFIG, MADE, MANIFEST, REFERENCE, RUNC
from x07bundle.contract import policy_reading, vm_manifest
from x07bundle.contract.granted_variables import granted_variables
from x07bundle.contract.launcher_trailer import Trailer
from x07bundle.launcher import guest_job
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.consent import Wanted
from x07bundle.launcher.guest_job import Guest
from x07bundle.launcher.start_conditions import Start, Surroundings
from x07bundle.vm.confine import Confined
from x07bundle.vm.job import GuestLimits, Image, Job, Mount
from x07bundle.vm.state import State

CWD: Final = "/home/user/project"
JOBS: Final = State(Path("/home/user/.x07/vm/jobs"), "ri-0123456789abcdef")
SPOKEN: Final = ("LANG_OF_PROGRAM", "GREETING")
ENV: Final = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/home/user",
    "X07_I_ACCEPT_WEAKER_ISOLATION": "1",
    "X07_VM_BACKEND": "",
    "UNRELATED": "x",
}
ROOTS: Final = (
    Mount(CWD, "/x07/work", masked=(".x07",)),
    Mount(f"{CWD}/out", "/x07/work/out", writable=True),
    Mount("/home/user", "/home/user", masked=(".x07", "project/.x07")),
)
CREATED_MS: Final = 1_700_000_000_000
BACKENDS: Final = {"docker": "docker", "podman": "podman", "firecracker-ctr": "containerd"}
"""And their samples."""


def bundle(grants: Mapping[str, object]) -> Bundle:
    document = policy(
        "cli",
        **{
            "fs__enabled": True,
            "fs__read_roots": [".", "/home/user"],
            "fs__write_roots": ["out"],
            "env__enabled": True,
            "env__allow_keys": [*SPOKEN, "LD_PRELOAD", "DENIED"],
            "env__deny_keys": ["DENIED"],
            **grants,
        },
    )
    loaded = policy_reading.read(json.dumps(document).encode(), "policy.json")
    limits = vm_manifest.limits_of(loaded.policy.limits)._asdict()
    signed = {"signature": None, "guest_archive": None, "limits": limits}
    made = vm_manifest.read(json.dumps(manifest(**signed)).encode(), "manifest.json")
    trailer = Trailer("0" * 64, made.files)
    app = Path("/bundles/app")
    return Bundle(app, Path("/bundles/app.vm"), trailer, made, loaded, b"what it carries\n")


def start(
    name: str,
    env: Mapping[str, str] | None = None,
    /,
    roots: tuple[Mount, ...] = ROOTS,
    **grants: object,
) -> Start:
    """`name`: of a backend. `grants`: of the policy."""
    env = {**ENV, **(RUNC if name == "firecracker-ctr" else {}), **(env or {})}
    backend = MADE[BACKENDS[name]](env)
    image = Image(REFERENCE, MANIFEST if name == "firecracker-ctr" else CONFIG)
    told = (f"limits.procs: 16 is not enforced by {name}",) if not backend.caps.pids else ()
    confined = Confined(roots, GuestLimits(64 << 20, 24, 160), False, told)
    wanted = Wanted(REFERENCE, (image.digest,), is_pinned=True)
    guest = Guest(backend, confined, wanted, image, False, CWD)
    return Start(made := bundle(grants), guest, job(made, guest, env), JOBS, env)


def job(made: Bundle, guest: Guest, env: Mapping[str, str]) -> Job:
    run_id = f"{CREATED_MS}-42"
    return Job(
        run_id=run_id,
        image=guest.image,
        argv=(*guest_job.words(False, guest_job.NOTHING), "the", "caller's"),
        created_unix_ms=CREATED_MS,
        deadline_unix_ms=CREATED_MS + made.policy.policy.limits.wall_ms,
        limits=guest.confined.limits,
        mounts=(*guest_job.mounts(JOBS.root / run_id), *guest.confined.mounts),
        env=granted_variables(made.policy.policy.env, env),
        has_input=True,
        user=(1000, 1001),
    )


def here(name: str) -> Surroundings:
    is_asked = name == "firecracker-ctr"
    return Surroundings(
        node="a-machine",
        user=1000,
        group=1001,
        program=Path(f"/usr/bin/{name}"),
        instance_file=JOBS.root.parent / "runner_instance",
        instance=f"{JOBS.instance}\n",
        note=None if is_asked else JOBS.root / ".image-0",
        limits={6: 4096} if name == "podman" else {},
    )
