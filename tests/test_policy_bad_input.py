"""What is wrong with a policy, or with what is to change it: each command that takes one says what,
where, and with which exit code; and nothing is written, nothing runs."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.bundling import Tool, everything, write_project
from tests.unit.contract.policies import GONE, policy

INVALID: Final = 3
ACCEPTED: Final = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
POLICY: Final = "bad.policy.json"
HOST: Final = {"host": "a.example", "ports": [443]}
MANY_BYTES: Final = 10_000_000


class Bad(NamedTuple):
    """Bytes of a policy, and lines of what is said about it."""

    data: bytes
    said: tuple[str, ...]


def changed(*said: str, **changes: object) -> Bad:
    return Bad(json.dumps(policy(**changes)).encode(), said)


BAD: Final[Mapping[str, Bad]] = {
    "all problems at once": changed(
        "has 5 problems",
        "/limits/cpu_ms: must be an integer in 1..600000, this is 0",
        "/fs/allow_symlink: unknown field; did you mean `allow_symlinks`?",
        "/net: is missing",
        "/env/allow_keys/1: must be a string, this is 5",
        "/process/max_live: must be non-zero when `allow_spawn` is true",
        limits__cpu_ms=0, fs__allow_symlink=True, net=GONE, env__allow_keys=["A", 5],
        process__allow_spawn=True, process__allow_execs=["a"], process__max_spawns=1,
        process__max_runtime_ms=1,
    ),
    "257 hosts": changed(
        "/net/allow_hosts: must have 0..256 entries, this has 257", net__allow_hosts=[HOST] * 257
    ),
    "a 65th port": changed(
        "/net/allow_hosts/0/ports: must have 1..64 entries, this has 65",
        net__allow_hosts=[{"host": "a.example", "ports": list(range(1, 66))}],
    ),
    "another format": changed("/schema_version: must be", schema_version="x07.run-os-policy@9"),
    "no JSON": Bad(b"limits: {}", ("not valid JSON", "(line 1, column 1)")),
    "Latin-1": Bad(json.dumps(policy(notes="@")).encode().replace(b"@", b"\xe9"), ("UTF-8",)),
    "UTF-16": Bad(json.dumps(policy()).encode("utf-16"), ("not valid UTF-8",)),
    "a byte order mark": Bad(
        b"\xef\xbb\xbf" + json.dumps(policy()).encode(), ("save it as UTF-8 without one",)
    ),
    "a key twice": Bad(
        b'{"policy_id": "a", "policy_id": "b"}', ("the key `policy_id` appears twice",)
    ),
    "half a character": Bad(
        json.dumps(policy(fs__read_roots=["@"])).encode().replace(b"@", rb"\ud800"),
        ("half of a surrogate pair",),
    ),
    "10 MB of notes": changed("/notes: must have 0..4096 characters", notes="x" * MANY_BYTES),
    "10 MB of brackets": Bad(b"[" * MANY_BYTES, ("nested too deeply",)),
}  # fmt: skip


@pytest.fixture
def tool(tmp_path: Path, x07_cache: Path) -> Tool:
    sandbox = {"world": "run-os-sandboxed", "policy": POLICY}
    profiles = {"os": {"world": "run-os"}, "sandbox": sandbox}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    folder = write_project(tmp_path / "demo", profiles=profiles)
    return Tool(folder, x07_cache, {"TMPDIR": str(scratch)})


RUN: Final = ("run", "--profile", "sandbox", *ACCEPTED)
BUNDLE: Final = ("bundle", "--profile", "sandbox", *ACCEPTED, "--out", "dist/app")
RUNNER: Final = (
    "--program", "src/main.x07.json", "--world", "run-os-sandboxed", "--policy", POLICY, *ACCEPTED,
)  # fmt: skip


def runner(tool: Tool) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "x07bundle.cli.os_runner", *RUNNER],
        cwd=tool.folder,
        env=tool.environment,
        capture_output=True,
        check=False,
        timeout=60,
    )


def commands(tool: Tool) -> dict[str, subprocess.CompletedProcess[bytes]]:
    """What takes a policy; nothing is there afterwards that was not before."""
    before = everything(tool.folder.parent)
    done = {
        "check": tool("policy", "check", POLICY),
        "explain": tool("policy", "explain", POLICY, "--read", "a"),
        "run": tool(*RUN),
        "bundle": tool(*BUNDLE),
        "runner": runner(tool),
    }
    assert everything(tool.folder.parent) == before
    return done


def text(done: subprocess.CompletedProcess[bytes]) -> str:
    said = (done.stdout + done.stderr).decode()
    assert "Traceback" not in said
    assert len(said) < 4000
    return said


@pytest.mark.parametrize("name", BAD)
def test_a_policy_that_is_none(tool: Tool, name: str) -> None:
    (tool.folder / POLICY).write_bytes(BAD[name].data)
    for command, done in commands(tool).items():
        assert done.returncode == INVALID, (command, text(done))
        # What `check` finds is its output; for the others it is an error.
        assert (done.stdout == b"") == (command != "check")
        for line in BAD[name].said:
            assert line in text(done), command


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_policy_that_cannot_be_read(tool: Tool, kind: str) -> None:
    if kind == "folder":
        (tool.folder / POLICY).mkdir()
    for command, done in commands(tool).items():
        assert (done.returncode, done.stdout) == (2, b""), command
        assert POLICY in text(done)
        assert "hint: " in text(done), command


# -- options


def host_lines(count: int) -> bytes:
    return b"".join(b"h%d.example:443\n" % number for number in range(count))


PORTS: Final = ",".join(str(port) for port in range(1, 66))
OVERRIDES: Final[Mapping[str, tuple[tuple[str, ...], bytes, str]]] = {
    "257 hosts": (("--allow-host-file", "hosts"), host_lines(257), "would exceed 256 entries: 257"),
    "a 65th port": (("--allow-host", f"a.example:{PORTS}"), b"", "would exceed 64 ports"),
    "a list in Latin-1": (
        ("--allow-host-file", "hosts"),
        b"a.example:443\n# caf\xe9\n",
        "is not UTF-8: invalid continuation byte in line 2",
    ),
    "denials in Latin-1": (("--deny-host-file", "hosts"), b"\xe9:1", "is not UTF-8"),
    "10 MB of a line": (
        ("--allow-host-file", "hosts"),
        b"a" * MANY_BYTES,
        "1 host cannot be understood",
    ),
    "no list": (("--allow-host-file", "none"), b"", "cannot read"),
    "a folder": (("--allow-host-file", "src"), b"", "cannot read"),
    "no port": (("--allow-host", "a.example"), b"", "a port is missing"),
    "an empty root": (("--allow-read-root", " "), b"", "--allow-read-root"),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_options_that_change_a_policy(tool: Tool, name: str) -> None:
    options, hosts, words = OVERRIDES[name]
    (tool.folder / POLICY).write_text(json.dumps(policy("http-client")))
    (tool.folder / "hosts").write_bytes(hosts)
    before = everything(tool.folder.parent)
    for command in (RUN, BUNDLE):
        done = tool(*command, *options)
        assert (done.returncode, done.stdout) == (2, b""), text(done)
        assert words in text(done)
    assert everything(tool.folder.parent) == before


def test_what_is_no_policy_at_all_is_not_said_line_by_line(tool: Tool) -> None:
    """But `check` says all that it finds."""
    (tool.folder / POLICY).write_text(json.dumps({f"key{number}": 1 for number in range(5000)}))
    done = tool(*RUN)
    assert done.returncode == INVALID
    assert len(done.stderr.splitlines()) == 103
    assert b"and 4908 more: `x07 policy check` says all of them" in done.stderr
    assert len(tool("policy", "check", POLICY).stdout.splitlines()) == 5009


def test_a_policy_that_is_none_under_options(tool: Tool) -> None:
    """For programs: an x07diag document, on stderr (contract/policy.md §4)."""
    (tool.folder / POLICY).write_bytes(BAD["all problems at once"].data)
    before = everything(tool.folder.parent)
    for command in (RUN, BUNDLE):
        done = tool(*command, "--allow-read-root", "in")
        assert (done.returncode, done.stdout) == (INVALID, b"")
        said = json.loads(done.stderr)
        pointers = [one["loc"]["ptr"] for one in said["diagnostics"]]
        assert "/limits/cpu_ms" in pointers
        assert len(pointers) == 5
    assert everything(tool.folder.parent) == before


def test_lists_that_no_variable_holds(tool: Tool) -> None:
    """Such a policy is valid, and a bundle carries it; a program is not started with it."""
    roots = [f"{number}{'x' * 4000}" for number in range(40)]
    (tool.folder / POLICY).write_text(json.dumps(policy(fs__read_roots=roots)))
    before = everything(tool.folder.parent)
    for done in (tool(*RUN), runner(tool), tool("policy", "explain", POLICY, "--read", "a")):
        assert (done.returncode, done.stdout) == (2, b"")
        assert "fs.read_roots: 160" in text(done)
    assert everything(tool.folder.parent) == before
    tool.bundle("dist/app", "--profile", "sandbox", *ACCEPTED)
    started = subprocess.run(
        [tool.folder / "dist/app", "hello"],
        cwd=tool.folder,
        env={},
        capture_output=True,
        check=False,
    )
    assert (started.returncode, started.stderr) == (0, b"")
