"""The public tutorial "Sandbox policy walkthrough", steps 4 and 5, command by command, with servers
on loopback in place of example.com; and what a native bundle of it does."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bundling import ACCEPTED, Tool, argv_v1
from tests.live.certificates import Authority
from tests.live.http_server import PATTERN, Server, serving
from tests.unit.native.stub_sources import needs_cc
from tests.walkthrough import FOLDER, Walk, output

pytestmark = [pytest.mark.live, needs_cc]

POLICY: Final = ".x07/policies/base/http-client.sandbox.base.policy.json"
DENIED: Final = b"http_error_code=1"
BODY: Final = PATTERN[:5]

MODULE: Final = """{
"schema_version": "x07.x07ast@0.4.0",
"kind": "module",
"module_id": "app",
"imports": ["std.fmt", "std.net.http", "std.net.http.spec", "std.os.fs"],
"decls": [
{ "kind": "export", "names": ["app.solve"] },
{
"kind": "defn",
"name": "app.solve",
"params": [{ "name": "b", "ty": "bytes_view" }],
"result": "bytes",
"body": [
"begin",
["let", "url", ["view.to_bytes", "b"]],
["let", "caps", ["std.net.http.spec.caps_default_v1"]],
["let", "resp", ["std.net.http.get_v1", "url", "caps"]],
["let", "v", ["bytes.view", "resp"]],
[
"if",
["std.net.http.resp_is_err_v1", "v"],
[
"begin",
["let", "code", ["std.net.http.resp_err_code_v1", "v"]],
["let", "code_b", ["std.fmt.s32_to_dec", "code"]],
["bytes.concat", ["bytes.lit", "http_error_code="], "code_b"]
],
[
"begin",
["let", "body", ["std.net.http.resp_body_v1", "v"]],
["let", "_", ["std.os.fs.write_file", ["bytes.lit", "out/body.bin"], "body"]],
"body"
]
]
]
}
]
}
"""
"""Of the tutorial, as it is."""


class Demo(Walk):
    """Its program reads a URL, and keeps what it got."""

    @property
    def fetched(self) -> Path:
        return self.folder / "out/body.bin"

    def fetch(self, url: str, *flags: str) -> dict[str, Any]:
        self.fetched.unlink(missing_ok=True)
        (self.folder.parent / "in.bin").write_text(url)
        return self.run(*flags)

    def said(self, url: str, *flags: str) -> bytes:
        """What the program says of a URL."""
        return output(self.fetch(url, *flags))

    def denied(self, url: str, *flags: str) -> bool:
        report = self.fetch(url, *flags)
        assert not self.fetched.exists()
        return output(report) == DENIED and bool(report["policy_denials"])


def replace_policy(folder: Path) -> None:
    """Step 4.2: "update only the sandbox profile policy path"."""
    manifest = json.loads((folder / "x07.json").read_text())
    manifest["profiles"]["sandbox"]["policy"] = POLICY
    (folder / "x07.json").write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, x07_cache: Path) -> Demo:
    """Steps 0 to 4.3."""
    folder = tmp_path_factory.mktemp("walk") / FOLDER
    folder.mkdir()
    tool = Tool(folder, x07_cache, ACCEPTED)
    for words in (
        ("init",),
        ("policy", "init", "--template", "cli"),
        ("pkg", "add", "ext-net@0.1.11", "--sync"),
        ("policy", "init", "--template", "http-client"),
    ):
        done = tool(*words)
        assert done.returncode == 0, done.stderr.decode()
    replace_policy(folder)
    (folder / "src/app.x07.json").write_text(MODULE)
    (folder / "out").mkdir()
    return Demo(tool)


# -- step 4


def test_step_4_1_brings_the_packages(demo: Demo) -> None:
    found = {path.name for path in (demo.folder / ".x07/deps").iterdir()}
    assert found == {"ext-net", "ext-curl-c", "ext-sockets-c", "ext-url-rs"}


def test_step_4_2_the_cli_policy_rejects_hosts(demo: Demo, tmp_path: Path) -> None:
    tool = Tool(tmp_path, demo.tool.cache, ACCEPTED)
    (tmp_path / "in.bin").write_bytes(b"")
    for words in (("init",), ("policy", "init", "--template", "cli")):
        assert tool(*words).returncode == 0
    refused = tool("run", "--profile", "sandbox", "--input", "in.bin", "--allow-host", "a:1")
    assert refused.returncode == 2
    assert b"net.enabled" in refused.stderr


def test_step_4_3_fetches_what_is_granted(demo: Demo, server: Server) -> None:
    assert demo.said(server.url("/body"), "--allow-host", server.grant) == BODY
    assert demo.fetched.read_bytes() == BODY


def test_without_a_grant_it_is_denied(demo: Demo, server: Server) -> None:
    before = len(server.seen)
    report = demo.fetch(server.url("/body"))
    assert output(report) == DENIED
    missing = f'{{"host":"127.0.0.1","ports":[{server.port}]}}'
    assert report["policy_denials"] == [
        {
            "operation": "std.net.http.fetch_v1",
            "target": server.grant,
            "field": "net.allow_hosts",
            "grant": f"add {missing} to net.allow_hosts",
        }
    ]
    assert not demo.fetched.exists()
    assert len(server.seen) == before


def test_tls(demo: Demo, authority: Authority) -> None:
    trusting = Demo(
        Tool(demo.folder, demo.tool.cache, {**ACCEPTED, "X07_CA_FILE": str(authority.file)})
    )
    with serving(tls=authority.context("DNS:localhost")) as server:
        url, grant = server.url("/body", "localhost"), f"localhost:{server.port}"
        assert trusting.said(url, "--allow-host", grant) == BODY
        assert trusting.fetched.read_bytes() == BODY
        assert trusting.denied(url)
        assert demo.said(url, "--allow-host", grant) == b"http_error_code=7"


# -- step 5


def test_step_5_several_ports(demo: Demo, server: Server, other: Server) -> None:
    ports = f"127.0.0.1:{server.port},{other.port}"
    for one in (server, other):
        assert demo.said(one.url("/body"), "--allow-host", ports) == BODY


def test_step_5_deny_wins(demo: Demo, server: Server, other: Server) -> None:
    flags = (
        *("--allow-host", f"127.0.0.1:{server.port},{other.port}"),
        *("--deny-host", other.grant),
    )
    assert demo.said(server.url("/body"), *flags) == BODY
    assert demo.denied(other.url("/body"), *flags)


def test_step_5_deny_all_ports(demo: Demo, server: Server) -> None:
    flags = ("--allow-host", server.grant, "--deny-host", "127.0.0.1:*")
    assert demo.denied(server.url("/body"), *flags)


def test_step_5_files_of_hosts(demo: Demo, server: Server, other: Server) -> None:
    hosts = demo.folder / ".x07/allow-hosts.dev.txt"
    hosts.write_text(f"{server.grant}\n{other.grant}\n")
    flags = ("--allow-host-file", ".x07/allow-hosts.dev.txt")
    for one in (server, other):
        assert demo.said(one.url("/body"), *flags) == BODY
    assert demo.denied("http://127.0.0.1:1/", *flags)


def test_step_5_more_roots(demo: Demo, server: Server) -> None:
    (demo.folder / "tmp").mkdir(exist_ok=True)
    flags = ("--allow-host", server.grant, "--allow-write-root", "tmp")
    assert demo.said(server.url("/body"), *flags) == BODY


# -- bundled


MAIN: Final[dict[str, Any]] = {
    "schema_version": "x07.x07ast@0.8.0",
    "kind": "entry",
    "module_id": "main",
    "imports": ["app"],
    "decls": [],
    "solve": [
        "begin",
        ["let", "name_len", ["codec.read_u32_le", "input", 4]],
        ["let", "start", ["+", "name_len", 12]],
        ["app.solve", ["view.slice", "input", "start", ["-", ["view.len", "input"], "start"]]],
    ],
}
"""Calls the module with the first word of the command line: argv_v1 is its input."""


def start(program: Path, folder: Path, url: str, **variables: str) -> bytes:
    done = subprocess.run(
        [program, url], cwd=folder, env=variables, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def bundled(demo: Demo, server: Server) -> Path:
    """With a grant for the server, and for any host called localhost."""
    assert argv_v1(["a", "bc"])[4:8] == b"\1\0\0\0"
    (demo.folder / "src/cli.x07.json").write_text(json.dumps(MAIN))
    manifest = json.loads((demo.folder / "x07.json").read_text())
    (demo.folder / "x07.json").write_text(json.dumps(manifest | {"entry": "src/cli.x07.json"}))
    demo.tool.bundle(
        "dist/app",
        *("--profile", "sandbox", "--sandbox-backend", "os"),
        *("--allow-host", server.grant),
    )
    (demo.folder / "x07.json").write_text(json.dumps(manifest))
    return demo.folder / "dist/app"


def test_the_bundle_does_the_same(
    bundled: Path, server: Server, other: Server, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    assert start(bundled, tmp_path, server.url("/body")) == BODY
    assert (tmp_path / "out/body.bin").read_bytes() == BODY
    (tmp_path / "out/body.bin").unlink()
    assert start(bundled, tmp_path, other.url("/body")) == DENIED
    assert not (tmp_path / "out/body.bin").exists()


def test_the_environment_gives_a_bundle_no_host(
    bundled: Path, other: Server, tmp_path: Path
) -> None:
    done = subprocess.run(
        [bundled, other.url("/body")],
        cwd=tmp_path,
        env={"X07_OS_NET_ALLOW_HOSTS": other.grant},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 125
    assert b"X07_OS_NET_ALLOW_HOSTS" in done.stderr
