"""What doctor prints on machines of every kind, as text and as JSON."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import jsonschema
import pytest

from tests.unit.doctor.benches import no_header, no_zig, real_compiler, with_network_libraries
from tests.unit.doctor.golden import compare, one_check_a_line, plain
from tests.unit.native.stub_sources import needs_cc
from tests.unit.project.projects import write
from tests.unit.vm.machines import (
    ALPINE,
    DEBIAN,
    FEDORA,
    WALL_MS,
    answers,
    file,
    program,
)
from x07bundle.doctor import report
from x07bundle.doctor.examine import examine
from x07bundle.doctor.needs import of_project
from x07bundle.files import json_compact
from x07bundle.host import Host
from x07bundle.vm.kvm import Kvm
from x07bundle.vm.preflight import Machine

ROOT: Final = Path(__file__).resolve().parents[3]
SCHEMA: Final = ROOT / "x07bundle/schemas/x07.doctor.report@0.1.0.schema.json"
NO_KVM: Final = Kvm("there is no /dev/kvm")
SANDBOX: Final = {"world": "run-os-sandboxed", "policy": "policy.json"}


class Scene(NamedTuple):
    """A machine, with the project in its folder. `make` puts programs on PATH."""

    host: Host
    make: Callable[[Path], None]
    members: Mapping[str, object] | None = None
    kvm: Kvm = NO_KVM
    exit_code: int = 0


def whole(folder: Path) -> None:
    """Nothing is missing."""
    real_compiler(folder, before=with_network_libraries(folder))
    real_compiler(folder, "musl-gcc", 'test "$5" = -static && set -- program.c -o program')
    program(folder, "docker", answers("28.2.2"))
    program(folder, "podman", answers("4.3.1"))
    program(folder, "qemu-system-x86_64", answers("QEMU emulator version 7.2.19"))
    program(folder, "virtiofsd", "exit 0")
    program(folder, "firecracker-ctr", answers("Version: v1.7.2"))
    file(folder, "run/firecracker-containerd/containerd.sock")


def no_compiler(folder: Path) -> None:
    program(folder, "podman", answers("4.3.1"))


def no_headers(folder: Path) -> None:
    real_compiler(folder, before=no_header("curl/curl.h"))
    real_compiler(folder, "musl-gcc", 'test "$5" = -static && set -- program.c -o program')


def no_backend(folder: Path) -> None:
    """PATH is empty of engines."""
    real_compiler(folder, before=with_network_libraries(folder))
    real_compiler(folder, "musl-gcc", 'test "$5" = -static && set -- program.c -o program')


def broken_engines(folder: Path) -> None:
    no_backend(folder)
    program(folder, "docker", answers("permission denied while trying to connect", 1))
    program(folder, "podman", answers("3.4.4"))
    program(folder, "qemu-system-x86_64", answers("QEMU emulator version 7.2.19"))
    program(folder, "firecracker-ctr", answers("Version: v1.7.2"))


SCENES: Final = {
    "whole": Scene(DEBIAN, whole, {"link": {"static": True, "libs": ["curl"]}}, Kvm()),
    "no_compiler": Scene(ALPINE, no_compiler, {}, exit_code=1),
    "no_headers": Scene(FEDORA, no_headers, {"link": {"libs": ["curl", "ssl"]}}, exit_code=1),
    "no_backend": Scene(DEBIAN, no_backend, {"profiles": {"dev": SANDBOX}}, exit_code=1),
    "broken_engines": Scene(DEBIAN, broken_engines),
    "broken_project": Scene(
        DEBIAN, no_backend, {"entry": "main.txt", "world": "mars"}, exit_code=1
    ),
}


@pytest.fixture(autouse=True)
def _no_zig(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with no_zig(monkeypatch):
        yield


@needs_cc
@pytest.mark.parametrize("name", sorted(SCENES))
def test_golden(name: str, tmp_path: Path) -> None:
    scene = SCENES[name]
    scene.make(tmp_path)
    env = {
        "PATH": str(tmp_path / "bin"),
        "TMPDIR": str(tmp_path),
        "X07_CACHE_DIR": str(tmp_path / "cache"),
    }
    host = scene.host._replace(root=tmp_path / "root")
    project = None if scene.members is None else write(tmp_path, **scene.members)
    needs = of_project(project, None, env)
    checks = examine(Machine(host, env, scene.kvm, WALL_MS), needs)
    document = report.document(host, needs, checks)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert report.is_well(checks) == document["ok"] == (scene.exit_code == 0)
    compare(f"{name}.txt", plain(report.text(host, needs, checks), tmp_path))
    lines = one_check_a_line(json_compact(document))
    compare(f"{name}.json", plain(lines, tmp_path))
