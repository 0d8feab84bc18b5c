"""VM bundles whose engine had the image at the start before: it is not asked for again."""

from pathlib import Path
from typing import Final

from tests import vm_bundles
from tests.fakes import engines
from tests.vm_bundles import MakeBench

MISSING: Final = engines.fails("Error: No such image: x")


def test_an_image_that_was_there_is_not_asked_for_again(make_bench: MakeBench) -> None:
    bench = make_bench()
    assert [bench.start("say", "x").stdout for _ in range(2)] == [b"x", b"x"]
    assert bench.docker.asked.count("image") == 1


def test_an_image_that_the_engine_has_lost(make_bench: MakeBench, tmp_path: Path) -> None:
    """It is loaded again, and the guest still has all of its input."""
    archive, there = tmp_path / "image.tar", tmp_path / "there"
    archive.write_bytes(b"an image")
    bench = make_bench(
        vm_bundles.losing(there),
        archive=archive,
    )
    assert bench.start("say", "x").returncode == 0
    there.unlink()
    again = bench.start("copy", stdin=b"all of it")
    assert (again.returncode, again.stdout) == (0, b"all of it")
    assert b"loading the guest image" in again.stderr
    assert bench.docker.asked.count("load") == 2
    assert bench.left() == []


def test_a_guest_that_does_not_start_though_the_image_is_there(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    fails = f"if test -e '{broken}'; then echo 'no room' >&2; exit 125; fi"
    bench = make_bench({"'run '*": f"{fails}\n{vm_bundles.RUN}"})
    assert bench.start("say", "x").returncode == 0
    broken.touch()
    done = bench.start("say", "x")
    assert done.returncode == 127
    assert done.stderr.count(b"no room") == 1
    assert bench.docker.asked.count("run") == 2
