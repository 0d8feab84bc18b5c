"""The script that CI runs on machines with a VM boundary, on engines of the test's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import engines, vm_engines
from tests.live.vm_engines import LiveEngine
from tests.program_build import ROOT
from x07bundle.vm import images

pytestmark = pytest.mark.live

SCRIPT = ROOT / "scripts/ci/check_vm_sandbox_smoke.sh"


@pytest.fixture(params=vm_engines.NAMES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveEngine]:
    """In a folder of a short name: paths of sockets have 107 bytes at most."""
    with vm_engines.started(request.param, tmp_path_factory.mktemp("smoke")) as here:
        yield here


def command(folder: Path) -> Path:
    """`x07` of this checkout, as a program."""
    made = folder / "x07"
    made.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m x07bundle.cli.main "$@"\n')
    made.chmod(0o755)
    return made


def test_the_whole_path(engine: LiveEngine, full: Path, tmp_path: Path, x07_cache: Path) -> None:
    engines.need("bash", "od")
    reference = images.load(engine.backend, full)
    env = {
        **os.environ,
        **engine.env,
        "HOME": os.environ.get("HOME", str(tmp_path)),
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "X07": str(command(tmp_path)),
        "X07_CACHE_DIR": str(x07_cache),
        "X07_VM_BACKEND": engine.name,
        "X07_VM_GUEST_IMAGE": reference,
        "X07_I_ACCEPT_WEAKER_ISOLATION": "1",
    }
    done = subprocess.run([SCRIPT], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("vm smoke: passed\n")
    assert engine.guests() == []
