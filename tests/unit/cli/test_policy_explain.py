"""`x07 policy explain`, from options to words."""

import json
import os
from pathlib import Path

import pytest

from tests.unit.cli.commands import x07
from tests.unit.native.stub_sources import needs_cc
from x07bundle.policy.templates import base_policy

pytestmark = needs_cc

WORDS = """\
read `src/a`: granted by fs.read_roots
read `/etc/passwd`: denied: not under fs.read_roots; grant: add "/etc/passwd" to fs.read_roots
read `.git/config`: denied: it is hidden, and fs.deny_hidden is true; \
grant: set fs.deny_hidden to false
write `out`: granted by fs.write_roots
write `tmp/a`: denied: not under fs.write_roots; grant: add "tmp" to fs.write_roots
env `HOME`: denied: env.enabled is false; grant: set env.enabled to true
exec `/bin/sh`: denied: process.allow_spawn is false; \
grant: set process.allow_spawn to true, set process.allow_exec to true, \
add "/bin/sh" to process.allow_execs, raise process.max_live to 1, \
raise process.max_spawns to 1, raise process.max_runtime_ms above 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cli.json").write_bytes(base_policy("cli", None))
    return tmp_path


def variables(cache: Path) -> dict[str, str]:
    return {"X07_CACHE_DIR": str(cache)}


def test_in_words(folder: Path, x07_cache: Path) -> None:
    asked = ("--read", "src/a", "--read", "/etc/passwd", "--read", ".git/config", "--write", "out/")
    more = ("--write", "tmp/a", "--env", "HOME", "--exec", "/bin/sh")
    ran = x07(
        "policy",
        "explain",
        "cli.json",
        *asked,
        *more,
        folder=folder,
        variables=variables(x07_cache),
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, WORDS, "")


def test_a_question_cannot_reach_the_terminal(folder: Path, x07_cache: Path) -> None:
    asked = ("--read", "a\x1b[31m", "--env", os.fsdecode(b"\x9b"), "--exec", "b\nread `c`: granted")
    ran = x07(
        "policy", "explain", "cli.json", *asked, folder=folder, variables=variables(x07_cache)
    )
    heads = [line.partition(":")[0] for line in ran.stdout.splitlines()]
    assert heads == ["read `a\\x1b[31m`", "env `\\x9b`", "exec `b\\x0aread `c`"]


LINKED = """\
read `data/passwd`: denied: it passes a symbolic link, and fs.allow_symlinks is false; \
grant: set fs.allow_symlinks to true
read `data/twin`: denied: it has another name (a hard link), which may lie outside of \
fs.read_roots; grant: none; copy the file, so that it has one name
write `out/pipe`: denied: it is no regular file; grant: none; only regular files can be granted
exec `run.sh`: denied: its interpreter "/bin/sh" is not in process.allow_execs; \
grant: add "/bin/sh" to process.allow_execs
"""


def test_files_as_they_are(folder: Path, x07_cache: Path) -> None:
    document = json.loads(base_policy("worker-parallel", None))
    document["process"]["allow_execs"] = ["run.sh"]
    document["fs"] = json.loads(base_policy("cli", None))["fs"]
    (folder / "own.json").write_text(json.dumps(document))
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "data").mkdir()
    (folder / "out").mkdir()
    (folder / "data/passwd").symlink_to("/etc/passwd")
    (folder / "data/twin").hardlink_to(folder / "run.sh")
    os.mkfifo(folder / "out/pipe")
    asked = ("--read", "data/passwd", "--read", "data/twin", "--write", "out/pipe")
    ran = x07(
        "policy", "explain", "own.json", *asked, "--exec", "run.sh",
        folder=folder, variables=variables(x07_cache),
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, LINKED)


def test_as_json(folder: Path, x07_cache: Path) -> None:
    ran = x07(
        "policy", "explain", "cli.json", "--json", "--read", "a",
        folder=folder, variables=variables(x07_cache),
    )  # fmt: skip
    assert ran.returncode == 0
    assert json.loads(ran.stdout) == {
        "schema_version": "x07.policy.explain@0.1.0",
        "policy": "cli.json",
        "answers": [
            {
                "operation": "read",
                "target": "a",
                "granted": True,
                "field": "fs.read_roots",
                "reason": "granted",
                "grant": None,
                "entry": None,
            }
        ],
    }


HOSTS = """\
connect `API.example.com:443`: granted by net.allow_hosts (`api.example.com`)
connect `2130706433:80`: granted by net.allow_hosts (`127.0.0.0/8`)
connect `api.example.com:80`: denied: in net.allow_hosts, with other ports; \
grant: add {"host":"api.example.com","ports":[80]} to net.allow_hosts
connect `[::1]:80`: denied: not in net.allow_hosts; \
grant: add {"host":"::1","ports":[80]} to net.allow_hosts
connect `me@api.example.com:443`: denied: it has a user name before the host; \
grant: none; leave out what stands before the `@`
send `127.0.0.1:80`: denied: net.allow_udp is false; grant: set net.allow_udp to true
listen `127.0.0.2:80`: granted by net.allow_hosts (`127.0.0.0/8`)
listen `localhost:80`: denied: it is a name, and programs listen on addresses; \
grant: none; listen on an address, as 127.0.0.1
"""


@pytest.fixture
def client(folder: Path) -> str:
    policy = json.loads(base_policy("http-client", None))
    policy["net"]["allow_hosts"] = [
        {"host": "api.example.com", "ports": [443]},
        {"host": "127.0.0.0/8", "ports": [80]},
    ]
    (folder / "client.json").write_text(json.dumps(policy))
    return "client.json"


def test_hosts_in_words(folder: Path, client: str, x07_cache: Path) -> None:
    hosts = ("API.example.com:443", "2130706433:80", "api.example.com:80", "[::1]:80")
    connections = (*hosts, "me@api.example.com:443")
    asked = [word for host in connections for word in ("--host", host)]
    more = ("--udp", "127.0.0.1:80", "--listen", "127.0.0.2:80", "--listen", "localhost:80")
    ran = x07(
        "policy", "explain", client, *asked, *more,
        folder=folder, variables=variables(x07_cache),
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, HOSTS, "")


def test_hosts_as_json(folder: Path, client: str, x07_cache: Path) -> None:
    ran = x07(
        "policy", "explain", client, "--json", "--host", "127.0.0.1:80", "--host", "a.b:1",
        folder=folder, variables=variables(x07_cache),
    )  # fmt: skip
    assert ran.returncode == 1
    granted, denied = json.loads(ran.stdout)["answers"]
    assert granted == {
        "operation": "connect",
        "target": "127.0.0.1:80",
        "granted": True,
        "field": "net.allow_hosts",
        "reason": "granted",
        "grant": None,
        "entry": "127.0.0.0/8",
    }
    assert denied == {
        "operation": "connect",
        "target": "a.b:1",
        "granted": False,
        "field": "net.allow_hosts",
        "reason": "not in net.allow_hosts",
        "grant": 'add {"host":"a.b","ports":[1]} to net.allow_hosts',
        "entry": None,
    }


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("none.json", "--read", "a"), 2, "cannot read `none.json`"),
        (("cli.json",), 2, "nothing was asked"),
        (("bad.json", "--read", "a"), 3, "the policy `bad.json` has"),
    ],
)
def test_refused(
    folder: Path, x07_cache: Path, words: tuple[str, ...], status: int, message: str
) -> None:
    (folder / "bad.json").write_text("{}")
    ran = x07("policy", "explain", *words, folder=folder, variables=variables(x07_cache))
    assert (ran.returncode, ran.stdout) == (status, "")
    assert message in ran.stderr
