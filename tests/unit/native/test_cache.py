"""The cache folder: where it is, whole entries only, pruning."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from x07bundle.errors import OutputError
from x07bundle.native import cache
from x07bundle.native.cache import Cache, open_cache

NOWHERE = "/proc/self/nowhere"
"""A folder that nobody can make, root included."""


def test_which_folder(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path / "home")}
    assert open_cache(env).folder == tmp_path / "home" / ".cache" / "x07bundle"
    env["XDG_CACHE_HOME"] = "relative"
    assert open_cache(env).folder == tmp_path / "home" / ".cache" / "x07bundle"
    env["XDG_CACHE_HOME"] = str(tmp_path / "xdg")
    assert open_cache(env).folder == tmp_path / "xdg" / "x07bundle"
    env["X07_NATIVE_CACHE_DIR"] = str(tmp_path / "older")
    assert open_cache(env).folder == tmp_path / "older"
    env["X07_CACHE_DIR"] = str(tmp_path / "own")
    assert open_cache(env).folder == tmp_path / "own"


def test_a_relative_folder_is_that_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_cache({"X07_CACHE_DIR": "here"}).folder == tmp_path / "here"


def test_a_file_is_no_cache_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot make the cache folder `.*`: not a directory"):
        open_cache({"X07_CACHE_DIR": str(tmp_path / "file")})


@pytest.mark.parametrize("variable", ["X07_CACHE_DIR", "XDG_CACHE_HOME"])
def test_a_named_folder_that_cannot_be_made_is_an_error(variable: str) -> None:
    with pytest.raises(OutputError, match="cannot make the cache folder") as caught:
        open_cache({variable: NOWHERE})
    assert caught.value.hint == cache.HINT


def test_an_account_without_a_home(tmp_path: Path) -> None:
    env = {"HOME": NOWHERE, "TMPDIR": str(tmp_path)}
    folder = open_cache(env).folder
    assert folder == tmp_path / f"x07bundle-cache-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert open_cache(env).folder == folder


def test_a_shared_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    env = {"HOME": NOWHERE, "TMPDIR": str(tmp_path)}
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / f"x07bundle-cache-{os.getuid()}"
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="belongs to somebody else"):
        open_cache(env)
    folder.unlink()
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(OutputError, match="belongs to somebody else"):
        open_cache(env)


def test_entries(tmp_path: Path) -> None:
    entries = Cache(tmp_path)
    assert entries.find("kind", "key") is None
    path = entries.store("kind", "key", b"data")
    assert entries.find("kind", "key") == path
    assert path.read_bytes() == b"data"
    assert entries.find("other", "key") is None


@pytest.mark.parametrize("damage", [b"", b"dat", b"data and more"])
def test_a_broken_entry_is_none(tmp_path: Path, damage: bytes) -> None:
    entries = Cache(tmp_path)
    path = entries.store("kind", "key", b"data")
    path.write_bytes(damage)
    assert entries.find("kind", "key") is None
    entries.store("kind", "key", b"data")
    assert entries.find("kind", "key") == path


def test_an_entry_without_its_digest_is_none(tmp_path: Path) -> None:
    entries = Cache(tmp_path)
    path = entries.store("kind", "key", b"data")
    path.with_name("key.digest").unlink()
    assert entries.find("kind", "key") is None


def test_pruning_goes_by_last_use(tmp_path: Path) -> None:
    entries = Cache(tmp_path)
    for key in ("old", "used", "new"):
        entries.store("kind", key, b"data")
    long_ago = time.time() - cache.PROGRAM_AGE_SECONDS - 60
    for key in ("old", "used"):
        os.utime(entries.entry("kind", key), (long_ago, long_ago))
        os.utime(entries.entry("kind", key + ".digest"), (long_ago, long_ago))
    entries.touch(entries.entry("kind", "used"))
    entries.prune("kind")
    assert entries.find("kind", "used") is not None
    assert entries.find("kind", "new") is not None
    left = {path.name for path in (tmp_path / "kind").iterdir()}
    assert left & {"old", "old.digest"} <= {"old.digest"}
    entries.prune("kind")
    assert not (tmp_path / "kind" / "old.digest").exists()


def test_what_a_killed_writer_left_goes_after_a_day(tmp_path: Path) -> None:
    entries = Cache(tmp_path)
    entries.store("kind", "key", b"data")
    staged = tmp_path / "kind" / ".key.1.abcd.tmp"
    staged.touch()
    entries.prune("kind")
    assert staged.exists()
    yesterday = time.time() - cache.STALE_SECONDS - 60
    os.utime(staged, (yesterday, yesterday))
    entries.prune("kind")
    assert not staged.exists()
    assert entries.find("kind", "key") is not None


@pytest.mark.parametrize("name", ["key", "key.digest"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_an_entry_is_a_file_or_not_there(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    """A pipe is not waited for."""
    entries = Cache(tmp_path)
    entries.store("kind", "key", b"data")
    (tmp_path / "kind" / name).unlink()
    make(tmp_path / "kind" / name)
    assert entries.find("kind", "key") is None
    with pytest.raises(OutputError, match=f"{name}` is in the place of a file") as caught:
        entries.store("kind", "key", b"data")
    assert (caught.value.hint or "").startswith("remove it")
