"""Denials as people see them: golden/denials.txt has every one, for reading at once.

A denial is told in up to three places: on stderr, by a trap or where `X07_OS_DENIALS=stderr` asks
for it; in the report's `policy_denials`; by `x07 policy explain`. They use the same words.

X07_UPDATE_GOLDEN=1 writes the golden file anew.
"""

import copy
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bundling import ROOT, Tool, write_json
from tests.denial_cases import POLICY, Case, cases, encoded, prepare, program
from tests.unit.native.stub_sources import needs_cc
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_environment import variables
from x07bundle.contract.policy_reading import parse
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.policy.explain import decoded
from x07bundle.policy.explain import encoded as questions
from x07bundle.policy.templates import base_policy
from x07bundle.run.sandbox import Sandbox, child_environment
from x07bundle.run.told import denials

pytestmark = needs_cc

GOLDEN: Final = Path(__file__).parent / "golden" / "denials.txt"
SOURCES: Final = ROOT / "stubs" / "runtime" / "src"


# -- the policies


def document(fields: dict[str, object]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(base_policy("cli", None))
    for field, value in {**POLICY, **fields}.items():
        section, _, name = field.partition(".")
        if name:
            made[section][name] = copy.copy(value)
        else:
            made[section] = value
    return made


def policy(fields: dict[str, object]) -> Policy:
    made, problems = parse(document(fields))
    assert made is not None, problems
    return made


# -- how a denial is seen


@pytest.fixture(scope="module")
def toolchain(x07_cache: Path) -> Toolchain:
    return open_toolchain({**os.environ, "X07_CACHE_DIR": str(x07_cache)})


@pytest.fixture(scope="module")
def executable(x07_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, as `x07 run` would start it."""
    folder = tmp_path_factory.mktemp("denials")
    write_json(folder / "main.x07.json", program())
    write_json(folder / "policy.json", document({}))
    words = ("--program", "main.x07.json", "--world", "run-os-sandboxed", "--policy", "policy.json")
    backend = ("--sandbox-backend", "none", "--i-accept-weaker-isolation")
    tool = Tool(folder, x07_cache)
    done = tool("run", *words, *backend, "--compiled-out", "app")
    assert (folder / "app").is_file(), done
    return folder / "app"


def run(executable: Path, case: Case, folder: Path, **more: str) -> bytes:
    """Its stderr."""
    environment = child_environment(Sandbox("none", policy(case.fields)), {})
    done = subprocess.run(
        [executable],
        input=encoded(case),
        env=environment | more,
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 132), (case, done)
    return done.stderr


def on_stderr(executable: Path, case: Case, folder: Path) -> list[str]:
    """Without the line for runners, and where in the program it was."""
    said = run(executable, case, folder, X07_OS_DENIALS="stderr").decode()
    lines = [line for line in said.splitlines() if not line.startswith(("{", "  in "))]
    return [re.sub(r" ptr=\S+$", "", line).replace(str(folder), "/here") for line in lines]


def explained(toolchain: Toolchain, case: Case, folder: Path) -> list[str]:
    if case.asked is None:
        return []
    lines = ask(toolchain, variables(policy(case.fields)), folder, questions([case.asked]))
    return [answer.in_words() for answer in decoded([case.asked], lines)]


def rows(name: str, lines: list[str]) -> list[str]:
    return [f"{name if number == 0 else '':9}{line}" for number, line in enumerate(lines)]


def seen(executable: Path, toolchain: Toolchain, case: Case, folder: Path) -> list[str]:
    reported = denials(run(executable, case, folder))
    assert reported, case
    changed = [f"{field} = {json.dumps(value)}" for field, value in case.fields.items()]
    told = on_stderr(executable, case, folder)
    check_words(reported, told, explained(toolchain, case, folder))
    return [
        *rows("policy", changed),
        *rows("stderr", told),
        *rows("report", [json.dumps(one, ensure_ascii=False) for one in reported]),
        *rows("explain", explained(toolchain, case, folder)),
        "",
    ]


def check_words(reported: list[dict[str, str]], told: list[str], answers: list[str]) -> None:
    """The sentence on stderr ends with the grant of the report, and `explain` with its reason."""
    sentences = [line.strip().removeprefix("x07: ") for line in told if "denied: " in line]
    assert len(sentences) == len(reported)
    for sentence, one in zip(sentences, reported, strict=True):
        of = f" of `{one['target']}`" if one["target"] else ""
        head = f"denied: {one['operation']}{of}: "
        assert sentence.startswith(head)
        assert sentence.endswith(f"; grant: {one['grant']}")
        for answer in answers:
            assert answer.endswith(": denied: " + sentence.removeprefix(head))


HEAD: Final = """\
Every denial of a sandboxed program, as people see it: on stderr (a trap; else with
X07_OS_DENIALS=stderr), in the report's policy_denials, by `x07 policy explain`. `policy` is what
differs from the usual policy of these cases, which is at the end.
"""


def test_every_denial_reads_well(executable: Path, toolchain: Toolchain, tmp_path: Path) -> None:
    lines = [HEAD]
    for number, case in enumerate(cases()):
        folder = tmp_path / str(number)
        folder.mkdir()
        prepare(folder)
        lines += seen(executable, toolchain, case, folder)
    usual = [f"{field} = {json.dumps(value)}" for field, value in POLICY.items()]
    text = "\n".join([*lines, *rows("usual", usual)]) + "\n"
    if os.environ.get("X07_UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


# -- every one of them


def sources() -> dict[str, str]:
    """The runtime, without the words, the table of variables, and the layers of the kernel."""
    without = re.compile(r"confine.*|denial\.c|policy_table\.c")
    paths = [path for path in sorted(SOURCES.glob("*.c")) if not without.fullmatch(path.name)]
    return {path.name: path.read_text() for path in paths}


def found(pattern: str) -> set[str]:
    return {one for text in sources().values() for one in re.findall(pattern, text)}


def golden(name: str) -> list[str]:
    """The lines of a row."""
    lines = GOLDEN.read_text().splitlines()
    return [line[9:].strip() for line in lines if line.startswith((name, " "))]


NETWORK: Final = "net."
"""No head of this version asks about it; `explain` does (test_policy_agreement_hosts.py)."""


def test_every_field_is_there() -> None:
    sections = "fs|env|time|process|threads|net|db"
    fields = found(rf'"((?:{sections})\.[a-z_]+)"')
    reported = {json.loads(line)["field"] for line in golden("report") if line.startswith("{")}
    assert {field for field in fields if not field.startswith(NETWORK)} == reported


def test_every_operation_is_there() -> None:
    heads = found(r'"(os\.(?:fs|env|time|process)\.[a-z_0-9]+)"')
    reported = {json.loads(line)["operation"] for line in golden("report") if line.startswith("{")}
    assert heads == reported


def test_every_reason_is_there() -> None:
    texts = re.findall(r'\[X07_(\w+)\] = \{\s*"([^"]*)"', (SOURCES / "denial.c").read_text())
    told = [
        name
        for name, text in texts
        if any(re.search(shape(text), line) for line in golden("stderr") if "denied: " in line)
    ]
    elsewhere = {"GRANTED", *reasons_of_the_network()}
    assert {name for name, _ in texts} - elsewhere == set(told) - elsewhere


def shape(text: str) -> str:
    """Of a reason within a sentence."""
    return ": " + re.sub(r"%.", ".+", re.escape(text).replace("\\%", "%")) + "; grant: "


def reasons_of_the_network() -> set[str]:
    """Those that no other source gives."""
    given: dict[str, set[str]] = {}
    for file, text in sources().items():
        for name in re.findall(r"\bX07_([A-Z_]+)\b", text):
            given.setdefault(name, set()).add(file)
    hosts = re.compile(r"net_|policy_(net|hosts|narrow|beneath)")
    return {name for name, files in given.items() if all(hosts.match(file) for file in files)}


def test_every_trap_is_there() -> None:
    """Of those that a denial gives."""
    traps = found(r'"([a-z_.0-9 ]*(?: by policy| denied| not allowed| exceeds policy [a-z_]+))"')
    assert len(traps) > 5
    told = "\n".join(golden("stderr"))
    assert {trap for trap in traps if trap not in told} == set()
