"""What was frozen is kept whole, or made again."""

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from x07bundle.freeze import kept

OLD_SECONDS: Final = 0


class Maker:
    """Makes a small folder, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, place: Path) -> None:
        self.count += 1
        (place / "bin").mkdir(parents=True)
        (place / "bin/tool").write_bytes(b"tool")
        (place / "bin/tool").chmod(0o755)
        (place / "link").symlink_to("bin/tool")


def test_it_is_made_once(tmp_path: Path) -> None:
    make = Maker()
    assert not kept.is_kept(tmp_path, "a")
    place = kept.find_or_make(tmp_path, "a", make)
    assert kept.is_kept(tmp_path, "a")
    assert kept.find_or_make(tmp_path, "a", make) == place == tmp_path / "a"
    assert make.count == 1
    kept.find_or_make(tmp_path, "b", make)
    assert make.count == 2


def test_one_makes_it_and_the_others_wait(tmp_path: Path) -> None:
    """Two at once would remove what the other is making."""
    make, met = Maker(), threading.Barrier(2)

    def slowly(place: Path) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            met.wait(0.5)  # nobody else comes in
        make(place)

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(kept.find_or_make, tmp_path, "a", slowly) for _ in range(4)]
        assert {each.result() for each in found} == {tmp_path / "a"}
    assert (make.count, met.broken) == (1, True)


def _change_byte(place: Path) -> None:
    (place / "bin/tool").write_bytes(b"Tool")


def _change_mode(place: Path) -> None:
    (place / "bin/tool").chmod(0o644)


def _change_link(place: Path) -> None:
    (place / "link").unlink()
    (place / "link").symlink_to("/bin/sh")


def _add(place: Path) -> None:
    (place / "bin/other").write_bytes(b"")


def _remove(place: Path) -> None:
    (place / "bin/tool").unlink()


def _forget(place: Path) -> None:
    """As a run that was killed between the two leaves it."""
    place.with_name("a.digest").unlink()


@pytest.mark.parametrize(
    "damage", [_change_byte, _change_mode, _change_link, _add, _remove, _forget]
)
def test_what_is_damaged_is_made_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    make = Maker()
    place = kept.find_or_make(tmp_path, "a", make)
    damage(place)
    assert not kept.is_kept(tmp_path, "a")
    kept.find_or_make(tmp_path, "a", make)
    assert make.count == 2
    assert {path.name for path in (place / "bin").iterdir()} == {"tool"}
    assert kept.is_kept(tmp_path, "a")


def test_what_nobody_used_goes(tmp_path: Path) -> None:
    make = Maker()
    for key in ("old", "used"):
        kept.find_or_make(tmp_path, key, make)
        os.utime(tmp_path / f"{key}.digest", (OLD_SECONDS, OLD_SECONDS))
    kept.find_or_make(tmp_path, "used", make)
    kept.find_or_make(tmp_path, "new", make)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"used", "new"}


def test_a_key_is_that_of_its_facts() -> None:
    assert kept.key_of("a", ("b", 1)) == kept.key_of("a", ("b", 1))
    assert len({kept.key_of("a", "b"), kept.key_of("ab"), kept.key_of("a", "c")}) == 3
