"""The scripts around guest images, with engines and the tool itself."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import engines
from tests.live.engines import LIMITS, Engine
from tests.program_build import ROOT

pytestmark = pytest.mark.live

NAME = "x07-live-script"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH, with the tool of this checkout."""
    engines.need("strip", "objdump")
    folder = tmp_path / "bin"
    folder.mkdir()
    words = [sys.executable, "-m", "x07bundle.cli.main"]
    write(folder / "x07", f"export PYTHONPATH={shlex.quote(str(ROOT))}", *words)
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    return folder


def write(file: Path, prelude: str, *words: str) -> None:
    file.write_text(f'#!/bin/sh\n{prelude}\nexec {shlex.join(words)} "$@"\n')
    file.chmod(0o755)


@pytest.fixture(params=["docker", "podman"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tools: Path
) -> Iterator[Engine]:
    """An engine that is found on PATH, and no other one. Its folder is short, for its sockets."""
    with getattr(engines, request.param)(tmp_path_factory.mktemp("e")) as found:
        write(tools / "docker", "", "false")
        program = shutil.which(found.name)
        assert program is not None
        client = (program, *found.client[1:])
        limits = shlex.join([*client, "run", *LIMITS]) if found.name == "podman" else ""
        special = f'test "$1" != run || {{ shift; exec {limits} "$@"; }}' if limits else ""
        write(tools / found.name, special, *client)
        yield found


def script(path: str, folder: Path, *words: str, env: dict[str, str]) -> str:
    """stdout of one that ends well. Skips the test where packages are not in the cache."""
    own = {**os.environ, **env, "X07": "x07", "BUILD_FLAGS": "--offline"}
    own["PATH"] = f"{folder}/bin:{env['PATH']}"
    own["HOME"] = os.environ.get("HOME", "/")
    done = subprocess.run(
        ["sh", f"scripts/{path}", *words], cwd=folder, env=own, capture_output=True, text=True
    )
    if done.returncode == 2 and "is not in the cache" in done.stderr:
        pytest.skip("packages of images are not in the cache (`x07 image build`)")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_image_for_vms(tmp_path: Path, engine: Engine) -> None:
    words = ("--image", NAME, "--tag", "vm-smoke", "--offline")
    said = script("build_guest_runner_image.sh", tmp_path, *words, env=engine.env)
    assert said == f"export X07_VM_GUEST_IMAGE={NAME}:vm-smoke\n"
    assert engine.start(f"{NAME}:vm-smoke", "x07", "--version").startswith("x07 ")
    assert not (tmp_path / "dist").exists()


def test_the_steps_of_ci(tmp_path: Path, engine: Engine) -> None:
    """The smoke fails where a program of the image does."""
    for flavour in ("full", "run"):
        script("ci/guest_images.sh", tmp_path, "build", env={**engine.env, "FLAVOUR": flavour})
    script("ci/guest_images.sh", tmp_path, "smoke", env=engine.env)
    (tmp_path / "dist/guest-full-amd64.tar").write_bytes(
        (tmp_path / "dist/guest-run-amd64.tar").read_bytes()
    )
    with pytest.raises(AssertionError):
        script("ci/guest_images.sh", tmp_path, "smoke", env=engine.env)
