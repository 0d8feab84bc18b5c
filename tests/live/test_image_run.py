"""The image `run` as the tool makes it: small, and its agent starts what is streamed to it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.live.engines import Engine
from tests.program_build import ROOT
from x07bundle import __version__
from x07bundle.image.agent import PLACE

pytestmark = pytest.mark.live

NAME: Final = "x07-live-run:test"
MOST_UNPACKED_BYTES: Final = 12_000_000


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401  JSON
    """Of its build. Skips where there are no packages."""
    folder = tmp_path_factory.mktemp("run")
    words = ["image", "build", "--flavour", "run", "--tag", NAME, "--out", "run.tar", "--offline"]
    done = subprocess.run(
        [sys.executable, "-m", "x07bundle.cli.main", *words, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 2 and "--offline" in done.stderr:
        pytest.skip("its packages are not in the cache")
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "archive": str(folder / "run.tar")}


def test_it_is_small(report: Any) -> None:  # noqa: ANN401  JSON
    (image,) = report["images"]
    assert [layer["name"] for layer in image["layers"]] == ["distribution", "agent"]
    assert image["unpacked_bytes"] <= MOST_UNPACKED_BYTES
    assert image["agent"]["size_bytes"] < 200_000


def test_the_agent_is_there(engine: Engine, report: Any) -> None:  # noqa: ANN401  JSON
    engine.load(Path(report["archive"]))
    said = engine.start(engine.named(NAME), f"/{PLACE}", "--version")
    assert said == f"x07-guestd {__version__}\n"
