"""From denials to the smallest patch: what is asked for, and nothing beside it."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from tests.unit.contract.policies import policy
from tests.unit.policy.suggestions import (
    cwd,
    entry,
    grants,
    host,
    of,
    off,
    over,
    refused,
    spawn,
)
from x07bundle.policy import grant_text
from x07bundle.policy.grant_text import Amount, Destination, Entry, Grant, Some, Switch, Unreadable
from x07bundle.policy.grant_words import granted as granted_words
from x07bundle.policy.suggestion import Denial, suggest

ROOT: Final = Path(__file__).resolve().parents[3]
GOLDEN: Final = ROOT / "tests/golden/denials.txt"

# -- words


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("set fs.enabled to true", Switch("fs.enabled", True)),
        ("raise fs.max_depth to 18446744073709551615", Amount("fs.max_depth", 2**64 - 1)),
        ("raise process.max_live above 0", Some("process.max_live")),
        (r'add "a\"b" to env.allow_keys', Entry("env.allow_keys", 'a"b')),
        (r'add "x\" to a.b" to env.allow_keys', Entry("env.allow_keys", 'x" to a.b')),
        (r'add "\\x41\\" to env.allow_keys', Entry("env.allow_keys", "\\x41\\")),
        (
            'add {"host":"::1","ports":[80]} to net.allow_hosts',
            Destination("net.allow_hosts", "::1", 80),
        ),
    ],
)
def test_words_of_grants(text: str, grant: Grant) -> None:
    assert grant_text.read(text) == (grant,)


def test_several_grants() -> None:
    text = r'set a.b to true, add ", set c.d to \"" to e.f, raise g.h above 0'
    assert grant_text.read(text) == (
        Switch("a.b", True),
        Entry("e.f", ', set c.d to "'),
        Some("g.h"),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not say"),
        ("set fs.enabled to 1", "does not say"),
        ("raise fs.max_depth to -1", "does not say"),
        ("none; copy the file, so that it has one name", "no policy grants it; copy the file"),
        ('remove "A" from env.deny_keys', "denies it by name"),
        (
            "add the folder behind the link to fs.read_roots, and use a path without it",
            "a symbolic",
        ),
        ('add "a"b" to env.allow_keys', "does not say"),
        (r'add "a\x00b" to env.allow_keys', "does not say"),
        ("set fs.enabled to true, ", "does not say"),
        ("set fs.enabled to true, set fs.enabled to 1", "does not say"),
        (r'add "a\u000ab" to env.allow_keys', "do not show"),
        ('add "a\u202eb" to env.allow_keys', "do not show"),
        (r'add "\ufffdb" to env.allow_keys', "is lost"),
        (f'add "{"é" * 450}..." to env.allow_keys', "is lost"),
    ],
)
def test_words_that_name_no_grant(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(why)):
        grant_text.read(text)


def test_a_short_text_may_end_in_dots() -> None:
    assert grant_text.read('add "a..." to env.allow_keys') == (Entry("env.allow_keys", "a..."),)


def test_every_denial_of_the_product_has_an_answer() -> None:
    """None is beyond words; golden/denials.txt has them all."""
    lines = [line[9:] for line in GOLDEN.read_text().splitlines() if line.startswith("report ")]
    assert len(lines) > 50
    for line in lines:
        denial = Denial(**json.loads(line))
        found = suggest(policy("cli", fs__enabled=True), [denial])
        assert len(found.refused) + len(found.granted) + bool(found.steps) == 1
        assert not any("does not say" in one.why for one in found.refused)


# -- the smallest


def test_one_file_to_read_and_a_folder_to_write() -> None:
    base = policy("cli", fs__read_roots=["data"])
    assert grants(base, entry("fs.read_roots", "a/b/c")) == ["fs.read_roots a/b/c"]
    assert grants(base, entry("fs.write_roots", "a/b/c", "a/b")) == ["fs.write_roots a/b"]
    listed = entry("fs.read_roots", "a", "a")
    files = [entry("fs.read_roots", f"a/{name}") for name in "bc"]
    assert grants(base, *files, listed) == ["fs.read_roots a"]
    [step] = of(base, *files, listed).steps
    assert set(step.denials) == {listed, *files}


def test_numbers_as_they_were_asked_for() -> None:
    denials = (over("time.max_sleep_ms", 5), over("time.max_sleep_ms", 70), off("time.allow_sleep"))
    assert grants(policy("cli"), *denials) == ["time.allow_sleep true", "time.max_sleep_ms 70"]
    assert grants(policy("cli", fs__max_depth=0), over("fs.max_depth", 65)) == [
        "fs.max_depth 65, not 64"
    ]
    assert of(policy("cli", fs__max_depth=0), over("fs.max_depth", 64)).granted


def test_a_variable() -> None:
    denial = off("env.enabled", "HOME", "os.env.get")
    assert grants(policy("cli"), denial) == ["env.enabled true", "env.allow_keys HOME"]
    on = policy("cli", env__enabled=True)
    assert grants(on, entry("env.allow_keys", "HOME")) == ["env.allow_keys HOME"]
    assert "by name" in refused(policy("cli", env__deny_keys=["HOME"]), denial)


def test_hosts_by_port() -> None:
    base = policy("http-client", net__allow_hosts=[{"host": "A.example", "ports": [80]}])
    found = of(base, host("a.example", 443), host("b.example", 1), host("b.example", 2))
    assert [step.operation.as_json() for step in found.steps] == [
        {"op": "add", "path": "/net/allow_hosts/0/ports/-", "value": 443},
        {
            "op": "add",
            "path": "/net/allow_hosts/-",
            "value": {"host": "b.example", "ports": [1, 2]},
        },
    ]
    assert [len(step.denials) for step in found.steps] == [1, 2]
    wide = policy("http-client", net__allow_hosts=[{"host": "10.0.0.0/8", "ports": [80]}])
    assert of(wide, host("10.1.2.3", 80)).granted


SPAWN: Final = spawn("/bin/true")
SPAWNS: Final = [
    "process.allow_spawn true",
    "process.allow_exec true",
    "process.max_live 1",
    "process.max_spawns 1",
    "process.allow_execs /bin/true",
]


def process_grants(*denials: Denial, **changes: object) -> list[str]:
    """Without what switches turn on beside it."""
    names = {line.split()[0] for line in SPAWNS} | {"process.max_runtime_ms"}
    found = grants(policy("cli", **changes), *denials)
    return [grant for grant in found if grant.split()[0] in names]


def test_a_first_program() -> None:
    limits: dict[str, object] = {"limits__wall_ms": 7000}
    assert process_grants(SPAWN, **limits) == [*SPAWNS, "process.max_runtime_ms 7000"]
    asked = (SPAWN, over("process.max_runtime_ms", 50), over("process.max_live", 3))
    several = [grant.replace("max_live 1", "max_live 3") for grant in SPAWNS]
    assert process_grants(*asked) == [*several, "process.max_runtime_ms 50"]
    assert "must have 1..4096 characters" in refused(policy("cli"), spawn(""))


def test_a_program_that_a_prefix_grants() -> None:
    base = policy("worker-parallel", process__allow_spawn=False)
    found = of(base, spawn("deps/x07/a"))
    assert found.document["process"]["allow_execs"] == []
    found = of(base, spawn("deps/x07/../a"))
    assert found.document["process"]["allow_execs"] == ["deps/x07/../a"]


def test_a_folder_for_programs() -> None:
    document = of(policy("cli"), cwd("data")).document
    assert document["process"]["allow_cwd_roots"] == ["data"]
    assert "whole file system" in refused(policy("cli"), cwd("/"))


def test_fields_that_are_left_out() -> None:
    base = policy("cli")
    del base["fs"]["allow_remove"], base["process"]["allow_env_keys"]
    found = of(base, off("fs.allow_remove", "a"), entry("process.allow_env_keys", "LANG"))
    assert [step.operation.as_json() for step in found.steps] == [
        {"op": "add", "path": "/fs/allow_remove", "value": True},
        {"op": "add", "path": "/process/allow_env_keys", "value": ["LANG"]},
    ]


def test_what_is_granted_already_is_no_step() -> None:
    denials = [off("fs.enabled"), entry("fs.read_roots", "a/b", "a"), over("fs.max_depth", 3)]
    found = of(policy("cli"), *denials)
    assert (found.steps, found.refused) == ((), ())
    assert set(found.granted) == set(denials)


def test_each_step_says_what_it_grants() -> None:
    found = of(policy("cli"), SPAWN, entry("fs.write_roots", "tmp/a", "tmp"))
    said = {step.operation.path: granted_words(step.operation) for step in found.steps}
    assert said["/fs/write_roots/-"] == "writing all files below the folder `tmp`"
    assert said["/process/max_live"] == "up to 1 programs at a time"
    assert said["/process/allow_spawn"] == "starting the listed programs"
