"""`x07 policy explain` and a program say the same to random operations under random policies: the
verdict, the field that decides, the smallest grant.

The program does each operation, by one of the heads that do such a thing. Among its files are
links of every kind, hard links, a fifo, scripts; its paths have `..`, roots that start alike, dots
that hide.

X07_TEST_AGREEMENT_PAIRS: how many pairs. [8000]
"""

import os
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.program_build import Workshop
from tests.unit.runtime.c_program import CProgram, Ran, Word, build, decoded
from tests.unit.runtime.policies import denials
from tests.unit.runtime.processes import request
from x07bundle.contract.policy import Env, Fs, Policy
from x07bundle.contract.policy_environment import pairs
from x07bundle.contract.policy_reading import read
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.policy import explain
from x07bundle.policy.explain import Answer, Kind, Question
from x07bundle.policy.templates import base_policy

PAIRS: Final = int(os.environ.get("X07_TEST_AGREEMENT_PAIRS", "8000"))
PARTS: Final = 4
PER_POLICY: Final = 100
KINDS: Final[tuple[Kind, ...]] = ("read", "write", "env", "exec")

OPERATIONS: Final = (
    "os.fs.read_all_v1", "os.fs.stream_open_read_v1", "os.fs.list_dir_sorted_text_v1",
    "os.fs.write_all_v1", "os.fs.append_all_v1", "os.fs.stream_open_write_v1", "os.fs.mkdirs_v1",
    "os.env.get", "os.process.run_capture_v1",
)  # fmt: skip
"""Of programs/agreement.c, in its order."""
READ, OPEN_READ, LIST, WRITE, APPEND, OPEN_WRITE, MKDIRS, ENV, EXEC, REPORT = range(10)
HEADS: Final[dict[tuple[Kind, bool], tuple[int, ...]]] = {
    ("read", False): (READ, OPEN_READ),
    ("read", True): (LIST,),
    ("write", False): (WRITE, APPEND, OPEN_WRITE),
    ("write", True): (MKDIRS,),
    ("env", False): (ENV,),
    ("exec", False): (EXEC,),
}

BAD_PATH: Final = 60003
"""No policy grants it: no denial, but `explain` says no."""
FILE_DENIED: Final = {60001, 60002, 60019, 60020}
DENIED: Final[dict[Kind, set[int]]] = {
    "read": FILE_DENIED,
    "write": FILE_DENIED,
    "env": {132},
    "exec": {1},
}
FS_CAPS: Final = struct.pack("<6I", 1, 0, 0, 0, 0, 8)
PROCESS_CAPS: Final = struct.pack("<B4I", 1, 100, 100, 1000, 0)

NAMES: Final = (
    "a", "b", "ab", "out", "A", ".h", "..", ".", "…", "\uff0eh", "a.b", "", "x07",
    "in", "up", "away", "loop", "twin", "pipe", "gone",
)  # fmt: skip
KEYS: Final = ("HOME", "home", "PATH", "A", "AB", "", "X=Y", "LD_PRELOAD")
PROGRAMS: Final = (
    "deps/x07/", "deps/x07-evil", "deps/x07/../sh", "/bin/none", "bin/none", "none",
    "deps/x07/in", "deps/x07/away", "deps/x07/up/tool", "deps/x07/script", "deps/x07/tool",
    "deps/x07-evil/tool", "deps/x07/linked", "/bin/true",
)  # fmt: skip


class Pair(NamedTuple):
    """A question, and the operation that does what it asks about."""

    question: Question
    head: int

    def words(self) -> tuple[Word, ...]:
        target = os.fsencode(self.question.target)
        if self.head == EXEC:
            return (EXEC, request(target), PROCESS_CAPS)
        return (self.head, target, FS_CAPS)


# -- what is there


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world = tmp_path / "world"
    for name in ("a/b", "out/a", "b", ".h", "ab", "secret"):
        make_folder(world / name)
    make_folder(tmp_path / "a")
    make_programs(world / "deps")
    return world


def make_folder(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "a.b").write_bytes(b"")
    (folder / "twin").hardlink_to(folder / "a.b")
    os.mkfifo(folder / "pipe")
    links = {"in": "a.b", "up": "..", "away": "/etc/passwd", "loop": "loop", "gone": "none"}
    for name, target in links.items():
        (folder / name).symlink_to(target)


def make_programs(deps: Path) -> None:
    for name in ("x07", "x07-evil"):
        make_folder(deps / name)
        script = deps / name / "script"
        script.write_text("#!/bin/none\n")
        (deps / name / "tool").write_text("#! bin/none -x\n")
        (deps / name / "linked").write_text(f"#!deps/{name}/away\n")
        script.chmod(0o755)


# -- random policies and questions


def path(choose: random.Random, folder: Path) -> str:
    names = [choose.choice(NAMES) for _ in range(choose.choice((1, 1, 2, 2, 2, 3, 4)))]
    start = f"{folder}/" if choose.random() < 0.2 else choose.choice(("", "", "", "/", "./"))
    return (
        start + "/".join(names) + choose.choice(("", "", "", "", "", "", "/", "\\", "\0", "\x01"))
    )


def root(choose: random.Random, folder: Path) -> str:
    names = [
        choose.choice(("a", "b", "out", "ab", ".h", ".", "up", "in", "a.b"))
        for _ in range(choose.randint(1, 2))
    ]
    return (f"{folder}/" if choose.random() < 0.2 else "") + "/".join(names)


def some(choose: random.Random, known: Sequence[str], most: int = 3) -> tuple[str, ...]:
    return tuple(name for name in choose.sample(known, choose.randint(0, most)) if name)


def usually(choose: random.Random) -> bool:
    return choose.random() < 0.85


def policy(choose: random.Random, folder: Path, base: Policy) -> Policy:
    roots = (".", "a", "out") if choose.random() < 0.5 else ()
    files: Fs = base.fs._replace(
        enabled=usually(choose),
        read_roots=tuple(root(choose, folder) for _ in range(choose.randint(0, 3))) + roots,
        write_roots=tuple(root(choose, folder) for _ in range(choose.randint(0, 2))) + roots,
        deny_hidden=usually(choose),
        allow_symlinks=choose.random() < 0.4,
    )
    process = base.process._replace(
        enabled=usually(choose),
        allow_spawn=usually(choose),
        allow_exec=usually(choose),
        max_live=10,
        max_spawns=1024,
        max_runtime_ms=5000,
        max_exe_bytes=choose.choice((8, 4096)),
        allow_execs=some(choose, PROGRAMS[1:]),
        allow_exec_prefixes=some(choose, ("deps/x07/", "deps/x07", "bin/", "/", "none"), 2),
    )
    env = Env(usually(choose), some(choose, KEYS[:5]), some(choose, KEYS[:5], 2))
    return base._replace(fs=files, process=process, env=env)


def question(choose: random.Random, folder: Path) -> Question:
    kind = choose.choice(KINDS)
    if kind == "env":
        return Question(kind, choose.choice(KEYS) + choose.choice(("", "", "", "A", "é", "\x1b[")))
    if kind == "exec":
        return Question(kind, choose.choice(PROGRAMS) + choose.choice(("", "", "", "z", "/y")))
    return Question(kind, path(choose, folder), choose.random() < 0.4)


def some_pairs(choose: random.Random, folder: Path) -> list[Pair]:
    """No question twice: a denial is remembered once."""
    asked: dict[tuple[Kind, str], Pair] = {}
    while len(asked) < PER_POLICY:
        one = question(choose, folder)
        asked[one.kind, one.target] = Pair(one, choose.choice(HEADS[one.kind, one.is_folder]))
    return list(asked.values())


# -- both sides


class Done(NamedTuple):
    """What an operation came to, and its denial as the report has it."""

    code: int
    denial: dict[str, str] | None


def done(asked: list[Pair], ran: Ran) -> list[Done]:
    assert ran.status == 0, ran.stderr
    *codes, live_bytes = decoded(ran.stdout)
    assert live_bytes == 0
    told = iter(denials(ran))
    outcomes = []
    for pair, code in zip(asked, codes, strict=True):
        assert isinstance(code, int)
        is_denied = code in DENIED[pair.question.kind]
        denial = next(told, None) if is_denied else None
        assert not is_denied or (denial and denial["operation"] == OPERATIONS[pair.head]), pair
        outcomes.append(Done(code, denial))
    assert list(told) == []
    return outcomes


def check(pair: Pair, answer: Answer, outcome: Done, ran: Ran, variables: dict[str, str]) -> None:
    where = (answer, pair.head, outcome, variables)
    assert answer.granted == (outcome.denial is None and outcome.code != BAD_PATH), where
    if outcome.denial is None:
        return
    assert outcome.denial["field"] == answer.field, where
    assert outcome.denial["grant"] == answer.grant, where
    if pair.head == ENV:
        what = f"denied: {outcome.denial['operation']}"
        of_what = f" of `{outcome.denial['target']}`" if pair.question.target else ""
        assert f"  {what}{of_what}: {answer.reason}; grant: {answer.grant}\n" in ran.stderr, where


@pytest.fixture(scope="module")
def toolchain(x07_cache: Path) -> Toolchain:
    return open_toolchain({**os.environ, "X07_CACHE_DIR": str(x07_cache)})


@pytest.fixture
def program(workshop: Workshop) -> CProgram:
    return build(workshop, "agreement")


@pytest.mark.parametrize("part", range(PARTS))
def test_one_verdict(program: CProgram, toolchain: Toolchain, folder: Path, part: int) -> None:
    base = read(base_policy("cli", None), "cli").policy
    choose = random.Random(part)
    counts = {True: 0, False: 0}
    for _ in range(max(1, PAIRS // PER_POLICY // PARTS)):
        variables = dict(pairs(policy(choose, folder, base)))
        asked = some_pairs(choose, folder)
        questions = [pair.question for pair in asked]
        lines = ask(toolchain, variables, folder, explain.encoded(questions))
        words = [*(pair.words() for pair in asked), (REPORT, b"", b"")]
        ran = program.run(*words, env=variables, cwd=folder)
        for pair, answer, outcome in zip(
            asked, explain.decoded(questions, lines), done(asked, ran), strict=True
        ):
            check(pair, answer, outcome, ran, variables)
            counts[answer.granted] += 1
    assert min(counts.values()) > PER_POLICY // 10
