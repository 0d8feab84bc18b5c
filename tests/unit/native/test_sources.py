"""The digest of the runtime's sources: kept while nothing changed, and never a moment longer."""

import os
import time
from pathlib import Path

import pytest

from tests.unit.native.stub_sources import ANSWER, forget
from x07bundle.native import sources
from x07bundle.native.cache import Cache

pytestmark = pytest.mark.usefixtures("tool")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def digest(cache: Cache) -> str:
    forget()
    return sources.digest(cache)


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the sources had been there for a minute."""
    now_ns = time.time_ns() + 60_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: now_ns)


def kept(cache: Cache) -> list[Path]:
    return sorted((cache.folder / sources.KIND).glob("*.digest"))


def test_a_settled_digest_is_kept(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    first = digest(cache)
    assert len(kept(cache)) == 1
    monkeypatch.setattr(sources, "_digest", lambda _: pytest.fail("the sources were read again"))
    assert digest(cache) == first


def test_the_digest_of_fresh_sources_is_not_kept(cache: Cache) -> None:
    """A second change in the same step of the file system's clock would not be seen."""
    digest(cache)
    assert kept(cache) == []


def test_a_change_that_keeps_size_and_time_is_seen(
    cache: Cache, tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    before = digest(cache)
    path = tool / "stubs/runtime/src/answer.c"
    status = path.stat()
    path.write_text(ANSWER.replace("42", "43"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert digest(cache) != before


def test_a_file_that_moves_is_seen(cache: Cache, tool: Path) -> None:
    before = digest(cache)
    (tool / "stubs/runtime/src/answer.c").rename(tool / "stubs/runtime/src/other.c")
    assert digest(cache) != before


def test_names_are_sorted_c_files() -> None:
    assert sources.names() == ["cli_main/never.c", "runtime/src/answer.c"]
