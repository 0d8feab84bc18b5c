"""`x07 bundle` of VM bundles: what is made, the same everywhere, and what is refused."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import jsonschema
import pytest

from tests import vm_bundles
from tests.bundling import X07, everything, module, run_program, write_json, write_project
from tests.fakes import docker_guests, engines
from tests.program_build import ROOT
from tests.unit.contract.policies import policy
from tests.unit.image.layouts import contents, made
from tests.unit.native.stub_sources import needs_cc
from x07bundle.contract import vm_manifest
from x07bundle.host import read as read_host
from x07bundle.vm import archives
from x07bundle.vm.archives import Archived

pytestmark = needs_cc

ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
ARCHITECTURE: Final = ARCHITECTURES.get(read_host().arch, "amd64")
SCHEMA: Final = ROOT / "x07bundle/schemas/x07.bundle.report@0.4.0.schema.json"
REFERENCE: Final = "x07.test/guest:1"
CONSENT: Final = "--i-accept-weaker-isolation"
HOST_BUILD: Final = ("--payload-build", "host", "--backend", "docker", "--embed-guest", "../g.tar")
"""What needs no engine."""
KEY: Final = ("--sign-key", "../key.pem", "--password-file", "../password")
INSIDE: Final = "'run '*' /usr/local/bin/x07 bundle '*"


class Room(NamedTuple):
    """A project, an image's archive, and a docker that notes what it is asked."""

    folder: Path
    cache: Path
    docker: engines.Engine

    def x07(self, *words: str, umask: int = -1, **more: str) -> subprocess.CompletedProcess[bytes]:
        env = {
            "PATH": f"{self.docker.bin}:{os.environ['PATH']}",
            "HOME": str(self.folder.parent),
            "PYTHONPATH": str(ROOT),
            "X07_CACHE_DIR": str(self.cache),
            "X07_VM_STATE_DIR": str(self.folder.parent / "state/jobs"),
            **more,
        }
        return subprocess.run(
            (*X07, *words),
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            umask=umask,
            check=False,
        )

    def bundle(self, *words: str, **given: Any) -> subprocess.CompletedProcess[bytes]:  # noqa: ANN401
        return self.x07("bundle", "--profile", "sandbox", "--out", "dist/app", *words, **given)

    def report(self, *words: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        done = self.bundle(*words, **given)
        assert done.returncode == 0, done.stderr.decode()
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    def refused(self, *words: str, status: int = 2, **given: Any) -> str:  # noqa: ANN401
        """What is said where nothing is made."""
        before = everything(self.folder)
        done = self.bundle(*words, **given)
        assert (done.returncode, done.stdout) == (status, b""), done.stderr
        assert everything(self.folder) == before
        said = done.stderr.decode()
        assert said.splitlines()[-1].startswith(("hint: ", "  hint: ")), said
        return said

    def policy(self, **changes: object) -> None:
        write_json(self.folder / "policy.json", policy("cli", **changes))

    @property
    def sidecar(self) -> Path:
        return self.folder / "dist/app.vm"

    @property
    def manifest(self) -> dict[str, Any]:
        found = json.loads((self.sidecar / vm_manifest.NAME).read_bytes())
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("archive") / "g.tar"
    made(target, contents(ARCHITECTURE), name=REFERENCE)
    return target


@pytest.fixture
def room(tmp_path: Path, x07_cache: Path, archive: Path) -> Room:
    vm_bundles.runtime(x07_cache)
    return room_in(tmp_path, x07_cache, archive)


def room_in(folder: Path, cache: Path, archive: Path) -> Room:
    profiles = {"sandbox": {"world": "run-os-sandboxed", "policy": "policy.json"}}
    write_project(folder / "demo", profiles=profiles, default_profile="sandbox")
    shutil.copy(archive, folder / "g.tar")
    docker = engines.engine(folder, "docker")
    docker.answers({"'version '*": "echo 20.10.24"})
    found = Room(folder / "demo", cache, docker)
    found.policy()
    return found


def archived(room: Room) -> Archived:
    return archives.read(room.folder.parent / "g.tar")


# -- what is made


def test_the_report(room: Room) -> None:
    """contract/reports.md §4."""
    report = room.report(*HOST_BUILD)
    jsonschema.validate(report, json.loads(SCHEMA.read_bytes()))
    image = archived(room)
    assert report["schema_version"] == "x07.bundle.report@0.4.0"
    assert (report["bundle"]["kind"], report["bundle"]["out"]) == ("vm", "dist/app")
    assert report["bundle"]["guest"] == {
        "contract": "x07.vm.exec@0.1.0",
        "platform": {"os": "linux", "arch": ARCHITECTURE},
        "image": {"digest": image.config.value, "ref": REFERENCE},
        "entrypoint": ["/x07/bundle/payload"],
        "workdir": "/x07/work",
        "mounts": {"job_in": "/x07/in", "job_out": "/x07/out"},
    }
    assert report["bundle"]["policy"]["effective_policy"].endswith("/policy.json")
    assert (report["report"]["mode"], report["report"]["compile"]["ok"]) == (
        "project-compile",
        True,
    )


def test_no_engine_is_asked_for_what_is_known(room: Room) -> None:
    room.report(*HOST_BUILD)
    assert room.docker.asked == []
    manifest = room.manifest
    image = archived(room)
    assert manifest["guest_archive"] == "guest.tar"
    assert manifest["guest_digests"] == {
        "config": image.config.value,
        "manifest": image.manifest.value,
    }
    assert manifest["payload_build"]["where"] == "host"
    assert (manifest["backend"], manifest["guest_image"]) == ("docker", REFERENCE)
    assert (room.sidecar / "guest.tar").read_bytes() == (room.folder.parent / "g.tar").read_bytes()
    assert room.x07("verify", "dist/app").returncode == 0


def test_the_payload_runs_by_itself(room: Room) -> None:
    """It is static, and confines itself."""
    room.report(*HOST_BUILD)
    done = run_program(room.sidecar / "payload", "one")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"\3\0\0\0one")


def test_the_digest_is_of_the_kind_that_the_backend_runs_by(room: Room) -> None:
    words = (*HOST_BUILD[:3], "podman", *HOST_BUILD[4:])
    report = room.report(*words)
    kind = room.manifest["guest_digest_kind"]
    wanted = archived(room).manifest if kind == "manifest" else archived(room).config
    assert report["bundle"]["guest"]["image"]["digest"] == wanted.value


def test_a_bundle_is_replaced_whole(room: Room) -> None:
    room.report(*HOST_BUILD)
    (room.sidecar / "more").write_text("of somebody")
    room.report(*HOST_BUILD)
    assert not (room.sidecar / "more").exists()


def test_the_same_bytes_everywhere(room: Room, tmp_path: Path, archive: Path) -> None:
    """Whatever the folder, the mask of files, the clock and the user are called."""
    room.report(*HOST_BUILD)
    other = room_in(tmp_path / "an other folder", room.cache, archive)
    more = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "USER": "somebody", "SOURCE_DATE_EPOCH": "7"}
    other.report(*HOST_BUILD, umask=0o077, **more)
    shutil.rmtree(room.cache / "programs", ignore_errors=True)
    third = room_in(tmp_path / "third", room.cache, archive)
    third.report(*HOST_BUILD)
    first = everything(room.folder / "dist")
    assert everything(other.folder / "dist") == first
    assert everything(third.folder / "dist") == first


def test_a_program_that_does_not_compile(room: Room) -> None:
    write_json(room.folder / "src/main.x07.json", module(7))
    done = room.bundle(*HOST_BUILD)
    report = json.loads(done.stdout)
    assert (done.returncode, report["report"]["compile"]["ok"]) == (1, False)
    assert report["bundle"]["kind"] == "vm"
    assert b"i32" in done.stderr
    assert not (room.folder / "dist").exists()


# -- a payload of a guest


def in_guest(room: Room, script: str) -> None:
    """A docker with the image, whose compiling guest is a script."""
    image = room.docker.says(engines.docker_image(vm_bundles.CONFIG))
    room.docker.answers(
        {
            "'image inspect '*": image,
            "'version '*": "echo 20.10.24",
            "'run '*' --program /x07/in/program.x07.json'*": "exit 1",
            INSIDE: f"echo broken >&2\n{script}",
            "'ps '*|'rm '*|'kill '*|'stop '*": ":",
            "*": engines.fails("Error: No such container: x"),
        }
    )


ACCEPTED: Final[dict[str, Any]] = {"X07_VM_BACKEND": "docker", "X07_I_ACCEPT_WEAKER_ISOLATION": "1"}
GARBAGE: Final = ["", "echo '{'", "echo '{}'", 'echo \'{"report": {"compile": 7}}\'', "exit 3"]


@pytest.mark.parametrize("script", GARBAGE)
def test_a_guest_that_makes_none(room: Room, script: str) -> None:
    in_guest(room, script)
    said = room.refused(**ACCEPTED)
    assert "the guest made no bundle of the program" in said
    assert "broken" in said
    assert "`x07 image build --flavour full`" in said


def test_a_guest_that_says_so_and_leaves_none(room: Room) -> None:
    compiled = {"compile": {"ok": True, "exit_status": 0}}
    in_guest(room, room.docker.says(json.dumps({"report": compiled})))
    assert "the guest made no bundle of the program" in room.refused(**ACCEPTED)


LEADING_OUT: Final = f"""{docker_guests.begins({"out": "/x07/out"})}
/bin/ln -s "$OTHER" "$out/build/made"
"""


def test_a_guest_whose_folder_leads_out(room: Room, tmp_path: Path) -> None:
    """It would be a file of this machine that becomes the payload."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/app").write_text("a secret")
    compiled = {"compile": {"ok": True, "exit_status": 0}}
    says = room.docker.says(json.dumps({"report": compiled}))
    in_guest(room, f"OTHER='{tmp_path}/other'{LEADING_OUT}{says}")
    assert "the guest made no bundle of the program" in room.refused(**ACCEPTED)


# -- what is refused


def unwanted_sidecar(room: Room) -> None:
    room.sidecar.mkdir(parents=True)
    (room.sidecar / "thesis.txt").write_text("of somebody")


def file_for_a_sidecar(room: Room) -> None:
    room.sidecar.parent.mkdir()
    room.sidecar.write_text("of somebody")


def link_for_a_sidecar(room: Room) -> None:
    room.sidecar.parent.mkdir()
    room.sidecar.symlink_to(room.folder)


@pytest.mark.parametrize("spoil", [unwanted_sidecar, file_for_a_sidecar, link_for_a_sidecar])
def test_what_is_no_sidecar_stays(room: Room, spoil: Callable[[Room], None]) -> None:
    spoil(room)
    assert "is no folder of a bundle" in room.refused(*HOST_BUILD)


def test_another_architecture(room: Room) -> None:
    other = "arm64" if ARCHITECTURE == "amd64" else "amd64"
    made(room.folder.parent / "g.tar", contents(other), name=REFERENCE)
    said = room.refused(*HOST_BUILD)
    assert "`--payload-build host`: the guest is linux on" in said
    assert "embed an image of this machine's architecture" in said
    in_guest(room, "exit 1")
    said = room.refused("--embed-guest", "../g.tar", **ACCEPTED)
    assert "`--embed-guest`" in said
    assert not any(line.startswith("run ") for line in room.docker.asked)


def test_an_archive_that_is_none(room: Room) -> None:
    (room.folder.parent / "g.tar").write_bytes(b"no tar" * 1000)
    assert "g.tar" in room.refused(*HOST_BUILD)
    (room.folder.parent / "g.tar").unlink()
    assert "cannot read `../g.tar`: no such file" in room.refused(*HOST_BUILD)


def test_hosts_that_nobody_filters(room: Room) -> None:
    hosts = [{"host": "example.com", "ports": [443]}]
    room.policy(net__enabled=True, net__allow_tcp=True, net__allow_hosts=hosts)
    said = room.refused(*HOST_BUILD, status=125)
    assert "the policy is refused at `net.allow_hosts`" in said
    room.report(*HOST_BUILD, CONSENT)


def test_a_backend_that_is_none(room: Room) -> None:
    for name, problem in (("hyperv", "no backend `hyperv`\n"), ("qemu", "no backend `qemu` yet")):
        words = (*HOST_BUILD[:3], name, *HOST_BUILD[4:])
        assert f"`--backend`: there is {problem}" in room.refused(*words)


def test_without_consent_no_container(room: Room) -> None:
    """Neither to compile in, nor to ask for its image."""
    for words in ((), ("--backend", "docker"), ("--backend", "podman")):
        status = 125 if words else 126
        room.refused(*words, status=status, X07_VM_BACKEND="auto")
    assert room.docker.asked == []


def test_a_bundle_for_another_system_is_made_there(room: Room) -> None:
    words = ("--payload-build", "host", "--backend", "apple-container", "--embed-guest", "../g.tar")
    said = room.refused(*words)
    assert "`apple-container` starts guests on macOS" in said
    assert "make the bundle on macOS" in said


@pytest.mark.parametrize(
    "words",
    [
        ("--payload-build", "host"),
        ("--backend", "docker"),
        ("--embed-guest", "../g.tar"),
        ("--sign-key", "../key.pem"),
        ("--pull", "missing"),
    ],
)
def test_options_of_vm_bundles_alone(room: Room, words: tuple[str, ...]) -> None:
    said = room.refused("--sandbox-backend", "os", CONSENT, *words)
    assert f"`{words[0]}` is for VM bundles" in said


def test_a_password_of_no_key(room: Room) -> None:
    said = room.refused(*HOST_BUILD, "--password-file", "x07.json")
    assert "`--password-file` is for the key of `--sign-key`" in said


def test_libraries_of_this_machine(room: Room) -> None:
    path = room.folder / "x07.json"
    write_json(path, {**json.loads(path.read_bytes()), "link": {"libs": ["c"]}})
    assert "`link` of x07.json" in room.refused(*HOST_BUILD)


# -- signatures


@pytest.fixture
def key(room: Room) -> Room:
    (room.folder.parent / "password").write_text("open sesame\n")
    done = room.x07("image", "keygen", "--out", "../key", X07_KEY_PASSWORD="open sesame")
    assert done.returncode == 0, done.stderr
    [private] = [path for path in room.folder.parent.glob("key*") if path.suffix != ".pub"]
    private.rename(room.folder.parent / "key.pem")
    return room


def test_a_signed_bundle(key: Room) -> None:
    key.report(*HOST_BUILD, *KEY)
    assert (key.sidecar / vm_manifest.SIGNATURE_NAME).is_file()
    assert key.manifest["signature"] is not None
    assert key.x07("verify", "dist/app").returncode == 0


def test_another_password(key: Room) -> None:
    (key.folder.parent / "password").write_text("open barley\n")
    said = key.refused(*HOST_BUILD, *KEY)
    assert "password" in said
