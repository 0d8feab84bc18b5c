"""Tables of backends in the documentation, and what the backends say of themselves."""

import re
from pathlib import Path
from typing import Final

from x07bundle.vm import overview
from x07bundle.vm.backends import table
from x07bundle.vm.overview import Overview, Row
from x07bundle.vm.preflight import Verdict
from x07bundle.vm.probes import DRIVEN, probes

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
PACKAGE: Final = DOCS.parent / "x07bundle"
VARIABLE: Final = re.compile(r"\bX07_(?:VM|BUNDLE)(?:_[A-Z]+)*\b")
USABLE: Final = 1
"""The column of `x07 vm backends` that is no page's matter."""


def rows(page: str, first: str) -> list[list[str]]:
    """Cells of the table whose heading begins with `first`, the heading too."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"^\|{re.escape(first)}\|.*(?:\n\|.*)*", text, re.MULTILINE)
    assert found is not None
    lines = found.group().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells[0], *cells[2:]]


def test_the_guide_has_what_the_command_prints() -> None:
    every = tuple(
        Row(probe, Verdict(True, ""), table.from_env(probe.backend, {}).caps)
        if probe.backend in DRIVEN
        else Row(probe, Verdict(True, ""), None)
        for probe in probes({}, "x86_64")
    )
    printed = overview.text(Overview(every, None, "none")).split("\n\n")[1].splitlines()
    expected = [re.split(r" {2,}", line) for line in printed]
    for line in expected:
        del line[USABLE]
    assert rows("guides/vm-backends.md", " backend ") == expected


def test_the_reference_has_what_backends_say() -> None:
    heading, *lines = rows("reference/vm-backends.md", " | firecracker-ctr ")
    said = {line[0]: dict(zip(heading[1:], line[1:], strict=True)) for line in lines}
    assert set(heading[1:]) == DRIVEN
    for name in sorted(DRIVEN):
        caps = table.from_env(name, {}).caps
        flags = {
            "a kernel of its own": caps.isolation == "vm",
            "processes": caps.pids,
            "a list of hosts": caps.allow_hosts,
            "another user than root": caps.users,
        }
        assert {key: said[key][name] for key in flags} == {
            key: "yes" if value else "no" for key, value in flags.items()
        }
        assert said["an image is pinned by"][name] == ", ".join(sorted(caps.digest_kinds))
        assert ("mounted" in said["folders of the host"][name]) == caps.host_mounts


def test_every_variable_is_in_the_reference() -> None:
    """And none that nobody reads."""
    sources = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    read = {name for text in sources for name in VARIABLE.findall(text)}
    pages = [DOCS / "reference" / name for name in ("vm.md", "vm-bundle.md", "doctor.md")]
    told = {name for page in pages for name in VARIABLE.findall(page.read_text(encoding="utf-8"))}
    assert read == told
