"""Guests of real engines: what they see, what reaches them, what limits them."""

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.live import guest_probe, vm_engines
from tests.live.vm_engines import REFERENCE, LiveEngine
from tests.unit.image.layouts import BASE, contents, made
from x07bundle.contract.policy import Fs, Policy
from x07bundle.contract.policy_reading import read
from x07bundle.errors import RefusedError
from x07bundle.image.layer import Entry
from x07bundle.policy.templates import base_policy
from x07bundle.vm import confine, images
from x07bundle.vm.asking import ask
from x07bundle.vm.backends import table
from x07bundle.vm.failures import GuestError
from x07bundle.vm.job import Digest, GuestLimits, Job, Launch, Mount

pytestmark = pytest.mark.live

PROBE: Final = "/x07/in/probe"


class Done(NamedTuple):
    status: int
    stdout: str
    stderr: str


class Room(NamedTuple):
    """An engine, and the folders of a job on it."""

    engine: LiveEngine
    folder: Path

    def job(self, *words: str, mounts: tuple[Mount, ...] = ()) -> Job:
        now_ms = time.time_ns() // 1_000_000
        return Job(
            run_id=f"{time.monotonic_ns()}-{os.getpid()}",
            image=self.engine.image,
            argv=(PROBE, *words),
            created_unix_ms=now_ms,
            deadline_unix_ms=now_ms + 60_000,
            limits=GuestLimits(64 << 20, pids=24, open_files=64),
            mounts=(
                Mount(str(self.folder / "in"), "/x07/in"),
                Mount(str(self.folder / "out"), "/x07/out", writable=True),
                *mounts,
            ),
            workdir="/x07/in",
            labels={"io.x07.schema": "1"},
            folder=str(self.folder),
        )

    def run(self, job: Job, given: bytes = b"", env: dict[str, str] | None = None) -> Done:
        launch = table.from_env(self.engine.name, {**self.engine.env, **(env or {})}).launch(job)
        with started(launch, self.folder) as process:
            out, err = process.communicate(given, timeout=60)
        return Done(process.returncode, out.decode(), err.decode())


def started(launch: Launch, folder: Path) -> subprocess.Popen[bytes]:
    """In a folder of the job: podman's monitor leaves a file there, once memory has run out."""
    for path, data in launch.files.items():
        Path(path).write_bytes(data)
    ready = Path(launch.ready_file) if launch.ready_file else None
    if ready is not None:
        ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        launch.argv, env=dict(launch.env), cwd=folder,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while ready is not None and not ready.exists() and process.poll() is None:
        time.sleep(0.01)
    return process


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return guest_probe.build(tmp_path_factory.mktemp("probe"))


@pytest.fixture(scope="module", params=vm_engines.NAMES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveEngine]:
    with vm_engines.started(request.param, tmp_path_factory.mktemp(request.param)) as here:
        yield here


@pytest.fixture
def room(engine: LiveEngine, tmp_path: Path, probe: Path) -> Room:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in/probe").write_bytes(probe.read_bytes())
    (tmp_path / "in/probe").chmod(0o755)
    return Room(engine, tmp_path)


# -- what it sees


def test_what_a_guest_sees(room: Room) -> None:
    """Nothing of the host but what it was given."""
    (room.folder / "project/.x07").mkdir(parents=True)
    (room.folder / "project/out").mkdir()
    project = Mount(str(room.folder / "project"), "/x07/work", masked=(".x07",))
    out = Mount(str(room.folder / "project/out"), "/x07/work/out", writable=True)
    job = room.job(*guest_probe.LOOK, mounts=(project, out))._replace(
        env={"GREETING": "good day", "LC_ALL": "C.UTF-8"}, workdir="/x07/work"
    )
    done = room.run(job, env={"TOKEN": "secret", "HTTP_PROXY": "http://secret"})
    assert (done.status, done.stderr) == (0, "")
    assert "secret" not in done.stdout
    guest_probe.compare(room.engine.name, done.stdout)


def test_proxies_of_a_client_do_not_pass(room: Room) -> None:
    """docker has them in its settings, podman in its environment."""
    (room.folder / "settings").mkdir()
    proxies = {"httpProxy": "http://secret:1", "noProxy": "secret.example"}
    settings = json.dumps({"proxies": {"default": proxies}})
    (room.folder / "settings/config.json").write_text(settings)
    env = {"DOCKER_CONFIG": str(room.folder / "settings"), "http_proxy": "http://secret:1"}
    done = room.run(room.job("see"), env=env)
    assert done.status == 0
    assert "secret" not in done.stdout


def test_another_user(room: Room) -> None:
    """Where the backend has users: files are the caller's then."""
    if not room.engine.backend.caps.users:
        pytest.skip("guests of this backend are root of their own")
    (room.folder / "out").chmod(0o777)
    done = room.run(room.job(*guest_probe.LOOK)._replace(user=(1234, 1235)))
    assert "user 1234 1235\n" in done.stdout
    guest_probe.compare(f"{room.engine.name}-user", done.stdout)
    status = (room.folder / "out/x").stat()
    assert (status.st_uid, status.st_gid) == (1234, 1235)


# -- streams and exit codes


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_exit_codes(room: Room, status: int) -> None:
    assert room.run(room.job(f"exit={status}")) == Done(status, "", "")


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_standard_input(room: Room, size: int) -> None:
    done = room.run(room.job("cat")._replace(has_input=True), b"x" * size)
    assert (done.status, len(done.stdout), done.stderr) == (0, size, "")


def test_a_terminal(room: Room) -> None:
    """Keys that leave a guest running in some engines are keys as others."""
    launch = room.engine.backend.launch(
        room.job("tty", "cat")._replace(has_input=True, terminal=True)
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        launch.argv, env=dict(launch.env), cwd=room.folder,
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    _until(ours, b"terminal 1 1")
    os.write(ours, b"a\x10\x11b\n")
    _until(ours, b"a\x10b\r")
    os.write(ours, b"\x04")
    assert process.wait(timeout=30) == 0
    os.close(ours)


def _until(descriptor: int, wanted: bytes) -> bytes:
    said = b""
    while wanted not in said:
        assert select.select([descriptor], [], [], 30)[0], said
        said += os.read(descriptor, 4096)
    return said


# -- roots of a policy


def policy(*, read_roots: tuple[str, ...] = (), write_roots: tuple[str, ...] = ()) -> Policy:
    base = read(base_policy("cli"), "policy.json").policy
    return base._replace(fs=Fs(True, read_roots, write_roots, True))


def test_roots(room: Room) -> None:
    project = room.folder / "project"
    for name in ("data", ".x07/policies", "elsewhere"):
        (project / name).mkdir(parents=True)
    (project / "data/file").write_text("of the host\n")
    (project / "link").symlink_to("elsewhere")
    (room.folder / "absolute").mkdir()
    absolute = str(room.folder / "absolute")
    wanted = policy(read_roots=(".",), write_roots=("made/out", "link", absolute))
    caps = room.engine.backend.caps
    found = confine.confine(wanted, caps, str(project), accepted=True)
    words = [
        "read=/x07/work/data/file",
        "list=/x07/work/.x07",
        *(f"write={path}/x" for path in ("/x07/work", "/x07/work/data", "/x07/work/.x07")),
        *(f"write={path}/x" for path in ("/x07/work/made/out", "/x07/work/link", absolute)),
    ]
    job = room.job(*words, mounts=found.mounts)._replace(limits=found.limits, workdir="/x07/work")
    done = room.run(job)
    assert done.stdout.splitlines() == [
        "line of the host",
        *(f"write {word[6:]} Read-only file system" for word in words[2:5]),
        *(f"write {word[6:]} yes" for word in words[5:]),
    ]
    written = sorted(str(path.relative_to(room.folder)) for path in room.folder.rglob("x"))
    assert written == ["absolute/x", "project/elsewhere/x", "project/made/out/x"]


# -- limits


def test_processes(room: Room) -> None:
    if not room.engine.backend.caps.pids:
        pytest.skip("this backend does not limit them, and says so")
    said = room.run(room.job("fork")).stdout
    assert 15 <= int(said.removeprefix("forked ")) < 24


def test_memory(room: Room) -> None:
    assert room.run(room.job("take=16")).stdout == "took 16\n"
    done = room.run(room.job("take=256"))
    assert (done.status, done.stdout) == (137, "")


# -- images by digest


def test_a_pinned_image(engine: LiveEngine) -> None:
    backend, image = engine.backend, engine.image
    for pinned in (image.digest, image.digest.value):
        assert images.resolve(backend, REFERENCE, pinned) == image
    other = Digest(image.digest.kind, "sha256:" + "0" * 64)
    with pytest.raises(RefusedError, match=f"guest digest mismatch for {backend.name}"):
        images.resolve(backend, REFERENCE, other)
    with pytest.raises(GuestError, match=r"has no image `x07\.test/missing:1`"):
        images.resolve(backend, "x07.test/missing:1", other)


def test_a_name_that_leads_elsewhere_now(engine: LiveEngine, tmp_path: Path) -> None:
    """The pinned image runs, or nothing does."""
    backend, image = engine.backend, engine.image
    name = "x07.test/other:1"
    other = other_image(tmp_path, name)
    loaded = images.load(backend, other)
    second = images.resolve(backend, loaded)
    assert second.digest != image.digest
    engine(*retag(engine, loaded, REFERENCE))
    try:
        assert images.resolve(backend, REFERENCE, image.digest).digest == image.digest
        with pytest.raises(RefusedError):
            images.resolve(backend, REFERENCE, "sha256:" + "0" * 64)
        assert images.resolve(backend, REFERENCE).digest == second.digest
    finally:
        engine(*retag(engine, backend.image_name(image), REFERENCE))


def test_a_name_of_ours_that_lies(engine: LiveEngine, tmp_path: Path) -> None:
    if engine.name != "firecracker-ctr":
        pytest.skip("this engine runs images by ID")
    backend, image = engine.backend, engine.image
    own = backend.image_name(image)
    other = images.load(backend, other_image(tmp_path, "x07.test/liar:1"))
    engine("images", "tag", "--force", other, own)
    assert images.resolve(backend, REFERENCE, image.digest).digest == image.digest
    listed = ask(backend.digests(own))
    assert listed == (image.digest,)


def other_image(folder: Path, name: str) -> Path:
    target = folder / "other.tar"
    entry = Entry("etc/other", "file", 0o644, name.encode())
    made(target, contents(layers={"distribution": BASE, "toolchain": (entry,)}), name=name)
    return target


def retag(engine: LiveEngine, old: str, new: str) -> tuple[str, ...]:
    if engine.name == "firecracker-ctr":
        return ("images", "tag", "--force", old, new)
    return ("tag", old, new)
