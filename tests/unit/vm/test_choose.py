"""Which backend guests run in: by name, by system, with and without consent."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes import engines, install
from tests.unit.vm.machines import DEBIAN, MAC, OTHER, answers, file, program
from x07bundle.contract.consent import NoVmError
from x07bundle.errors import RefusedError
from x07bundle.host import Host
from x07bundle.vm import choose
from x07bundle.vm.backends import table
from x07bundle.vm.failures import EngineError, NoBackendError

SOCKET = "run/firecracker-containerd/containerd.sock"
RUNC = "io.containerd.runc.v2"
OLD_MAC = MAC._replace(release=(15, 4))
ACCEPT = "X07_I_ACCEPT_WEAKER_ISOLATION"
CONSENT = f"{ACCEPT}=1 and X07_VM_BACKEND=podman or docker"
BOTH = (CONSENT, "x07 doctor")
WAYS = (
    "choose a VM (firecracker-ctr on Linux, apple-container on macOS), or a container "
    "(podman, docker) with X07_I_ACCEPT_WEAKER_ISOLATION=1"
)
RUNTIME = "X07_VM_FIRECRACKER_RUNTIME"
NOTHING: Mapping[str, str] = {}
DOWN = answers("Cannot connect to the Docker daemon. Is it running?", 1)


@pytest.fixture
def docker(tmp_path: Path) -> None:
    program(tmp_path, "docker", answers("28.2.2"))


@pytest.fixture
def podman(tmp_path: Path) -> None:
    program(tmp_path, "podman", answers("5.0.0"))


@pytest.fixture
def containerd(tmp_path: Path) -> None:
    program(tmp_path, "firecracker-ctr", answers("Version: 1.7.0"))
    file(tmp_path, SOCKET)


@pytest.fixture
def apple(tmp_path: Path) -> None:
    program(tmp_path, "container", answers("container CLI version 1.2.2"))


def by(name: str) -> dict[str, str]:
    return {"X07_VM_BACKEND": name}


def chosen(
    folder: Path,
    host: Host = DEBIAN,
    wanted: str | None = None,
    *,
    accepted: bool = False,
    env: Mapping[str, str] = NOTHING,
) -> str:
    whole = {"PATH": str(folder / "bin"), **env}
    return choose.choose(whole, host._replace(root=folder / "root"), accepted, wanted).name


def unusable(
    folder: Path, host: Host = DEBIAN, *, accepted: bool = False, env: Mapping[str, str] = NOTHING
) -> str:
    with pytest.raises(NoBackendError) as caught:
        chosen(folder, host, accepted=accepted, env=env)
    assert caught.value.exit_code == 126
    assert isinstance(caught.value, NoVmError)
    return caught.value.render()


def refused(
    folder: Path,
    host: Host = DEBIAN,
    wanted: str | None = None,
    *,
    env: Mapping[str, str] = NOTHING,
) -> str:
    with pytest.raises(RefusedError) as caught:
        chosen(folder, host, wanted, env=env)
    assert caught.value.exit_code == 125
    return caught.value.render()


# -- by name


@pytest.mark.parametrize("name", ["docker", " Docker\n", "DOCKER"])
@pytest.mark.usefixtures("docker")
def test_a_container_is_accepted_by_name(tmp_path: Path, name: str) -> None:
    assert chosen(tmp_path, accepted=True, env=by(name)) == "docker"
    text = refused(tmp_path, env=by(name))
    assert "the backend `docker` isolates less than a VM, which nobody accepted" in text
    assert "set X07_I_ACCEPT_WEAKER_ISOLATION=1; else name a VM in X07_VM_BACKEND" in text


@pytest.mark.parametrize("host", [DEBIAN, MAC])
@pytest.mark.usefixtures("docker", "podman")
def test_consent_is_needed_on_every_system(tmp_path: Path, host: Host) -> None:
    for name in ("docker", "podman"):
        assert refused(tmp_path, host, env=by(name))
        assert chosen(tmp_path, host, accepted=True, env=by(name)) == name


@pytest.mark.parametrize("name", ["apple-container", "container", "Container "])
@pytest.mark.usefixtures("apple")
def test_apple_by_its_names(tmp_path: Path, name: str) -> None:
    assert chosen(tmp_path, MAC, env=by(name)) == "apple-container"


@pytest.mark.usefixtures("containerd", "apple")
def test_a_backend_of_another_system(tmp_path: Path) -> None:
    for host, name, words in (
        (MAC, "firecracker", "firecracker-ctr: only on Linux"),
        (DEBIAN, "container", "apple-container: only on macOS"),
    ):
        text = unusable(tmp_path, host, env=by(name))
        assert words in text
        assert all(way in text for way in BOTH)


@pytest.mark.parametrize("name", ["vz", "qemu"])
def test_backends_without_a_driver(tmp_path: Path, name: str) -> None:
    text = unusable(tmp_path, accepted=True, env=by(name))
    assert f"VM backend `{name}`: this version starts no guests in it yet" in text
    assert text.endswith(f"hint: {WAYS}\n")


@pytest.mark.parametrize("name", ["kvm", "docker,podman", "dockerd"])
def test_no_such_backend(tmp_path: Path, name: str) -> None:
    text = unusable(tmp_path, env=by(name))
    assert f"X07_VM_BACKEND: no backend `{name}`" in text
    assert text.endswith(f"hint: {WAYS}\n")


def test_a_named_backend_that_is_not_there(tmp_path: Path) -> None:
    text = unusable(tmp_path, accepted=True, env=by("docker"))
    assert "the backend `docker` is not usable here" in text
    assert "not installed: no `docker` on PATH" in text
    assert "hint: to mend it: sudo apt-get install docker.io" in text


def test_a_named_backend_is_only_looked_for(tmp_path: Path) -> None:
    """The first question to it tells whether it answers, and then why not."""
    program(tmp_path, "docker", engines.HANGS)
    assert chosen(tmp_path, accepted=True, env=by("docker")) == "docker"


# -- a bundle, whatever is named, where nothing is installed


def fails(folder: Path, wanted: str, named: str | None, accepted: bool) -> tuple[int, str]:
    env = {} if named is None else by(named)
    with pytest.raises((RefusedError, NoBackendError)) as caught:
        chosen(folder, wanted=wanted, accepted=accepted, env=env)
    return caught.value.exit_code, caught.value.render()


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("named", [None, *table.BACKENDS])
@pytest.mark.parametrize("wanted", sorted(table.DRIVEN))
def test_a_bundle_says_both_ways_out(
    tmp_path: Path, wanted: str, named: str | None, accepted: bool
) -> None:
    status, text = fails(tmp_path, wanted, named, accepted)
    name = named or wanted
    is_another = name != wanted and not accepted
    is_weak = name in choose.CONTAINERS and not accepted
    assert status == (125 if is_another or is_weak else 126)
    if is_another:
        assert "hint: unset X07_VM_BACKEND, or accept it: X07_I_ACCEPT_WEAKER_ISOLATION=1" in text
    elif is_weak:
        assert "to accept that, set X07_I_ACCEPT_WEAKER_ISOLATION=1" in text
        assert "else bundle it with `--backend firecracker-ctr`" in text
    elif name not in table.DRIVEN:
        assert text.endswith(f"hint: {WAYS}\n")
    else:
        assert f"{name}: not installed" in text or f"{name}: only on macOS" in text
        vm = "firecracker-ctr; `X07_BUNDLE=doctor` says what it lacks"
        other = "a bundle that is made with `--backend firecracker-ctr`"
        assert f"in a VM: {vm if wanted == 'firecracker-ctr' else other}" in text
        assert ("in a container: X07_VM_BACKEND=" if accepted else CONSENT) in text
    assert "x07 doctor" not in text


# -- consent that was given is not asked for


def test_a_container_where_that_was_accepted(tmp_path: Path) -> None:
    text = unusable(tmp_path, accepted=True, env=by("firecracker"))
    assert ACCEPT not in text
    assert "in a container: X07_VM_BACKEND=podman or docker" in text
    assert "`x07 doctor`" in text.splitlines()[-1]


def test_another_container_than_the_one_that_is_not_there(tmp_path: Path) -> None:
    text = unusable(tmp_path, accepted=True, env=by("docker"))
    assert ACCEPT not in text
    assert "in a container: X07_VM_BACKEND=podman\n" in text


def test_no_container_either(tmp_path: Path) -> None:
    """Each was looked for, and says what it lacks."""
    text = unusable(tmp_path, OTHER, accepted=True)
    assert ACCEPT not in text
    assert "X07_VM_BACKEND" not in text
    assert text.splitlines()[-1] == "hint: install or start one of them; `x07 doctor` says how"


def test_an_engine_that_failed_where_a_container_was_accepted(tmp_path: Path) -> None:
    """A container that was asked something was accepted, or needed no consent."""
    program(tmp_path, "docker", DOWN)
    said = explained(tmp_path, by("docker"))
    assert "its daemon does not answer" in said
    assert ACCEPT not in said
    file(tmp_path, SOCKET)
    program(tmp_path, "firecracker-ctr", answers("no", 1))
    assert CONSENT in explained(tmp_path, by("firecracker"))
    assert ACCEPT not in explained(tmp_path, {**by("firecracker"), ACCEPT: "1"})


def explained(folder: Path, env: Mapping[str, str]) -> str:
    whole = {"PATH": str(folder / "bin"), **env}
    backend = table.from_env(whole["X07_VM_BACKEND"], whole)
    host = DEBIAN._replace(root=folder / "root")
    return choose.explained(EngineError("it failed"), backend, whole, host).render()


# -- what would be asked


def test_candidates_are_looked_for_and_not_asked(tmp_path: Path) -> None:
    for name in ("podman", "docker"):
        program(tmp_path, name, f"echo >'{tmp_path}/asked'")
    assert candidates(tmp_path, accepted=True) == ("podman", "docker")
    assert candidates(tmp_path, accepted=True, env=by("docker")) == ("docker",)
    assert not (tmp_path / "asked").exists()


@pytest.mark.usefixtures("apple", "docker")
def test_candidates_are_those_that_are_there(tmp_path: Path) -> None:
    assert candidates(tmp_path, MAC) == ("apple-container",)
    assert candidates(tmp_path, MAC, accepted=True) == ("apple-container", "docker")
    with pytest.raises(NoBackendError, match="no VM backend is usable here"):
        candidates(tmp_path)
    with pytest.raises(NoBackendError, match="the backend `podman` is not usable here"):
        candidates(tmp_path, accepted=True, env=by("podman"))
    with pytest.raises(RefusedError, match="isolates less than a VM"):
        candidates(tmp_path, env=by("docker"))


def candidates(
    folder: Path, host: Host = DEBIAN, *, accepted: bool = False, env: Mapping[str, str] = NOTHING
) -> tuple[str, ...]:
    whole = {"PATH": str(folder / "bin"), **env}
    return choose.candidates(whole, host._replace(root=folder / "root"), accepted)


# -- by system


@pytest.mark.parametrize("name", [None, "", " auto ", "AUTO"])
@pytest.mark.usefixtures("docker", "podman")
def test_linux(tmp_path: Path, name: str | None) -> None:
    more = {} if name is None else {"X07_VM_BACKEND": name}
    text = unusable(tmp_path, env=more)
    assert "no VM backend is usable here" in text
    assert "firecracker-ctr: not installed" in text
    assert all(way in text for way in BOTH)
    assert chosen(tmp_path, accepted=True, env=more) == "podman"


@pytest.mark.usefixtures("docker")
def test_linux_with_docker_alone(tmp_path: Path) -> None:
    program(tmp_path, "podman", answers("no", 1))
    assert chosen(tmp_path, accepted=True) == "docker"


def test_all_engines_are_down(tmp_path: Path) -> None:
    for name in ("podman", "docker"):
        program(tmp_path, name, DOWN)
    text = unusable(tmp_path, accepted=True)
    for name in ("firecracker-ctr", "podman", "docker"):
        assert f"  {name}: " in text


@pytest.mark.usefixtures("apple", "docker", "podman")
def test_macos(tmp_path: Path) -> None:
    assert chosen(tmp_path, MAC) == "apple-container"
    assert chosen(tmp_path, MAC, accepted=True) == "apple-container"
    assert "needs macOS 26; this is macOS 15.4" in unusable(tmp_path, OLD_MAC)
    assert chosen(tmp_path, OLD_MAC, accepted=True) == "podman"


def test_another_system(tmp_path: Path) -> None:
    text = unusable(tmp_path, DEBIAN._replace(system="freebsd"), accepted=True)
    assert "VM backend is not supported on this platform: `freebsd`" in text


# -- containerd: a VM by its runtime


@pytest.mark.usefixtures("containerd")
def test_a_runtime_that_is_no_vm_needs_consent(tmp_path: Path) -> None:
    runtime = {RUNTIME: RUNC}
    named = {"X07_VM_BACKEND": "firecracker-ctr", **runtime}
    assert "isolates less than a VM" in refused(tmp_path, env={**by("firecracker"), **runtime})
    assert "its runtime is no VM's, so it needs consent" in unusable(tmp_path, env=runtime)
    assert chosen(tmp_path, accepted=True, env=named) == "firecracker-ctr"
    assert chosen(tmp_path, accepted=True, env=runtime) == "firecracker-ctr"


@pytest.mark.usefixtures("containerd")
def test_a_vm_needs_kvm(tmp_path: Path) -> None:
    for runtime in ("aws.firecracker", "io.containerd.kata.v2", "io.containerd.kata-qemu.v2"):
        text = unusable(tmp_path, accepted=True, env={RUNTIME: runtime})
        assert "needs KVM: there is no /dev/kvm" in text
    text = refused(tmp_path, env={**by("firecracker"), RUNTIME: "io.containerd.katana.v2"})
    assert "isolates less than a VM" in text


# -- what a bundle was made for


@pytest.mark.usefixtures("docker", "podman", "apple")
def test_a_bundle_runs_in_what_it_was_made_for(tmp_path: Path) -> None:
    assert chosen(tmp_path, MAC, "apple-container") == "apple-container"
    assert chosen(tmp_path, DEBIAN, "docker", accepted=True) == "docker"
    assert "isolates less than a VM" in refused(tmp_path, DEBIAN, "docker")
    same = chosen(tmp_path, MAC, "apple-container", env=by("container"))
    assert same == "apple-container"


@pytest.mark.usefixtures("docker", "podman", "apple")
def test_another_backend_than_that_of_a_bundle(tmp_path: Path) -> None:
    text = refused(tmp_path, MAC, "docker", env=by("apple-container"))
    assert "this was made for the backend `docker`, but X07_VM_BACKEND=apple-container" in text
    other = chosen(tmp_path, MAC, "docker", accepted=True, env=by("podman"))
    assert other == "podman"


def test_a_bundle_whose_backend_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoBackendError) as caught:
        chosen(tmp_path, DEBIAN, "docker", accepted=True)
    assert "not installed: no `docker` on PATH" in caught.value.render()


# -- whether it answers


def test_an_engine_that_answers(tmp_path: Path) -> None:
    program(tmp_path, "docker", answers("28.2.2"))
    answering(tmp_path, 20_000)
    program(tmp_path, "docker", DOWN)
    with pytest.raises(NoBackendError, match="the backend `docker` is not usable here"):
        answering(tmp_path, 20_000)


def test_an_engine_that_hangs(tmp_path: Path) -> None:
    program(tmp_path, "docker", engines.HANGS)
    with pytest.raises(NoBackendError) as caught:
        answering(tmp_path, 200)
    said = caught.value.render()
    assert "gave no answer within 0.2 s" in said
    assert "hint: to mend it: sudo systemctl restart docker" in said


def answering(folder: Path, wall_ms: int) -> None:
    install(folder / "root/usr/sbin", "dockerd", ":")
    env = {"PATH": str(folder / "bin")}
    host = DEBIAN._replace(root=folder / "root")
    backend = table.from_env("docker", env)
    choose.check_answer(backend, env, host, wall_ms)


# -- why an engine failed


def test_a_failure_is_explained(tmp_path: Path) -> None:
    program(tmp_path, "docker", DOWN)
    env = {"PATH": str(tmp_path / "bin"), "X07_VM_BACKEND": "docker"}
    host = DEBIAN._replace(root=tmp_path / "root")
    backend = choose.choose(env, host, accepted=True)
    failure = EngineError("`docker image inspect` failed")
    said = choose.explained(failure, backend, env, host).render()
    assert "its daemon does not answer: Cannot connect to the Docker daemon." in said
    program(tmp_path, "docker", answers("28.2.2"))
    assert choose.explained(failure, backend, env, host) is failure
