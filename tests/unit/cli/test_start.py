"""The first moments of the commands."""

import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.program_build import ROOT

SLOW = "import time; print('here', flush=True); time.sleep(60)\n"


@pytest.mark.parametrize("function", ["x07", "x07_os_runner"])
def test_an_interrupt_while_modules_are_imported(tmp_path: Path, function: str) -> None:
    (tmp_path / "click.py").write_text(SLOW)
    code = f"from x07bundle.cli import start; start.{function}()"
    env = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    with subprocess.Popen((sys.executable, "-c", code), env=env, stdout=PIPE, stderr=PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=20) == (b"", b"")
    assert child.returncode == 130
