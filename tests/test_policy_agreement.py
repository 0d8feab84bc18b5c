"""`x07 policy explain` and the runtime say the same to random operations under random policies.

X07_TEST_AGREEMENT_PAIRS: how many pairs. [3000]
"""

import os
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.runtime.c_program import CProgram, Word, build
from tests.unit.runtime.processes import request
from x07bundle.contract.policy import Env, Fs, Policy
from x07bundle.contract.policy_environment import pairs
from x07bundle.contract.policy_reading import read
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.policy.explain import Kind, Question, decoded, encoded
from x07bundle.policy.templates import base_policy

PAIRS: Final = int(os.environ.get("X07_TEST_AGREEMENT_PAIRS", "3000"))
PER_POLICY: Final = 60
KINDS: Final[tuple[Kind, ...]] = ("read", "write", "env", "exec")
DENIED: Final = {
    "read": {60001, 60002, 60003, 60019},
    "write": {60001, 60002, 60003, 60019},
    "env": {132},
    "exec": {1},
}
"""Codes of the contract that mean a denial; bad paths are no policy's to grant."""
FS_CAPS: Final = struct.pack("<6I", 1, 0, 0, 0, 0, 8)
PROCESS_CAPS: Final = struct.pack("<B4I", 1, 100, 100, 1000, 0)
NAMES: Final = ("a", "b", "ab", "out", "A", ".h", "..", ".", "…", "\uff0eh", "a.b", "", "x07")
KEYS: Final = ("HOME", "home", "PATH", "A", "AB", "", "X=Y", "LD_PRELOAD")
PROGRAMS: Final = ("deps/x07/", "deps/x07-evil", "deps/x07/../sh", "/bin/none", "bin/none", "none")


def path(choose: random.Random, folder: Path) -> str:
    names = [choose.choice(NAMES) for _ in range(choose.randint(1, 4))]
    start = f"{folder}/" if choose.random() < 0.2 else choose.choice(("", "", "", "/", "./"))
    return start + "/".join(names) + choose.choice(("", "", "", "", "/", "\\", "\0", "\x01"))


def root(choose: random.Random, folder: Path) -> str:
    names = [choose.choice(("a", "b", "out", "ab", ".h", ".")) for _ in range(choose.randint(1, 2))]
    return (f"{folder}/" if choose.random() < 0.2 else "") + "/".join(names)


def some(choose: random.Random, known: Sequence[str], most: int = 3) -> tuple[str, ...]:
    return tuple(name for name in choose.sample(known, choose.randint(0, most)) if name)


def usually(choose: random.Random) -> bool:
    return choose.random() < 0.85


def policy(choose: random.Random, folder: Path, base: Policy) -> Policy:
    files: Fs = base.fs._replace(
        enabled=usually(choose),
        read_roots=tuple(root(choose, folder) for _ in range(choose.randint(0, 3))),
        write_roots=tuple(root(choose, folder) for _ in range(choose.randint(0, 2))),
        deny_hidden=usually(choose),
        allow_symlinks=choose.random() < 0.3,
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
        allow_exec_prefixes=some(choose, ("deps/x07/", "bin/", "/", "none"), 2),
    )
    env = Env(usually(choose), some(choose, KEYS[:5]), some(choose, KEYS[:5], 2))
    return base._replace(fs=files, process=process, env=env)


def question(choose: random.Random, folder: Path) -> Question:
    kind = choose.choice(KINDS)
    if kind == "env":
        return Question(kind, choose.choice(KEYS))
    if kind == "exec":
        return Question(kind, choose.choice(PROGRAMS) + choose.choice(("", "", "z", "/y")))
    return Question(kind, path(choose, folder))


def operation(asked: Question) -> tuple[Word, ...]:
    target = os.fsencode(asked.target)
    number = KINDS.index(asked.kind)
    if asked.kind == "env":
        return (number, target)
    if asked.kind == "exec":
        return (number, request(target), PROCESS_CAPS)
    return (number, target, FS_CAPS)


def granted_by_runtime(
    program: CProgram, variables: dict[str, str], folder: Path, asked: list[Question]
) -> list[bool]:
    codes = program.answers(*map(operation, asked), env=variables, cwd=folder)
    return [code not in DENIED[one.kind] for one, code in zip(asked, codes, strict=True)]


@pytest.fixture(scope="module")
def toolchain(x07_cache: Path) -> Toolchain:
    return open_toolchain({**os.environ, "X07_CACHE_DIR": str(x07_cache)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/b", "out/a", "b", ".h", "ab"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.b").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("part", range(4))
def test_one_verdict(workshop: Workshop, toolchain: Toolchain, folder: Path, part: int) -> None:
    program = build(workshop, "agreement")
    base = read(base_policy("cli", None), "cli").policy
    choose = random.Random(part)
    counts = {True: 0, False: 0}
    for _ in range(max(1, PAIRS // PER_POLICY // 4)):
        variables = dict(pairs(policy(choose, folder, base)))
        asked = [question(choose, folder) for _ in range(PER_POLICY)]
        answers = decoded(asked, ask(toolchain, variables, folder, encoded(asked)))
        found = granted_by_runtime(program, variables, folder, asked)
        for answer, granted in zip(answers, found, strict=True):
            assert answer.granted == granted, (answer, variables)
            counts[granted] += 1
    assert min(counts.values()) > PER_POLICY // 10
