"""What a report is made of, beside what golden files show."""

from pathlib import Path

from tests.unit.vm.machines import DEBIAN
from x07bundle.doctor import report
from x07bundle.doctor.check import Check
from x07bundle.doctor.needs import Needs

WSL = DEBIAN._replace(is_wsl=True)
CHECKS = (
    Check("one", False, "not there", "install one"),
    Check("two", True, "there", "never shown"),
    Check("three", False, "not there", "install three", needed=True),
    Check("four", False, "not there", "install one"),
    Check("five", False, "not there"),
)


def test_suggestions_begin_with_what_is_needed() -> None:
    assert report.suggestions(CHECKS) == ["install three", "install one"]


def test_only_what_is_needed_counts() -> None:
    assert not report.is_well(CHECKS)
    assert report.is_well([check._replace(needed=False) for check in CHECKS])


def test_a_fix_of_what_is_there_is_not_shown() -> None:
    assert "never shown" not in report.text(DEBIAN, Needs(), CHECKS)
    assert "never shown" not in str(report.document(DEBIAN, Needs(), CHECKS))


def test_wsl() -> None:
    assert report.text(WSL, Needs(), CHECKS).startswith("linux x86_64 debian under WSL; ")
    assert report.document(WSL, Needs(), CHECKS)["platform"]["wsl"] is True


def test_a_machine_without_a_distribution() -> None:
    host = DEBIAN._replace(system="macos", arch="aarch64", distro=None)
    needs = Needs(project=Path("x07.json"))
    heading = report.text(host, needs, CHECKS).splitlines()[0]
    assert heading == "macos aarch64; project x07.json: needs c_compiler"
    platform = report.document(host, needs, CHECKS)["platform"]
    assert platform == {"os": "macos", "arch": "aarch64"}
