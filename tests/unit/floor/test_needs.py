"""Tests that find no engine: skipped, or failed where all engines have to be there."""

import re
from collections.abc import Callable
from typing import Final

import pytest

from tests import needs
from tests.live import engines, registries
from tests.program_build import ROOT

SKIPPED: Final = pytest.skip.Exception
FAILED: Final = pytest.fail.Exception
INSTALLS: Final = (ROOT / ".ci/engines").read_text()


@pytest.mark.parametrize(
    ("value", "outcome"), [(None, SKIPPED), ("", SKIPPED), ("0", SKIPPED), ("1", FAILED)]
)
@pytest.mark.parametrize("need", [engines.need, registries.need, needs.missing])
def test_what_is_missing(
    need: Callable[[str], object],
    value: str | None,
    outcome: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(needs.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(needs.VARIABLE, value)
    with pytest.raises(outcome, match="nothing-like-it"):
        need("nothing-like-it")


@pytest.mark.parametrize(
    "tool",
    ["docker", "dockerd", "podman", "containerd", "skopeo", "docker-registry", "nginx", "strace"],
)
def test_what_is_installed(tool: str) -> None:
    """And looked for: else a machine that has the others would never get it."""
    looked_for = INSTALLS.partition("for tool in ")[2].partition("; do")[0].split()
    assert tool in looked_for


def test_no_live_test_is_skipped_for_want_of_what_is_installed() -> None:
    """But by `missing`, which may fail it."""
    found = [
        reason
        for path in sorted((ROOT / "tests/live").glob("*.py"))
        for reason in re.findall(r'pytest\.skip\(\s*f?"no (\w+)', path.read_text())
    ]
    assert sorted(found) == ["IPv6", "dpkg", "gpgv", "openssl"]
