"""What is suggested is what the runtime asks for: answers of `x07 policy explain`, taken as
denials, lead to a policy that grants what they were about; without any part of it one is denied.

Of files, variables, programs and the network, since the probe needs no program for it.
"""

import copy
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.contract.policies import policy
from tests.unit.native.stub_sources import needs_cc
from x07bundle.contract.policy_environment import variables
from x07bundle.contract.policy_reading import parse
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.policy.explain import Answer, Question, decoded, encoded
from x07bundle.policy.granting import Document, operations
from x07bundle.policy.suggestion import Denial, Suggestion, suggest

pytestmark = needs_cc

MOST_ROUNDS: Final = 6

GRANTABLE: Final[dict[str, list[Question]]] = {
    "read": [Question("read", "/srv/data/a"), Question("read", "/srv/b")],
    "read a folder": [Question("read", "/srv/data", True), Question("read", "/srv/data/a")],
    "write": [Question("write", "tmp/a"), Question("write", "tmp/b/c")],
    "make a folder": [Question("write", "tmp/new", True)],
    "env": [Question("env", "HOME"), Question("env", "LANG")],
    "exec": [Question("exec", "/bin/true"), Question("exec", "tools/run")],
    "connect to a name": [Question("connect", "API.example.com.:443")],
    "connect to addresses": [
        *(Question("connect", "2130706433:80"), Question("connect", "[::1]:80")),
        *(Question("connect", "127.0.0.1:81"), Question("connect", "10.1.2.3:80")),
    ],
    "connect to ports": [Question("connect", f"a.example:{port}") for port in (80, 443, 8080)],
    "send": [Question("send", "a.example:53"), Question("send", "127.0.0.1:53")],
    "listen": [Question("listen", "127.0.0.1:8080"), Question("listen", "[::1]:8080")],
}
BESIDE: Final = {"process.max_live", "process.max_spawns", "process.max_runtime_ms"}
"""What no policy is valid without, and `explain` does not ask about."""

LEFT: Final = [
    *(Question("read", "/srv/.env"), Question("read", "data/../a"), Question("write", "/a")),
    *(Question("connect", "169.254.169.254:80"), Question("connect", "0.0.0.0:80")),
    *(Question("connect", "a.example:0"), Question("connect", "user@a.example:80")),
    *(Question("listen", "a.example:80"), Question("connect", "[fd00:ec2::254]:80")),
]


@pytest.fixture(scope="module")
def toolchain(x07_cache: Path) -> Toolchain:
    return open_toolchain({**os.environ, "X07_CACHE_DIR": str(x07_cache)})


def template() -> Document:
    return policy("cli", fs__read_roots=["data"])


def denied(
    toolchain: Toolchain, document: Document, questions: Sequence[Question], folder: Path
) -> list[Answer]:
    made, problems = parse(document)
    assert made is not None, problems
    lines = ask(toolchain, variables(made), folder, encoded(questions))
    return [answer for answer in decoded(questions, lines) if not answer.granted]


def suggested(document: Document, answers: Sequence[Answer]) -> Suggestion:
    denials = [
        Denial(one.question.kind, one.question.target, one.field, one.grant) for one in answers
    ]
    return suggest(document, denials)


def lessened(final: Document) -> Iterator[tuple[str, Document]]:
    """The policy without one of the grants that the template has not."""
    base: Any = template()
    for operation in operations(base, final):
        for place in operation.places:
            section, _, name = place.field.partition(".")
            made = copy.deepcopy(final)
            if place.field == "net.allow_hosts":
                _take_port(made["net"]["allow_hosts"], place.item)
            elif place.item:
                made[section][name].remove(place.item)
            else:
                made[section][name] = base[section][name]
            if place.field not in BESIDE:
                yield f"{place.field} {place.item}", made


def _take_port(entries: list[Document], item: str) -> None:
    host, _, port = item.rpartition(":")
    [entry] = [entry for entry in entries if entry["host"] == host]
    entry["ports"].remove(int(port))
    if not entry["ports"]:
        entries.remove(entry)


@pytest.mark.parametrize("name", GRANTABLE)
def test_it_ends_in_the_least_policy(toolchain: Toolchain, tmp_path: Path, name: str) -> None:
    document, questions = template(), GRANTABLE[name]
    for _ in range(MOST_ROUNDS):
        answers = denied(toolchain, document, questions, tmp_path)
        if not answers:
            break
        found = suggested(document, answers)
        assert (found.refused, found.granted) == ((), ())
        document = found.document
    assert denied(toolchain, document, questions, tmp_path) == []
    for grant, less in lessened(document):
        if parse(less)[0] is not None:
            assert denied(toolchain, less, questions, tmp_path), f"without {grant} as well"


@pytest.mark.parametrize("question", LEFT, ids=lambda question: question.target)
def test_it_leaves_alone(toolchain: Toolchain, tmp_path: Path, question: Question) -> None:
    """Also where all that it takes besides is granted."""
    on = dict.fromkeys(("net__enabled", "net__allow_tcp", "net__allow_dns"), True)
    document = policy("cli", fs__read_roots=["data"], **on)
    answers = denied(toolchain, document, [question], tmp_path)
    found = suggested(document, answers)
    assert found.document == document
    assert len(found.refused) == 1
