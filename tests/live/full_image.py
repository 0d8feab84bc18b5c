"""The image `full` as the tool makes it, with its own toolchain, and what is asked of it."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.live import engines
from tests.live.engines import Engine
from tests.program_build import ROOT
from x07bundle import LANGUAGE_VERSION, __version__

MIRROR: Final = "X07_TEST_MIRROR"
NOT_KEPT: Final = "is not in the cache, and the network may not be used"
NOT_TO_BE_HAD: Final = "error: cannot get `"
TAG: Final = "test"
NAME: Final = f"x07-live-full:{TAG}"
TMPFS: Final = {
    "docker": ("--tmpfs", "/tmp:exec,mode=1777"),
    "podman": ("--tmpfs", "/tmp:exec,mode=1777"),
    "ctr": ("--mount", "type=tmpfs,src=tmpfs,dst=/tmp,options=nosuid:nodev:mode=1777"),
}
"""Programs that are compiled in a container are started from it."""

ECHO: Final = """set -e
mkdir /tmp/echo
cd /tmp/echo
x07 init >/dev/null 2>&1
printf hello >in.bin
"""
BUNDLE: Final = "x07 bundle --profile os --out echo {} >/dev/null\n"
RUN: Final = "x07 run --input in.bin\n"
PRINT: Final = "./echo --alpha A | base64\n"
BETWEEN: Final = "-- bundled --\n"


def build(folder: Path) -> Path:
    """`full.tar` in `folder`, built where it is not there. Skips where there are no packages."""
    engines.need("strip", "objdump")
    archive = folder / "full.tar"
    if archive.exists():
        return archive
    staged = folder / f"full.{os.getpid()}.tar"
    done = _built(staged, "--offline")
    if done.returncode == 2 and NOT_KEPT in done.stderr:
        named = os.environ.get(MIRROR, "apt").split()
        done = _built(staged, *(f"--mirror={each}" for each in named if each != "apt"))
    if done.returncode == 2 and NOT_TO_BE_HAD in done.stderr:
        pytest.skip(f"its packages are neither in the cache nor to be had: {done.stderr}")
    assert done.returncode == 0, done.stderr
    staged.rename(archive)
    return archive


def _built(out: Path, *source: str) -> subprocess.CompletedProcess[str]:
    """Packages are kept in the cache of this user, as those of every build."""
    words = ("image", "build", "--flavour", "full", "--tag", NAME, "--out", str(out), *source)
    return subprocess.run(
        (sys.executable, "-m", "x07bundle.cli.main", *words),
        cwd=out.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def guest(engine: Engine) -> Engine:
    """Starts containers with a writable /tmp and nothing else."""
    return engine._replace(run=(*engine.run, *TMPFS[engine.name]))


def check(engine: Engine) -> None:
    """What every guest has to do: without a network, and with a read-only root."""
    inside, image = guest(engine), engine.named(NAME)
    assert inside.start(image, "x07", "--version") == version_line()
    assert inside.start(image, "x07-os-runner", "--help").startswith("Usage: x07-os-runner ")
    assert inside.start(image, "ls", "/sys/class/net").split() == ["lo"]
    assert inside.start(image, "sh", "-c", "touch /opt/x07/a 2>&1; true").endswith(
        "Read-only file system\n"
    )
    script = f"{ECHO}{RUN}printf '%s' '{BETWEEN}'\n{BUNDLE.format('')}{PRINT}"
    report, _, bundled = inside.start(image, "sh", "-c", script).partition(BETWEEN)
    assert base64.b64decode(solved(json.loads(report))) == b"hello"
    assert base64.b64decode(bundled).endswith(b"--alpha\x01\0\0\0A")


def solved(report: dict[str, object]) -> str:
    """Of the report of `x07 run`, however deep it is in it."""
    for key, value in report.items():
        if key == "solve_output_b64":
            assert isinstance(value, str)
            return value
        if isinstance(value, dict) and "solve_output_b64" in json.dumps(value):
            return solved(value)
    raise AssertionError(report)


def bundle_script(flag: str = "") -> str:
    """Leaves the bundle `echo` in the current folder."""
    return ECHO + BUNDLE.format(flag)


def version_line() -> str:
    return f"x07 {__version__} (language {LANGUAGE_VERSION})\n"


def unpacked(archive: Path, folder: Path) -> Path:
    """The root that umoci makes of it."""
    engines.need("umoci", "skopeo")
    copy = ["skopeo", "copy", f"oci-archive:{archive}:{TAG}", f"oci:{folder}/layout:{TAG}"]
    subprocess.run(copy, capture_output=True, check=True)
    words = ["umoci", "unpack", "--image", f"{folder}/layout:{TAG}", str(folder / "bundle")]
    subprocess.run(words, capture_output=True, check=True)
    shutil.rmtree(folder / "layout")
    return folder / "bundle" / "rootfs"
