"""A program of the network, from the template `cli` to the least policy: run, suggest, run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bundling import ACCEPTED, Tool
from tests.live.http_server import PATTERN, Server
from tests.test_policy_suggest_programs import (
    Expression,
    Project,
    joined,
    learned,
    text,
)
from tests.unit.native.stub_sources import needs_cc
from x07bundle.policy.templates import base_policy

pytestmark = [pytest.mark.live, needs_cc]

IMPORTS: Final = [
    *("std.net.codec", "std.net.err", "std.net.http", "std.net.http.spec", "std.net.tcp"),
]


def fetched(url: str) -> Expression:
    """The body of a URL, `?` where there is none."""
    return [
        "begin",
        ["let", "doc", ["std.net.http.get_v1", text(url), ["std.net.http.spec.caps_default_v1"]]],
        ["if", ["std.net.http.resp_is_err_v1", "doc"], text("?"),
            ["std.net.http.resp_body_v1", "doc"]],
    ]  # fmt: skip


def connected(port: int) -> Expression:
    address = ["std.net.codec.addr_ipv4_v1", 127, 0, 0, 1, port]
    return [
        "begin",
        ["let", "doc", ["std.net.tcp.connect_v1", address, ["std.net.codec.caps_default_v1"]]],
        ["if", ["std.net.err.is_err_doc_v1", "doc"], text("n"), text("y")],
    ]


@pytest.fixture
def project(tmp_path: Path, x07_cache: Path, server: Server, other: Server) -> Project:
    """A program that fetches by name and connects by address."""
    folder = tmp_path / "project"
    folder.mkdir()
    tool = Tool(folder, x07_cache, ACCEPTED)
    for words in (
        ("init",),
        ("policy", "init", "--template", "cli"),
        ("pkg", "add", "ext-net@0.1.11", "--sync"),
    ):
        assert tool(*words).returncode == 0
    body = joined(fetched(server.url("/body", "localhost")), connected(other.port))
    solve = {"kind": "defn", "name": "app.solve", "result": "bytes", "body": body,
             "params": [{"name": "b", "ty": "bytes_view"}]}  # fmt: skip
    module: dict[str, Any] = {
        "schema_version": "x07.x07ast@0.8.0", "kind": "module", "module_id": "app",
        "imports": IMPORTS, "decls": [{"kind": "export", "names": ["app.solve"]}, solve],
    }  # fmt: skip
    (folder / "src/app.x07.json").write_text(json.dumps(module))
    return Project(tool, tmp_path / "data", PATTERN[:5] + b"y")


SWITCHES: Final = {
    "language": ("allow_unsafe", "allow_ffi"),
    "net": ("enabled", "allow_tcp", "allow_dns"),
}


def granted(hosts: list[dict[str, Any]]) -> dict[str, Any]:
    """The template's policy with the switches, and with hosts."""
    policy: dict[str, Any] = json.loads(base_policy("cli"))
    for section, names in SWITCHES.items():
        policy[section] |= dict.fromkeys(names, True)
    policy["net"]["allow_hosts"] = hosts
    return policy


def lessened(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The policy with one of its grants taken away, for each."""
    for section, names in SWITCHES.items():
        for name in names:
            yield {**policy, section: {**policy[section], name: False}}
    for one in policy["net"]["allow_hosts"]:
        left = [other for other in policy["net"]["allow_hosts"] if other != one]
        yield {**policy, "net": {**policy["net"], "allow_hosts": left}}


@pytest.mark.parametrize("flags", [(), ("--collect-denials",)], ids=["plain", "collected"])
def test_the_least_policy(
    project: Project, server: Server, other: Server, flags: tuple[str, ...]
) -> None:
    """Collected: what the compiler denies, then all that both connections need at once."""
    rounds = len(list(learned(project, *flags)))
    assert not flags or rounds == 2
    final = json.loads(project.policy.read_bytes())
    hosts = [("localhost", server.port), ("127.0.0.1", other.port)]
    listed = [{"host": host, "ports": [port]} for host, port in hosts]
    assert final == granted(listed if flags else listed[::-1])
    for less in lessened(final):
        project.policy.write_text(json.dumps(less))
        assert not project.works(project.run()), less
