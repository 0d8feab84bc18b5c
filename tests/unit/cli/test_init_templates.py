"""`x07 init --template`: projects whose sandbox is there from the start."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from tests.bundling import ACCEPTED
from tests.unit.cli.commands import x07
from tests.unit.native.stub_sources import needs_cc
from x07bundle.policy.templates import base_policy

PROFILES = {
    "cli": "os",
    "fs-tool": "sandbox",
    "http-client": "sandbox",
    "web-service": "sandbox",
    "worker": "sandbox",
}
NETWORK = ("ext-curl-c", "ext-net", "ext-sockets-c", "ext-url-rs")


@pytest.mark.parametrize("template", PROFILES)
def test_what_is_made(tmp_path: Path, template: str) -> None:
    done = x07("init", "--template", template, folder=tmp_path)
    report = json.loads(done.stdout)
    policy = f".x07/policies/base/{template}.sandbox.base.policy.json"
    assert (done.returncode, done.stderr) == (0, "")
    assert report["created"][-2:] == ["AGENT.md", policy]
    assert (tmp_path / policy).read_bytes() == base_policy(template, None)
    manifest = json.loads((tmp_path / "x07.json").read_text())
    assert manifest["default_profile"] == PROFILES[template]
    assert manifest["profiles"]["sandbox"]["policy"] == policy
    again = x07("policy", "init", "--template", template, folder=tmp_path)
    assert json.loads(again.stdout)["status"] == "unchanged"
    assert x07("check", folder=tmp_path).stdout.startswith("no findings in ")
    assert x07("fmt", "--check", ".", folder=tmp_path).returncode == 0


@pytest.mark.parametrize("template", ["http-client", "web-service"])
def test_packages_are_there_and_locked(tmp_path: Path, template: str) -> None:
    x07("init", "--template", template, folder=tmp_path)
    assert sorted(path.name for path in (tmp_path / ".x07/deps").iterdir()) == list(NETWORK)
    manifest = json.loads((tmp_path / "x07.json").read_text())
    assert {one["name"] for one in manifest["dependencies"]} == set(NETWORK)
    assert x07("pkg", "lock", "--check", folder=tmp_path).returncode == 0


def test_a_policy_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    policy = tmp_path / ".x07/policies/base/cli.sandbox.base.policy.json"
    policy.parent.mkdir(parents=True)
    policy.write_text("mine")
    done = x07("init", "--template", "cli", folder=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (20, "X07INIT_EXISTS")
    assert policy.read_text() == "mine"
    assert not (tmp_path / "x07.json").exists()


@needs_cc
@pytest.mark.parametrize(
    ("template", "words", "output"),
    [
        ("cli", ("--", "a", "b c"), b"a\nb c\n"),
        ("fs-tool", ("--", "x07-toolchain.toml"), b" bytes copied to out/copy.bin\n"),
        ("fs-tool", (), b"name a file to copy\n"),
        ("worker", ("--input-b64", "YQpiCg=="), b"2\n"),
    ],
)
def test_its_program_in_its_sandbox(
    tmp_path: Path, x07_cache: Path, template: str, words: tuple[str, ...], output: bytes
) -> None:
    x07("init", "--template", template, folder=tmp_path)
    variables = {**ACCEPTED, "X07_CACHE_DIR": str(x07_cache)}
    done = x07("run", "--profile", "sandbox", *words, folder=tmp_path, variables=variables)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert base64.b64decode(report["solve_output_b64"]).endswith(output)
    assert report["policy_denials"] == []
    copied = tmp_path / "out/copy.bin"
    source = tmp_path / "x07-toolchain.toml"
    assert not copied.exists() or copied.read_bytes() == source.read_bytes()


@needs_cc
@pytest.mark.parametrize("words", [(), ("no-url",)])
def test_a_client_without_a_url_says_what_it_wants(
    tmp_path: Path, x07_cache: Path, words: tuple[str, ...]
) -> None:
    """A bundle's command line begins with its own name."""
    variables = {"X07_CACHE_DIR": str(x07_cache)}
    x07("init", "--template", "http-client", folder=tmp_path)
    made = x07(
        "bundle", "--profile", "os", "--out", "dist/app", folder=tmp_path, variables=variables
    )
    assert made.returncode == 0, made.stderr
    done = subprocess.run([tmp_path / "dist/app", *words], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"name a URL to fetch\n")
