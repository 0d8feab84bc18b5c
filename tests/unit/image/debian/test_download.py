"""Downloads from mirrors that fail, lie, or are not there."""

import os
from pathlib import Path

import pytest

from tests.unit.image.debian.servers import cut, others, redirect, serving, status, whole
from x07bundle.errors import RefusedError, X07Error
from x07bundle.files import sha256_bytes
from x07bundle.image.debian.download import Downloads, Missing, Wanted
from x07bundle.image.debian.web import Web

DATA = os.urandom(100_000)
WANTED = Wanted("`a1` 1.0", sha256_bytes(DATA), len(DATA), ("pool/a",))
FILES = {"/pool/a": DATA}


def downloads(folder: Path, *, offline: bool = False, **env: str) -> Downloads:
    return Downloads(folder / "cache", Web(env, silence_s=10), offline, pause_s=0)


def get(folder: Path, *mirrors: str) -> bytes:
    return downloads(folder).get(WANTED, mirrors, lambda _: None).read_bytes()


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache").iterdir())


def test_once_and_then_from_the_cache(tmp_path: Path) -> None:
    counts: list[int] = []
    with serving(FILES) as server:
        for _ in range(2):
            downloads(tmp_path).get(WANTED, [server.url], counts.append)
    assert len(server.asked) == 1
    assert counts == [len(DATA)] * 2
    assert left(tmp_path) == [WANTED.sha256]


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with serving(FILES, cut(1000), cut(500)) as server:
        assert get(tmp_path, server.url) == DATA
    assert [part for _, part in server.asked] == ["", "bytes=1000-", "bytes=1500-"]


def test_it_goes_on_in_another_process(tmp_path: Path) -> None:
    with serving(FILES, *[cut(1000)] * 4) as server:
        with pytest.raises(X07Error, match="cannot get `a1`") as caught:
            get(tmp_path, server.url)
        assert "what came so far is kept" in str(caught.value.hint)
        assert get(tmp_path, server.url) == DATA
    assert server.asked[-1][1] == "bytes=4000-"


def test_a_server_that_sends_all_again(tmp_path: Path) -> None:
    with serving(FILES, cut(1000), whole) as server:
        assert get(tmp_path, server.url) == DATA


def test_errors_that_pass(tmp_path: Path) -> None:
    with serving(FILES, status(500), status(503), status(429)) as server:
        assert get(tmp_path, server.url) == DATA


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    with (
        serving(FILES, others(DATA[::-1])) as server,
        pytest.raises(RefusedError, match="not what it is to be"),
    ):
        get(tmp_path, server.url)
    assert left(tmp_path) == []


def test_more_bytes_are_not_taken(tmp_path: Path) -> None:
    with serving({"/pool/a": DATA + b"more"}) as server:
        assert get(tmp_path, server.url) == DATA


def test_a_damaged_part_is_got_again(tmp_path: Path) -> None:
    part = tmp_path / "cache" / f"{WANTED.sha256}.part"
    part.parent.mkdir()
    part.write_bytes(b"damaged")
    with serving(FILES) as server:
        with pytest.raises(RefusedError):
            get(tmp_path, server.url)
        assert get(tmp_path, server.url) == DATA


def test_a_damaged_file_of_the_cache_is_got_again(tmp_path: Path) -> None:
    with serving(FILES) as server:
        get(tmp_path, server.url)
        (tmp_path / "cache" / WANTED.sha256).write_bytes(DATA[::-1])
        assert get(tmp_path, server.url) == DATA


def test_the_next_mirror(tmp_path: Path) -> None:
    with serving({}) as empty, serving(FILES, others(b"x" * len(DATA))) as lying:
        assert get(tmp_path, empty.url, lying.url, lying.url) == DATA


def test_no_mirror_has_it(tmp_path: Path) -> None:
    with serving({}) as server, pytest.raises(Missing):
        get(tmp_path, server.url, (tmp_path / "nowhere").as_uri())


def test_no_mirror_answers(tmp_path: Path) -> None:
    with serving(FILES) as server:
        url = server.url
    with pytest.raises(X07Error, match="cannot get `a1`"):
        get(tmp_path, url)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool/a").write_bytes(DATA)
    assert get(tmp_path, tmp_path.as_uri()) == DATA


def test_redirects(tmp_path: Path) -> None:
    with serving(FILES) as other, serving(FILES, redirect(f"{other.url}/pool/a")) as server:
        assert get(tmp_path, server.url) == DATA
    assert len(other.asked) == 1


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_redirects_elsewhere(place: str, tmp_path: Path) -> None:
    with serving(FILES, *[redirect(place)] * 4) as server, pytest.raises((X07Error, Missing)):
        get(tmp_path, server.url)


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="no address of a mirror"):
        get(tmp_path, "ftp://127.0.0.1")


def test_offline(tmp_path: Path) -> None:
    with serving(FILES) as server:
        with pytest.raises(X07Error, match="network may not be used"):
            downloads(tmp_path, offline=True).get(WANTED, [server.url], lambda _: None)
        assert server.asked == []
        get(tmp_path, server.url)
        downloads(tmp_path, offline=True).get(WANTED, [server.url], lambda _: None)
        with pytest.raises(X07Error, match="network may not be used"):
            downloads(tmp_path, offline=True).text([server.url], "pool/a", 10)


def test_a_text_and_the_mirror_that_had_it(tmp_path: Path) -> None:
    with serving({"/dists/a": b"text"}, status(500)) as server:
        found = downloads(tmp_path).text(["file:///nowhere", server.url], "dists/a", 4)
        assert found == (server.url, b"text")
        with pytest.raises(X07Error, match="no mirror gives `dists/a`") as caught:
            downloads(tmp_path).text([server.url], "dists/a", 3)
    assert "it has more than 3 bytes" in str(caught.value.details)


def test_proxies(tmp_path: Path) -> None:
    with serving({"http://mirror.invalid/pool/a": DATA}) as proxy:
        address = proxy.url.replace("//", "//user:p%20w@")
        by_proxy = downloads(tmp_path, http_proxy=address)
        by_proxy.get(WANTED, ["http://mirror.invalid"], lambda _: None)
    assert proxy.asked[0][0] == "http://mirror.invalid/pool/a"
    with serving(FILES) as server:
        past = downloads(tmp_path / "b", HTTP_PROXY="http://127.0.0.1:9", no_proxy="x, 127.0.0.1")
        past.get(WANTED, [server.url], lambda _: None)


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    """A pipe is not waited for, and the words of OpenSSL are not for people."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "junk").write_text("junk")
    for name, reason in (("none", "no such file"), ("pipe", "a pipe or a"), ("junk", "has none")):
        with pytest.raises(X07Error, match="cannot read the certificates") as caught:
            Web({"X07_CA_FILE": str(tmp_path / name)})
        assert reason in caught.value.render()


def test_a_cache_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")
    with serving(FILES) as server, pytest.raises(X07Error, match="cannot write"):
        get(tmp_path, server.url)


def test_what_is_used_is_new_for_those_who_prune(tmp_path: Path) -> None:
    with serving(FILES) as server:
        get(tmp_path, server.url)
        place = tmp_path / "cache" / WANTED.sha256
        os.utime(place, (1, 1))
        get(tmp_path, server.url)
        assert place.stat().st_mtime > 1
