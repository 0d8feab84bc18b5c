"""AGENT.md of each template: its commands work as they stand."""

import os
import re
import socket
import subprocess
import threading
from pathlib import Path
from typing import Final

import pytest

from tests.unit.cli.commands import X07, environment, x07
from tests.unit.native.stub_sources import needs_cc
from tests.unit.runtime import network as net
from x07bundle.cli.init import KINDS

SERVICE: Final = "web-service"


def made(folder: Path, template: str) -> str:
    words = () if template == "default" else ("--template", template)
    assert x07("init", *words, folder=folder).returncode == 0
    return (folder / "AGENT.md").read_text()


def command_on_path(folder: Path) -> str:
    """A PATH on which `x07` is this checkout's."""
    folder.mkdir()
    (folder / "x07").write_text(f'#!/bin/sh\nexec {" ".join(X07)} "$@"\n')
    (folder / "x07").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def ask_once(port: int, done: threading.Event) -> None:
    """One request to the service, as soon as it listens."""
    while not done.wait(0.05):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
                client.recv(1000)
                return
        except OSError:
            continue


@needs_cc
@pytest.mark.parametrize("template", ["default", *KINDS])
def test_commands(tmp_path: Path, x07_cache: Path, template: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    notes = made(project, template)
    [commands] = re.findall(r"^```\n(.*?)^```\n", notes, re.DOTALL | re.MULTILINE)
    assert [line.split()[1] for line in commands.splitlines()] == ["fmt", "check", "run"]
    assert "@" not in notes
    port, ended = net.spare_port(), threading.Event()
    variables = environment(
        X07_CACHE_DIR=str(x07_cache), PATH=command_on_path(tmp_path / "bin"), PORT=str(port)
    )
    if template == SERVICE:
        threading.Thread(target=ask_once, args=(port, ended), daemon=True).start()
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=project,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    ended.set()
    assert done.returncode == 0, done.stderr
    assert '"trap": null' in done.stdout


@pytest.mark.parametrize("template", ["default", "cli", "fs-tool"])
def test_a_sandboxed_template_says_what_it_needs(tmp_path: Path, template: str) -> None:
    notes = made(tmp_path, template)
    assert ("--sandbox-backend os --i-accept-weaker-isolation" in notes) == (template == "fs-tool")
