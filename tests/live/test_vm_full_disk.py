"""Jobs whose folder is on a disk that fills up."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.live.engines import need_root
from tests.unit.vm.conftest import Bench, bench, soon
from x07bundle.errors import OutputError
from x07bundle.vm import state

pytestmark = pytest.mark.live

__all__ = ["bench"]
SIZE: Final = "64k"


@pytest.fixture
def small(bench: Bench) -> Iterator[Path]:
    """The folder of jobs, on a disk of its own."""
    need_root()
    root = bench.folder / "vm/jobs"
    root.mkdir(parents=True)
    done = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "x07-test", str(root)),
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode()}")
    yield root
    subprocess.run(("umount", "--lazy", str(root)), check=True)


def fill(root: Path) -> None:
    with suppress(OSError), (root / ".filler").open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(1024))


def test_nothing_starts_on_a_full_disk(bench: Bench, small: Path) -> None:
    fill(small)
    process = bench.start("true")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"No space left on device" in err
    assert bench.engine.commands() == []
    assert soon(lambda: bench.jobs == [])


def test_a_look_says_so(bench: Bench, small: Path) -> None:
    fill(small)
    with pytest.raises(OutputError, match=f"no space is left in `{small}`") as caught:
        state.look({state.VARIABLE: str(small)})
    assert caught.value.hint == state.ROOM


def test_a_guest_on_a_disk_that_filled_up_ends_as_any(
    bench: Bench,
    small: Path,
) -> None:
    process = bench.start_waiting("trap 'exit 0' TERM")
    fill(small)
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert soon(bench.is_empty)


def test_a_runner_killed_on_a_full_disk_leaves_nothing(
    bench: Bench,
    small: Path,
) -> None:
    process = bench.start_waiting()
    fill(small)
    process.kill()
    process.wait()
    assert soon(bench.is_empty)
