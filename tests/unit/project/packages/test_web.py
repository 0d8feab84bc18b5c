"""An index on a server: down, slow, lying, hanging up; and what a token is sent to."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.project.packages import server as answers
from tests.unit.project.packages.server import Answer, Server, serving
from tests.unit.project.packages.sources import IndexFolder
from x07bundle.errors import OutputError
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index_url import parse
from x07bundle.project.packages.sparse_index import SparseIndex
from x07bundle.project.packages.vendoring import archive_of
from x07bundle.project.packages.web import Patience, Request, Web

HASTY = Patience(silence_s=0.2, grace_s=0.1, attempts=2, pause_s=0)
ENTRY = "/index/ex/t-/ext-a"
ARCHIVE = "/dl/ext-a/1.0.0/download"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = IndexFolder(tmp_path / "served")
    folder.add("ext-a", "1.0.0")
    with serving(folder.folder) as server:
        folder.config(f"{server.url}/dl")
        yield server


def index(server: Server, token: str | None = None, patience: Patience = HASTY) -> SparseIndex:
    url = parse(f"sparse+{server.url}/index/")
    return SparseIndex(url, lambda: Web(None, patience), token)


def fetched(server: Server, root: Path) -> bytes:
    found = index(server)
    return archive_of(found.entries("ext-a")[0], found, root)


def cached(root: Path) -> list[str]:
    folder = root / ".x07/cache/sha256"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_cache(server: Server, tmp_path: Path) -> None:
    archive = fetched(server, tmp_path)
    (name,) = [name for name in cached(tmp_path) if name.endswith(".x07pkg")]
    assert fetched(server, tmp_path) == archive
    assert server.paths().count(ARCHIVE) == 1
    kept = tmp_path / ".x07/cache/sha256" / name
    kept.write_bytes(b"changed")
    assert fetched(server, tmp_path) == archive
    assert server.paths().count(ARCHIVE) == 2
    kept.unlink()
    os.mkfifo(kept)
    with pytest.raises(OutputError):
        fetched(server, tmp_path)


def test_a_cache_elsewhere_is_not_written(server: Server, tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / ".x07").mkdir(parents=True)
    outside.mkdir()
    (root / ".x07/cache").symlink_to(outside)
    assert fetched(server, root)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "answer", "code", "words"),
    [
        (ENTRY, answers.status(500), "X07PKG_INDEX_FETCH", "it answered 500"),
        (ENTRY, answers.status(403), "X07PKG_INDEX_FETCH", "it answered 403"),
        (ENTRY, answers.half, "X07PKG_INDEX_FETCH", "it ended after"),
        (ENTRY, answers.too_long, "X07PKG_INDEX_FETCH", "not valid JSON"),
        (ENTRY, answers.huge, "X07PKG_INDEX_FETCH", "more than 8388608 bytes"),
        (ENTRY, answers.endless, "X07PKG_INDEX_FETCH", "more than 8388608 bytes"),
        (ENTRY, answers.silent, "X07PKG_INDEX_FETCH", "did not answer in time"),
        (ENTRY, answers.trickling_head, "X07PKG_INDEX_FETCH", "did not answer in time"),
        (ENTRY, answers.trickle, "X07PKG_INDEX_FETCH", "too slow"),
        (ENTRY, answers.redirect("file:///etc/x"), "X07PKG_INDEX_FETCH", "to `file:///etc/x`, wh"),
        (ENTRY, answers.redirect("ftp://a/b"), "X07PKG_INDEX_FETCH", "to `ftp://a/b`, which is n"),
        (ENTRY, answers.redirect(ENTRY), "X07PKG_INDEX_FETCH", "after 5 redirects to `http://"),
        (ENTRY, answers.endless_redirect, "X07PKG_INDEX_FETCH", "after 5 redirects to `http://"),
        (ENTRY, answers.redirect("http://a..b/"), "X07PKG_INDEX_FETCH", "no URL that can be asked"),
        (ENTRY, answers.redirect("http://a:b/"), "X07PKG_INDEX_FETCH", "no URL that can be asked"),
        (ENTRY, answers.status(302), "X07PKG_INDEX_FETCH", "it answered 302"),
        ("/index/config.json", answers.status(404), "X07PKG_INDEX_CONFIG", "no index at"),
        (ARCHIVE, answers.status(404), "X07PKG_DOWNLOAD_FAILED", "has no archive of it"),
        (ARCHIVE, answers.status(503), "X07PKG_DOWNLOAD_FAILED", "it answered 503, 2 times"),
        (ARCHIVE, answers.half, "X07PKG_DOWNLOAD_FAILED", "it ended after"),
        (ARCHIVE, answers.too_long, "X07PKG_DOWNLOAD_FAILED", "wrong checksum"),
        (ARCHIVE, answers.huge, "X07PKG_DOWNLOAD_FAILED", "more than 67108864 bytes"),
    ],
)
def test_bad_servers(
    server: Server, tmp_path: Path, path: str, answer: Answer, code: str, words: str
) -> None:
    server.odd[path] = answer
    with pytest.raises(PackageError) as caught:
        fetched(server, tmp_path)
    assert caught.value.code == code
    said = caught.value.render()
    assert words in said
    if "cannot get" in said:
        assert f"`{server.url}{path}`" in said
        assert "\nhint: " in said
    assert cached(tmp_path) == []


def test_where_too_much_comes_from(server: Server, tmp_path: Path) -> None:
    with serving(server.folder) as other:
        other.odd["/big"] = answers.huge
        server.odd[ARCHIVE] = answers.redirect(f"{other.url}/big")
        with pytest.raises(PackageError) as caught:
            fetched(server, tmp_path)
    assert f"`{other.url}/big`, which it leads to, has more than" in caught.value.render()


def test_a_download_that_goes_on(server: Server, tmp_path: Path) -> None:
    server.odd[ARCHIVE] = answers.half_then_the_rest
    fetched(server, tmp_path)
    ranges = [headers.get("Range") for path, headers in server.requests if path == ARCHIVE]
    size = (server.folder / ARCHIVE[1:]).stat().st_size
    assert ranges == [None, f"bytes={size // 2}-"]


def test_a_download_that_starts_again(server: Server, tmp_path: Path) -> None:
    """A server that knows no ranges sends all of it the second time."""

    def first_half_then_all(handler: answers.Handler, data: bytes) -> None:
        (answers.half if handler.headers.get("Range") is None else answers.Handler.give)(
            handler, data
        )

    server.odd[ARCHIVE] = first_half_then_all
    fetched(server, tmp_path)
    assert server.paths().count(ARCHIVE) == 2


def test_another_part_than_asked_for(server: Server, tmp_path: Path) -> None:
    def other_part(handler: answers.Handler, data: bytes) -> None:
        if handler.headers.get("Range") is None:
            answers.half(handler, data)
        else:
            handler.give(data, 206, Content_Range=f"bytes 0-{len(data) - 1}/{len(data)}")

    server.odd[ARCHIVE] = other_part
    with pytest.raises(PackageError, match="another part"):
        fetched(server, tmp_path)


def test_other_bytes_than_listed(server: Server, tmp_path: Path) -> None:
    data = bytearray((server.folder / ARCHIVE[1:]).read_bytes())
    data[0] ^= 1
    (server.folder / ARCHIVE[1:]).write_bytes(data)
    with pytest.raises(PackageError) as caught:
        fetched(server, tmp_path)
    assert caught.value.code == "X07PKG_DOWNLOAD_FAILED"
    assert "wrong checksum" in caught.value.brief
    assert cached(tmp_path) == []


def test_a_server_that_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(PackageError) as caught:
            Web(None, HASTY).get(Request(url, 10, "X07PKG_INDEX_FETCH"))
    assert "connection refused, 2 times" in caught.value.brief
    assert "--offline" in str(caught.value.hint)


def test_bytes_that_are_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(PackageError, match="did not answer in time"):
            Web(None, HASTY).get(Request(url, 10, "X07PKG_INDEX_FETCH"))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1, and its key, that vouches for itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is missing")
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -keyout c.pem -out c.pem"
    names = ("-addext", "subjectAltName=IP:127.0.0.1")
    command = (openssl, *options.split(), *names)
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    return tmp_path / "c.pem"


def test_tls(certificate: Path, tmp_path: Path) -> None:
    """By certificates that are trusted, and no others."""
    folder = IndexFolder(tmp_path / "served")
    folder.add("ext-a", "1.0.0")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(folder.folder, context) as server:
        folder.config(f"{server.url}/dl")
        url = parse(f"{server.url}/index/")
        trusting = SparseIndex(url, lambda: Web(str(certificate), HASTY))
        assert trusting.archive(trusting.entries("ext-a")[0])
        wary = SparseIndex(url, lambda: Web(None, HASTY))
        with pytest.raises(PackageError, match="its certificate is not trusted") as caught:
            wary.entries("ext-a")
        assert "X07_CA_FILE" in str(caught.value.hint)
        server.odd[ARCHIVE] = answers.redirect(f"http://127.0.0.1:1{ARCHIVE}")
        with pytest.raises(PackageError, match="which is not protected"):
            trusting.archive(trusting.entries("ext-a")[0])


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "none.pem"):
        with pytest.raises(PackageError, match="cannot read the certificates"):
            Web(str(tmp_path / name))


def tokens(server: Server) -> dict[str, str | None]:
    return {path: headers.get("Authorization") for path, headers in server.requests}


def test_the_token(server: Server) -> None:
    found = index(server, "secret")
    found.archive(found.entries("ext-a")[0])
    assert set(tokens(server).values()) == {"Bearer secret"}


@pytest.mark.parametrize("needs_token", [False, True])
def test_the_token_stays_with_its_server(server: Server, tmp_path: Path, needs_token: bool) -> None:
    """Another server, over http: not even where the index asks for it."""
    with serving(server.folder) as other:
        members = {"auth-required": needs_token}
        IndexFolder(server.folder).config(f"{other.url}/dl", **members)
        found = index(server, "secret")
        found.archive(found.entries("ext-a")[0])
        assert tokens(other) == {ARCHIVE: None}


def test_a_redirect_takes_no_token_along(server: Server) -> None:
    with serving(server.folder) as other:
        server.odd[ARCHIVE] = answers.redirect(other.url + ARCHIVE)
        found = index(server, "secret")
        found.archive(found.entries("ext-a")[0])
        assert tokens(server)[ARCHIVE] == "Bearer secret"
        assert tokens(other) == {ARCHIVE: None}


def test_variables_of_proxies_are_not_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert index(server).entries("ext-a")


def test_refresh(server: Server) -> None:
    found = index(server)
    found.refresh = True
    found.entries("ext-a")
    assert server.paths()[0].startswith(ENTRY + "?x07_refresh=")
