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
from tests.denial_cases import (
    POLICY,
    Case,
    cases,
    encoded,
    of_the_network,
    prepare,
    program,
)
from tests.unit.native.stub_sources import needs_cc
from tests.unit.runtime.processes import caps as process_caps
from tests.unit.runtime.processes import request
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_environment import variables
from x07bundle.contract.policy_reading import parse
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.policy.explain import Question, decoded
from x07bundle.policy.explain import encoded as questions
from x07bundle.policy.suggestion import Denial, suggest
from x07bundle.policy.templates import base_policy
from x07bundle.run.sandbox import Sandbox, child_environment
from x07bundle.run.told import denials, limit

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
    return [] if case.asked is None else [asked(toolchain, case.fields, case.asked, folder)]


def asked(toolchain: Toolchain, fields: dict[str, object], question: Question, folder: Path) -> str:
    lines = ask(toolchain, variables(policy(fields)), folder, questions([question]))
    [answer] = decoded([question], lines)
    assert not answer.granted
    return answer.in_words()


def rows(name: str, lines: list[str]) -> list[str]:
    return [f"{name if number == 0 else '':9}{line}" for number, line in enumerate(lines)]


def seen(executable: Path, toolchain: Toolchain, case: Case, folder: Path) -> list[str]:
    reported = denials(run(executable, case, folder))
    assert reported, case
    told = on_stderr(executable, case, folder)
    check_words(reported, told, explained(toolchain, case, folder))
    check_grants(reported, document(case.fields))
    return [
        *rows("policy", fields_of(case.fields)),
        *rows("stderr", told),
        *rows("report", [json.dumps(one, ensure_ascii=False) for one in reported]),
        *rows("explain", explained(toolchain, case, folder)),
        "",
    ]


def fields_of(fields: dict[str, object]) -> list[str]:
    return [f"{field} = {json.dumps(value)}" for field, value in fields.items()]


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


def check_grants(reported: list[dict[str, str]], base: dict[str, Any]) -> None:
    """What they say makes a valid policy of the one that denied, or they say that nothing does."""
    for one in reported:
        for refused in suggest(base, [Denial(**one)]).refused:
            assert "would not be valid" not in refused.why, one
            assert "does not say" not in refused.why, one


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
    for fields, question in of_the_network():
        said = asked(toolchain, fields, question, tmp_path)
        lines += [*rows("policy", fields_of(fields)), *rows("explain", [said]), ""]
    text = "\n".join([*lines, *rows("usual", fields_of(POLICY))]) + "\n"
    if os.environ.get("X07_UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


# -- limits


@pytest.mark.parametrize(
    ("asked_ms", "met"), [(0, {"field": "process.max_runtime_ms", "value": 50}), (20, None)]
)
def test_a_process_that_runs_too_long(
    executable: Path, tmp_path: Path, asked_ms: int, met: dict[str, Any] | None
) -> None:
    """The policy's time is told, the program's own is not."""
    fields: dict[str, object] = {
        "process.max_runtime_ms": 50,
        "process.allow_execs": ["/bin/sleep"],
        "process.allow_args_regex_lite": [],
    }
    target, caps = request("/bin/sleep", "60"), process_caps(timeout_ms=asked_ms)
    case = Case("os.process.run_capture_v1", target, fields, caps=caps)
    assert limit(run(executable, case, tmp_path)) == met


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


def members(name: str) -> set[str]:
    """What reports have under `name`."""
    return {json.loads(line)[name] for line in golden("report") if line.startswith("{")}


def test_every_field_is_there() -> None:
    """Those of the network in what `explain` says."""
    sections = "fs|env|time|process|threads|net|db"
    fields = found(rf'"((?:{sections})\.[a-z_]+)"')
    said = "\n".join(golden("explain"))
    of_the_network = {field for field in fields if field.startswith("net.")}
    assert fields - of_the_network == members("field")
    assert {field for field in of_the_network if field not in said} == set()


def test_every_operation_is_there() -> None:
    heads = found(r'"(os\.(?:fs|env|time|process)\.[a-z_0-9]+)"')
    assert heads == members("operation")


ELSEWHERE: Final = {"GRANTED", "IS_ON", "NOT_BY_NAME", "NOT_HTTP"}
"""No denial; what the environment of a bundle may not widen (test_policy_narrowing.py); what shows
when a name is looked up, or a URL is fetched, which no head of this version does."""


def test_every_reason_is_there() -> None:
    texts = re.findall(r'\[X07_(\w+)\] = \{\s*"([^"]*)"', (SOURCES / "denial.c").read_text())
    lines = [line for line in golden("stderr") + golden("explain") if "denied: " in line]
    told = {name for name, text in texts if any(re.search(shape(text), line) for line in lines)}
    assert len(texts) > 20
    assert {name for name, _ in texts} - told == ELSEWHERE


def shape(text: str) -> str:
    """Of a reason within a sentence."""
    escaped = re.escape(text).replace("\\%", "%").replace("%f", r"[a-z_]+\.[a-z_]+")
    return ": " + re.sub(r"%.", ".+", escaped) + "; grant: "


def test_every_trap_is_there() -> None:
    """Of those that a denial gives."""
    traps = found(r'"([a-z_.0-9 ]*(?: by policy| denied| not allowed| exceeds policy [a-z_]+))"')
    assert len(traps) > 5
    told = "\n".join(golden("stderr"))
    assert {trap for trap in traps if trap not in told} == set()
