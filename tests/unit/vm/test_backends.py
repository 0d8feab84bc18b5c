"""What backends are of variables, and jobs that none of them can start."""

import resource
from typing import Final

import pytest

from tests.unit.vm.samples import CAPTURED, MADE, PATH, RUNC, image_of
from x07bundle.errors import RefusedError, X07Error
from x07bundle.vm.backend import Backend
from x07bundle.vm.backends import firecracker_ctr, oci_cli, table
from x07bundle.vm.job import Mount
from x07bundle.vm.probes import probes

CTR: Final = {
    "X07_VM_FIRECRACKER_CTR_BIN": "/opt/ctr",
    "X07_VM_FIRECRACKER_CONTAINERD_SOCK": "/run/c.sock",
    "X07_VM_FIRECRACKER_SNAPSHOTTER": "overlayfs",
    "X07_VM_CONTAINERD_NAMESPACE": "team",
    "X07_VM_FIRECRACKER_RUNTIME": "io.containerd.kata.v2",
}


def test_the_table_has_every_backend_that_is_probed() -> None:
    assert list(table.BACKENDS) == [probe.backend for probe in probes({}, "x86_64")]
    assert {"vz", "qemu"} == set(table.BACKENDS) - table.DRIVEN
    for name in table.DRIVEN:
        assert table.from_env(name, PATH).name == name


@pytest.mark.parametrize("runtime", [None, "io.containerd.runc.v2", "io.containerd.kata.v2"])
def test_probes_and_backends_agree_on_isolation(runtime: str | None) -> None:
    env = {**PATH, **({"X07_VM_FIRECRACKER_RUNTIME": runtime} if runtime else {})}
    for probe in probes(env, "x86_64"):
        if probe.backend in table.DRIVEN:
            assert table.from_env(probe.backend, env).caps.isolation == probe.isolation


def test_variables_of_firecracker() -> None:
    made = firecracker_ctr.from_env({**PATH, **CTR})
    assert made[2:6] == ("/run/c.sock", "team", "overlayfs", "io.containerd.kata.v2")
    assert (made.binary, made.caps.isolation, made.caps.host_mounts) == ("/opt/ctr", "vm", True)
    blank = firecracker_ctr.from_env({**PATH, **dict.fromkeys(CTR, " ")})
    assert blank == firecracker_ctr.from_env(PATH)
    assert (blank.caps.isolation, blank.caps.host_mounts) == ("vm", False)


@pytest.mark.parametrize("name", ["docker", "podman", "apple-container", "containerd"])
def test_files_may_be_streamed_instead(name: str) -> None:
    assert MADE[name](PATH).caps.host_mounts
    for text in ("stream", " STREAM "):
        assert not MADE[name]({**PATH, "X07_VM_TRANSPORT": text}).caps.host_mounts
    assert MADE[name]({**PATH, "X07_VM_TRANSPORT": ""}).caps.host_mounts


@pytest.mark.parametrize(
    ("name", "variable"), [("docker", "DOCKER_HOST"), ("podman", "CONTAINER_HOST")]
)
def test_an_engine_elsewhere_shares_no_folders(name: str, variable: str) -> None:
    for place, shares in (
        ("unix:///run/x.sock", True),
        ("tcp://10.0.0.1:2376", False),
        ("ssh://user@host", False),
    ):
        assert MADE[name]({**PATH, variable: place}).caps.host_mounts == shares


def test_podman_gives_limits_that_this_user_may_have() -> None:
    limits = oci_cli.podman(PATH).dialect.ulimits
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    assert set(limits) == {"nofile", "nproc"}
    assert hard == resource.RLIM_INFINITY or limits["nproc"] <= hard


@pytest.fixture(params=sorted(MADE))
def backend(request: pytest.FixtureRequest) -> Backend:
    name: str = request.param
    return MADE[name](PATH)


@pytest.mark.parametrize(
    ("host", "guest", "words"),
    [
        ("/a,b", "/x07/in", "host mount path contains disallowed byte `,`"),
        ("/a", "/x07/i,n", "guest mount path contains disallowed byte `,`"),
        ("/a\0b", "/x07/in", "host mount path contains disallowed byte NUL"),
        ("/a\nb", "/x07/in", "host mount path contains disallowed byte a line break"),
        ("/a", "/x07/\rin", "guest mount path contains disallowed byte a line break"),
    ],
)
def test_paths_that_no_command_line_carries(
    backend: Backend, host: str, guest: str, words: str
) -> None:
    job = CAPTURED._replace(mounts=(Mount(host, guest),))
    with pytest.raises(RefusedError) as caught:
        backend.launch(job)
    assert words in caught.value.brief
    assert caught.value.brief.isprintable()


@pytest.mark.parametrize("name", ["docker", "podman", "apple-container"])
def test_a_guest_has_no_other_home_than_its_client(name: str) -> None:
    backend = MADE[name](PATH)
    job = CAPTURED._replace(image=image_of(name), env={"HOME": PATH["HOME"]})
    assert backend.launch(job).env == PATH
    with pytest.raises(X07Error, match="the guest cannot have another `HOME`"):
        backend.launch(job._replace(env={"HOME": "/elsewhere"}))


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\n"])
def test_containerd_hands_on_lines_alone(value: str) -> None:
    backend = firecracker_ctr.from_env({**PATH, **RUNC})
    with pytest.raises(X07Error, match="`GREETING` has a line break"):
        backend.launch(CAPTURED._replace(env={"GREETING": value}))


def test_containers_of_containerd_have_a_filter_of_calls() -> None:
    launch = firecracker_ctr.from_env({**PATH, **RUNC}).launch(CAPTURED)
    assert "--seccomp" in launch.argv
    assert "--seccomp" not in firecracker_ctr.from_env(PATH).launch(CAPTURED).argv
