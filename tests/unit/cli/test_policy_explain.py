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
read `/etc/passwd`: denied: not under fs.read_roots; grant: add "/etc" to fs.read_roots
read `.git/config`: denied: it is hidden, and fs.deny_hidden is true; \
grant: set fs.deny_hidden to false
write `out`: granted by fs.write_roots
write `tmp/a`: denied: not under fs.write_roots; grant: add "tmp" to fs.write_roots
env `HOME`: denied: env.enabled is false; grant: set env.enabled to true
exec `/bin/sh`: denied: process.allow_spawn is false; grant: set process.allow_spawn to true
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
            }
        ],
    }


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("none.json", "--read", "a"), 2, "cannot read `none.json`"),
        (("cli.json",), 2, "nothing was asked"),
        (("cli.json", "--host", "a:1"), 2, "`--host`: not available in this version"),
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
