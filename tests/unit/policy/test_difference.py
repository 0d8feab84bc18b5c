"""What one policy grants that another does not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.contract.policies import GONE, policy
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_reading import parse
from x07bundle.policy.difference import granted
from x07bundle.policy.templates import NAMES


def made(document: object) -> Policy:
    result, problems = parse(document)
    assert result is not None, problems
    return result


def only(document: object, other: object) -> list[str]:
    return [" ".join(grant) for grant in granted(made(document), made(other))]


def net(*hosts: str, **changes: object) -> dict[str, Any]:
    pairs = [host.rpartition(":") for host in hosts]
    entries = [{"host": host, "ports": [int(port)]} for host, _, port in pairs]
    return policy("http-client", net__allow_hosts=entries, **changes)


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_grants_nothing_beyond_itself(name: str) -> None:
    assert only(policy(name), policy(name)) == []


def test_names_and_notes_grant_nothing() -> None:
    assert only(policy(policy_id="a", notes="b"), policy(notes=GONE)) == []


@pytest.mark.parametrize(
    ("changes", "added", "removed"),
    [
        ({"fs__allow_remove": True}, ["fs.allow_remove true"], []),
        ({"fs__deny_hidden": False}, ["fs.deny_hidden false"], []),
        ({"limits__cpu_ms": 60_001}, ["limits.cpu_ms 60001, not 60000"], []),
        ({"limits__cpu_ms": 5}, [], ["limits.cpu_ms 60000, not 5"]),
        ({"fs__max_depth": 0}, [], []),
        ({"fs__max_read_bytes": 0}, [], ["fs.max_read_bytes 67108864, not 16777216"]),
        (
            {"fs__write_roots": ["out/a", "./out", "tmp"]},
            ["fs.write_roots tmp"],
            [],
        ),
        ({"fs__write_roots": ["out/a"]}, [], ["fs.write_roots out"]),
        ({"fs__read_roots": ["a", "b/../c"]}, [], ["fs.read_roots ."]),
        (
            {"fs__read_roots": ["..", "../a", "/"]},
            ["fs.read_roots ..", "fs.read_roots ../a", "fs.read_roots /"],
            ["fs.read_roots ."],
        ),
        ({"language__allow_ffi": True}, ["language.allow_ffi true"], []),
        (
            {"env": {"enabled": True, "allow_keys": ["A", "B"], "deny_keys": ["B"]}},
            ["env.enabled true", "env.allow_keys A"],
            [],
        ),
        ({"env__allow_keys": ["A"]}, [], []),
        (
            {"time__allow_sleep": True, "time__max_sleep_ms": 9},
            ["time.allow_sleep true", "time.max_sleep_ms 9"],
            [],
        ),
        ({"process__max_live": 3, "process__allow_exec_prefixes": ["a"]}, [], []),
    ],
)
def test_against_the_template(
    changes: dict[str, object], added: list[str], removed: list[str]
) -> None:
    document = policy(**changes)
    assert only(document, policy()) == added
    assert only(policy(), document) == removed


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        (["a:1", "b:2"], ["A.:1"], ["b:2"]),
        (["a:1"], ["a:2"], ["a:1"]),
        (["10.1.2.3:1"], ["10.0.0.0/8:1"], []),
        (["10.0.0.0/8:1"], ["10.1.2.3:1"], ["10.0.0.0/8:1"]),
        (["::1:1"], ["[0:0::1]:1"], []),
        (["[::2]:1"], ["::1:1"], ["[::2]:1"]),
    ],
)
def test_hosts(mine: list[str], other: list[str], expected: list[str]) -> None:
    assert only(net(*mine), net(*other)) == [f"net.allow_hosts {host}" for host in expected]


def test_a_section_that_is_switched_off() -> None:
    listed = policy(net__allow_hosts=[{"host": "a", "ports": [1]}])
    assert only(listed, policy()) == []
    said = only(net("a:1"), listed)
    assert [line for line in said if line.startswith("net")] == [
        "net.enabled true",
        "net.allow_dns true",
        "net.allow_tcp true",
        "net.allow_hosts a:1",
    ]


def test_starting_programs() -> None:
    parallel = policy("worker-parallel")
    assert only(policy("worker"), parallel) == []
    said = only(parallel, policy("worker"))
    assert said[:2] == ["limits.fds 128, not 64", "limits.procs 1024, not 16"]
    assert "process.allow_spawn true" in said
    assert "process.allow_exec_prefixes deps/x07/" in said
    assert "process.allow_args_regex_lite any argument" in said
    assert "process.max_runtime_ms 60000" in said
    without_exec = policy("worker-parallel", process__allow_exec=False)
    assert [line for line in only(without_exec, policy("worker")) if "process" in line] == []


@pytest.mark.parametrize(
    ("changes", "added", "removed"),
    [
        ({"allow_args_regex_lite": ["a"]}, [], ["process.allow_args_regex_lite any argument"]),
        ({"max_stdout_bytes": 0}, ["process.max_stdout_bytes no limit, not 10485760"], []),
        ({"kill_tree": False}, ["process.kill_tree false"], []),
        ({"allow_exec_prefixes": ["deps/x07/a"]}, [], ["process.allow_exec_prefixes deps/x07/"]),
        (
            {"allow_cwd": True, "allow_cwd_roots": ["w"]},
            ["process.allow_cwd true", "process.allow_cwd_roots w"],
            [],
        ),
        ({"allow_cwd_roots": ["w"]}, [], []),
    ],
)
def test_how_programs_are_started(
    changes: dict[str, object], added: list[str], removed: list[str]
) -> None:
    document = policy("worker-parallel")
    document["process"] |= changes
    assert only(document, policy("worker-parallel")) == added
    assert only(policy("worker-parallel"), document) == removed


def test_databases() -> None:
    postgres = policy("postgres-client", db__net__allow_dns=["db.example"])
    assert only(postgres, policy("postgres-client")) == ["db.net.allow_dns db.example"]
    insecure = policy("postgres-client", db__net__require_tls=False)
    assert only(insecure, policy("postgres-client")) == ["db.net.require_tls false"]
    said = only(policy("sqlite-app"), policy("postgres-client"))
    assert "db.sqlite.allow_paths out/app.sqlite" in said
    assert "db.drivers.sqlite true" in said


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.booleans(), st.integers(0, 2**32 - 1))
def test_taking_something_away_never_grants(
    name: str, other: str, deny_hidden: bool, most: int
) -> None:
    """Whatever B is: what A grants beyond it is less, or the same, when A loses a switch."""
    full = policy(name, fs__deny_hidden=deny_hidden, fs__max_read_bytes=most)
    for section in ("fs", "net", "env", "time", "process"):
        less = policy(name, **{f"{section}__enabled": False})
        less["fs"] |= {"deny_hidden": deny_hidden, "max_read_bytes": most}
        assert set(only(less, policy(other))) <= set(only(full, policy(other)))
        assert only(less, full) == []
