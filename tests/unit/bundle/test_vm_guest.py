"""What a VM bundle is pinned to, where its image is embedded: no engine is asked."""

from pathlib import Path

import pytest

from tests.unit.image.layouts import BASE, contents, made
from x07bundle.bundle import vm_guest
from x07bundle.bundle.vm_request import VmRequest
from x07bundle.errors import UsageError
from x07bundle.vm.choose import VARIABLE
from x07bundle.vm.failures import NoBackendError

NAME = "x07.test/guest:1"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    made(tmp_path / "guest.tar", contents(layers={"distribution": BASE}), name=NAME)
    return tmp_path / "guest.tar"


def request(archive: Path, backend: str | None) -> VmRequest:
    return VmRequest(backend=backend, where="host", embed=archive)


@pytest.mark.parametrize(
    ("option", "variable", "backend", "kind"),
    [
        ("podman", "docker", "podman", "config"),
        ("firecracker", "docker", "firecracker-ctr", "manifest"),
        (None, "docker", "docker", "config"),
        ("docker", "no backend", "docker", "config"),
    ],
)
def test_the_option_goes_before_the_variable(
    archive: Path, option: str | None, variable: str, backend: str, kind: str
) -> None:
    found = vm_guest.pinned(request(archive, option), False, {VARIABLE: variable})
    assert (found.backend, found.guest.kind, found.place) == (backend, kind, None)
    assert (found.guest.reference, set(found.guest.digests)) == (NAME, {"config", "manifest"})


@pytest.mark.parametrize("option", ["qemu", "vz", "dokcer", ""])
def test_an_option_that_names_none(archive: Path, option: str) -> None:
    with pytest.raises(UsageError, match=f"`--backend`.*`{option}`"):
        vm_guest.pinned(request(archive, option), True, {VARIABLE: "docker"})


@pytest.mark.parametrize("variable", ["qemu", "dokcer"])
def test_a_variable_that_names_none(archive: Path, variable: str) -> None:
    with pytest.raises(NoBackendError, match=variable):
        vm_guest.pinned(request(archive, None), True, {VARIABLE: variable})
