"""Which variables a bundle reads: those that the pages name, in each mode, and no other."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.program_build import ROOT
from tests.unit.launcher import benches
from tests.unit.launcher.benches import Bench
from x07bundle.vm import engine_env
from x07bundle.vm.backends import table

PAGES: Final = ROOT / "docs/reference"
NAME: Final = re.compile(r"\b[A-Z][A-Z0-9_]*\b")
NOT_OF_BUNDLES: Final = "Not read by bundles"
OTHERS: Final = {"SECRET": "x", "X07_UNHEARD_OF": "x", "LANG": "de_AT", "X07_ANOTHER": "0"}
"""On no page, or for others than bundles."""
MODULE: Final = (sys.executable, "-m", "tests.unit.launcher.recording")


def section(page: str) -> str:
    """Of a page, what is below `Variables`."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return text.partition("\n## Variables\n")[2].partition("\n## ")[0]


def listed(text: str) -> set[str]:
    """Names in the first cells of tables, but for those that are not for bundles."""
    rows = [line.split("|")[1:] for line in text.splitlines() if line.startswith("| ")]
    return {
        name
        for cells in rows
        if not any(NOT_OF_BUNDLES in cell for cell in cells)
        for name in NAME.findall(cells[0])
    }


def engines() -> set[str]:
    """What leads to engines."""
    text = section("vm.md").partition("\nEngines are found by ")[2].partition("\n\n")[0]
    return {name for name in NAME.findall(text) if name != "X07"}


def documented() -> set[str]:
    return listed(section("vm.md")) | listed(section("vm-bundle.md")) | engines()


class Reads(NamedTuple):
    """`rounds`: how often all names were gone through."""

    names: set[str]
    rounds: int
    status: int


def reads(bench: Bench, *arguments: str, **variables: str) -> Reads:
    notes = bench.folder / "notes"
    done = subprocess.run(
        (*MODULE, str(notes), str(bench.app), *arguments),
        cwd=bench.folder,
        env=bench.variables(**{**OTHERS, **variables}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == b"" or done.returncode > 100, done.stderr
    told: dict[str, Any] = json.loads(notes.read_text())
    return Reads(set(told["read"]), told["rounds"], done.returncode)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = benches.bench(tmp_path / "bench")
    made.make(env__enabled=True, env__allow_keys=["GREETING", "X07_ANOTHER"])
    return made


def test_the_pages_name_some() -> None:
    """Else there would be nothing to compare."""
    assert {"X07_BUNDLE", "X07_TRACEBACK"} <= listed(section("vm-bundle.md"))
    assert {"X07_VM_BACKEND", "X07_VM_STATE_DIR"} <= listed(section("vm.md"))
    assert not {*OTHERS, "GREETING", "X07_SANDBOX_BACKEND"} & documented()


def test_a_start_reads_what_is_documented_and_granted(bench: Bench) -> None:
    """The names of all are gone through twice: X07_OS_* are refused, and where another X07_*
    changes, a start is decided anew. Of what a policy names, ours is nobody's."""
    found = reads(bench, "say", "x")
    assert (found.status, found.rounds) == (0, 2)
    assert found.names - documented() == {"GREETING", "X07_UNHEARD_OF", "X07_ANOTHER"}
    assert {"X07_BUNDLE", "X07_VM_BACKEND", "X07_VM_STATE_DIR", "PATH"} <= found.names


@pytest.mark.parametrize("mode", ["inspect", "verify", "doctor"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_looking_at_a_bundle_reads_what_is_documented(bench: Bench, mode: str, form: str) -> None:
    rounds = int(mode == "doctor")  # which says what a start refuses
    found = reads(bench, X07_BUNDLE=mode, X07_BUNDLE_FORMAT=form)
    assert (found.names - documented(), found.rounds) == (set(), rounds)
    assert {"X07_BUNDLE", "X07_BUNDLE_FORMAT"} <= found.names


@pytest.mark.parametrize("mode", ["run", "doctor"])
@pytest.mark.parametrize("backend", sorted(table.DRIVEN - {"docker"}))
def test_other_backends_read_what_is_documented(bench: Bench, mode: str, backend: str) -> None:
    """None of them is here."""
    rounds = int(mode == "doctor")  # which says what a start refuses
    found = reads(bench, X07_BUNDLE=mode, X07_VM_BACKEND=backend, PATH=bench.docker.path)
    assert found.status == 126
    assert (found.names - documented(), found.rounds) == (set(), rounds)
    assert "X07_VM_BACKEND" in found.names


@pytest.mark.parametrize("variables", [{"X07_BUNDLE": "peek"}, {"X07_VM_GUEST_IMAGE": "other:1"}])
def test_a_refusal_reads_what_is_documented(bench: Bench, variables: dict[str, str]) -> None:
    found = reads(bench, **variables)
    assert found.status == 125
    assert found.names - documented() == set()


def test_clients_of_engines_get_what_the_page_says() -> None:
    assert engines() == engine_env.PASSED


def test_the_pages_agree() -> None:
    text = (PAGES / "vm-backends.md").read_text(encoding="utf-8")
    found = listed(text.partition("| variable |")[2].partition("\n\n")[0])
    assert "X07_VM_BACKEND" in found
    assert found <= listed(section("vm.md"))


# -- what the executable reads, before there is Python

LAUNCHER: Final = ROOT / "stubs/launcher"
LOOKED_FOR: Final = re.compile(r"x07_variable\([^,()]*, ((?:[^()]|\([^()]*\))*)\)(?! *\n\{)")
TEXT: Final = re.compile(r'x07_text_of\((?:"([^"]*)"|([A-Z_]+))\)')
OF_RECORDS: Final = {
    ("client.c", "field.value"),
    ("conditions.c", "name"),
    ("conditions.c", "value"),
}
"""Names that a record of `start_conditions` has, or that a policy grants."""
WHOLE: Final = {"conditions.c", "proper.c", "variables.c"}
"""Which go through all: for X07_*, to veil them, to find one."""


def test_the_executable_reads_what_is_documented() -> None:
    found: set[str] = set()
    others: set[tuple[str, str]] = set()
    for path in sorted(LAUNCHER.glob("*.c")):
        source = path.read_text()
        for name in LOOKED_FOR.findall(source):
            text = TEXT.fullmatch(name)
            if text is None:
                others.add((path.name, name))
            else:
                found.add(text[1] or defined(source, text[2]))
    assert found == {"X07_VM_STATE_DIR", "HOME"}
    assert found <= documented()
    assert others == OF_RECORDS


def defined(source: str, name: str) -> str:
    found = re.search(rf'^#define {name} "([^"]*)"$', source, re.MULTILINE)
    assert found is not None
    return found[1]


def test_nothing_else_of_the_executable_reads_them() -> None:
    sources = {path.name: path.read_text() for path in LAUNCHER.glob("*.c")}
    through = re.compile(r"\benvironment\[|\*environment !=|= \w+->environment;")
    assert {name for name, text in sources.items() if through.search(text)} == WHOLE
    assert not [
        name for name, text in sources.items() if re.search(r"\bgetenv\b|\benviron\b", text)
    ]
