"""The reference page has every check and every backend."""

from pathlib import Path

from tests.unit.vm.machines import DEBIAN
from x07bundle.doctor import backends, compilers, kernel
from x07bundle.vm.probes import probes

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/doctor.md"


def test_every_check_is_in_the_reference() -> None:
    engines = [backends.OF_BACKEND + probe.backend for probe in probes({}, "x86_64")]
    layers = [check.name for check in kernel.checks(DEBIAN)]
    tools = [compilers.COMPILER, compilers.STATIC, compilers.NETWORK]
    text = PAGE.read_text()
    names = [*tools, *layers, *engines, backends.BOUNDARY, "kvm", "project"]
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_versions_of_the_reference_are_those_of_the_probes() -> None:
    text = PAGE.read_text()
    rows = {probe.backend: probe for probe in probes({}, "x86_64") if probe.packages}
    for backend, probe in rows.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `vm.{backend}` |"))
        assert ".".join(str(number) for number in probe.oldest) in row
