"""Files and streams of guests that no folder of the host reaches, on real engines."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.live import guest_image, guest_probe, vm_engines
from x07bundle.errors import RefusedError
from x07bundle.vm import folder, images, state, streamed, users
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import table
from x07bundle.vm.failures import GuestError
from x07bundle.vm.job import GuestLimits, Image, Job, Mount
from x07bundle.vm.runner import Ended
from x07bundle.vm.streams import Attached, Captured

pytestmark = pytest.mark.live

MIB: Final = 1 << 20
PATH: Final = {"PATH": "/usr/bin:/bin"}
SECRETS: Final = {"TOKEN": "secret", "HTTP_PROXY": "http://secret"}
"""What clients of engines have, and guests do not."""
WORK: Final = "/x07/work"


class Guests(NamedTuple):
    """A backend with the image, and where jobs are."""

    backend: Backend
    image: Image
    state: state.State

    def run(
        self,
        argv: tuple[str, ...],
        mounts: tuple[Mount, ...] = (),
        streams: Attached | Captured | None = None,
        wall_ms: int = 60_000,
        mem_bytes: int = 256 * MIB,
        env: Mapping[str, str] = PATH,
        workdir: str = "/",
    ) -> Ended:
        with folder.opened(self.state) as place:
            now_ms = time.time_ns() // 1_000_000
            job = Job(
                run_id=place.run_id,
                image=self.image,
                argv=argv,
                created_unix_ms=now_ms,
                deadline_unix_ms=now_ms + wall_ms,
                limits=GuestLimits(mem_bytes, pids=64, open_files=256),
                mounts=mounts,
                env=env,
                workdir=workdir,
                has_input=True,
                user=users.caller(self.backend),
            )
            return streamed.run(self.backend, job, place, streams or captured())

    def shell(
        self,
        script: str,
        *mounts: Mount,
        stdin: bytes = b"",
        wall_ms: int = 60_000,
        mem_bytes: int = 256 * MIB,
    ) -> Ended:
        argv = ("/bin/sh", "-c", script)
        return self.run(argv, mounts, captured(stdin), wall_ms, mem_bytes)


def captured(stdin: bytes = b"") -> Captured:
    return Captured(stdin, stdout_cap=64 * MIB, stderr_cap=MIB)


@pytest.fixture(scope="module", params=vm_engines.NAMES)
def guests(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guests]:
    place = tmp_path_factory.mktemp(request.param)
    with vm_engines.STARTERS[request.param](place) as (env, _):
        backend = table.from_env(request.param, {**env, **SECRETS, "X07_VM_TRANSPORT": "stream"})
        assert not backend.caps.host_mounts
        images.load(backend, guest_image.archive(place))
        opened = state.open({"X07_VM_STATE_DIR": str(place / "jobs")})
        image = images.resolve(backend, guest_image.REFERENCE)
        yield Guests(backend, image, opened)
        assert left(request.param, env) == ""


def left(name: str, env: Mapping[str, str]) -> str:
    """Containers that are still there."""
    tail = ("containers", "ls", "-q") if name == "firecracker-ctr" else ("ps", "-aq")
    words = (*vm_engines.client(name, env), *tail)
    return subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout


def test_streams_and_status(guests: Guests) -> None:
    ended = guests.shell("cat; echo problem >&2; exit 7", stdin=b"input\n")
    assert (ended.stdout, ended.stderr, ended.exit_status) == (b"input\n", b"problem\n", 7)


def test_a_signal(guests: Guests) -> None:
    assert guests.shell("kill -9 $$").exit_status == 128 + 9


def test_fifty_megabytes_both_ways(guests: Guests) -> None:
    data = os.urandom(50 * MIB)
    ended = guests.shell("cat", stdin=data)
    assert ended.stdout == data


def test_files_under_their_roots(guests: Guests, tmp_path: Path) -> None:
    reading, writing = tmp_path / "reading", tmp_path / "writing"
    (reading / "deep").mkdir(parents=True)
    (reading / "deep/file").write_bytes(b"read me\n")
    (writing / "sub").mkdir(parents=True)
    (writing / "sub/old").write_bytes(b"old")
    (writing / "gone").write_bytes(b"gone")
    mounts = (
        Mount(str(reading), f"{WORK}/reading"),
        Mount(str(writing), "/srv/writing", writable=True),
    )
    script = (
        f"cat {WORK}/reading/deep/file && rm /srv/writing/gone && echo new > /srv/writing/sub/old"
        " && mkdir /srv/writing/more && echo made > /srv/writing/more/file"
        f" && echo lost > {WORK}/reading/deep/other"
    )
    ended = guests.shell(script, *mounts)
    assert (ended.stderr, ended.stdout, ended.exit_status) == (b"", b"read me\n", 0)
    found = {path.relative_to(writing).as_posix(): path for path in writing.rglob("*")}
    assert set(found) == {"sub", "sub/old", "more", "more/file"}
    assert found["sub/old"].read_bytes() == b"new\n"
    assert found["more/file"].read_bytes() == b"made\n"
    assert [path.name for path in (reading / "deep").iterdir()] == ["file"]


def test_a_root_that_is_the_guests_own_scratch(guests: Guests, tmp_path: Path) -> None:
    ended = guests.shell("echo made > /tmp/file", Mount(str(tmp_path), "/tmp", writable=True))
    assert (ended.exit_status, (tmp_path / "file").read_bytes()) == (0, b"made\n")


def test_nothing_comes_back_of_a_failure(guests: Guests, tmp_path: Path) -> None:
    guests.shell(
        f"echo new > {WORK}/out/file; exit 3", Mount(str(tmp_path), f"{WORK}/out", writable=True)
    )
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_out_is_refused(guests: Guests, tmp_path: Path) -> None:
    mount = Mount(str(tmp_path), f"{WORK}/out", writable=True)
    with pytest.raises(RefusedError, match="was not taken"):
        guests.shell(f"echo new > {WORK}/out/a; ln -s /etc/passwd {WORK}/out/link", mount)
    assert list(tmp_path.iterdir()) == []


def test_a_payload_that_is_copied_in_runs(guests: Guests, tmp_path: Path) -> None:
    (tmp_path / "payload.c").write_text(
        '#include <stdio.h>\nint main(void) { puts("ran"); return 5; }\n'
    )
    words = ["gcc", "-static", "-o", "payload", "payload.c"]
    subprocess.run(words, cwd=tmp_path, check=True)
    ended = guests.run(("/x07/bundle/payload",), (Mount(str(tmp_path), "/x07/bundle"),))
    assert (ended.stdout, ended.exit_status) == (b"ran\n", 5)


def test_a_deadline(guests: Guests) -> None:
    started = time.monotonic()
    ended = guests.shell("echo here; sleep 1000", wall_ms=8000)
    assert (ended.timed_out, ended.is_gone) == (True, True)
    assert ended.stdout == b"here\n"
    assert time.monotonic() - started < 60


def test_a_signal_to_the_caller_reaches_the_program(guests: Guests) -> None:
    """Through the engine and the agent."""
    script = "trap 'echo asked; exit 3' TERM; while :; do sleep 0.1; done"
    timer = threading.Timer(4, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        ended = guests.shell(script)
    finally:
        timer.cancel()
    assert (ended.stdout, ended.exit_status) == (b"asked\n", 3)


LOOK: Final = r"""
id -u
while read -r key value; do
    case $key in Cap*|NoNewPrivs:) echo "$key $value";; esac
done < /proc/self/status
ls /sys/class/net
touch /usr/file 2>&1; touch /etc/file 2>&1; touch /file 2>&1
env
"""


def test_what_it_is_allowed(guests: Guests) -> None:
    """Somebody without rights, networks and variables, who can write nowhere."""
    lines = guests.shell(LOOK).stdout.decode().splitlines()
    assert int(lines.pop(0)) > 1000
    said = dict(line.partition(": ")[::2] for line in lines[:6])
    assert said.pop("NoNewPrivs") == "1"
    # What root of a guest could have; a program that is not root has none of it.
    said.pop("CapBnd")
    assert set(said.values()) == {"0" * 16}
    assert lines[6] == "lo"
    assert len([line for line in lines[7:10] if line.endswith("Read-only file system")]) == 3
    assert sorted(line.partition("=")[0] for line in lines[10:]) == ["PATH", "PWD"]


def test_what_it_sees(guests: Guests, tmp_path: Path) -> None:
    for name in ("in", "out", "project/.x07", "project/out"):
        (tmp_path / name).mkdir(parents=True)
    guest_probe.build(tmp_path / "in")
    mounts = (
        Mount(str(tmp_path / "in"), "/x07/in"),
        Mount(str(tmp_path / "out"), "/x07/out", writable=True),
        Mount(str(tmp_path / "project"), WORK, masked=(".x07",)),
        Mount(str(tmp_path / "project/out"), f"{WORK}/out", writable=True),
    )
    argv = ("/x07/in/probe", *guest_probe.LOOK)
    env = {"GREETING": "good day", "LC_ALL": "C.UTF-8"}
    ended = guests.run(argv, mounts, env=env, workdir=WORK)
    assert (ended.exit_status, ended.stderr) == (0, b"")
    assert b"secret" not in ended.stdout
    guest_probe.compare(f"{guests.backend.name}-stream", ended.stdout.decode())


def test_a_limit_of_memory(guests: Guests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over it is killed, and the agent is there to tell."""
    monkeypatch.chdir(tmp_path)  # podman leaves a file `oom` where it is started
    script = "head -c 250000000 /dev/zero | tail -c 200000000 >/dev/null"
    assert guests.shell(script, mem_bytes=512 * MIB).exit_status == 0
    assert guests.shell(script, mem_bytes=64 * MIB).exit_status == 128 + 9


def test_an_input_that_has_ended(guests: Guests) -> None:
    """`ctr` hangs where its input ends before the task is there."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, into = os.pipe()
    streams = Attached(nothing, into, 2)
    ended = guests.run(("/bin/sh", "-c", "cat; echo done"), streams=streams, wall_ms=20_000)
    os.close(into)
    with os.fdopen(out, "rb") as said:
        assert said.read() == b"done\n"
    os.close(nothing)
    assert (ended.exit_status, ended.timed_out) == (0, False)


def test_a_program_that_is_not_there(guests: Guests) -> None:
    with pytest.raises(GuestError, match="cannot start `/no/such`: No such file"):
        guests.run(("/no/such",))
