"""Requests: through proxies, in time, and what is said of those that fail."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from oras.defaults import registry as hub

from tests.fakes import registry as fake
from tests.unit.registry import images
from x07bundle.registry.failure import RegistryError, said, status_error
from x07bundle.registry.reference import parse
from x07bundle.registry.session import Session, retry_after
from x07bundle.registry.settings import Options, Patience, settings_for

HOST = "reg.example"
FAST = Patience(silence_s=0.3, attempts=2, pause_s=0)


def session(host: str, options: Options, **env: str) -> Session:
    reference = parse(f"{host}/team/app:v1")
    settings = settings_for(reference, options, {"HOME": "/nonexistent", **env})
    return Session(reference, settings._replace(patience=FAST), lambda seconds: None)


@pytest.mark.parametrize("is_option", [True, False])
def test_through_a_proxy(tmp_path: Path, is_option: bool) -> None:
    """A server that is asked for a URL of another one is its proxy."""
    layout = images.make(tmp_path / "image")
    with fake.serving() as server:
        url = f"http://{server.host}"
        options = Options(plain_hosts=(HOST,), proxy=url if is_option else None)
        env = {} if is_option else {"HTTP_PROXY": url}
        images.pushed(session(HOST, options, **env), layout)
        images.pulled(session(HOST, options, **env), tmp_path / "out")
        assert all(one.path.startswith(f"http://{HOST}/v2/") for one in server.seen)


def test_no_proxy_is_used_that_is_excepted(tmp_path: Path) -> None:
    layout = images.make(tmp_path / "image")
    with fake.serving() as server, fake.serving() as proxy:
        images.pushed(images.session(server, env={"HTTP_PROXY": f"http://{proxy.host}"}), layout)
        assert proxy.seen == []


def test_a_variable_of_this_process_is_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not handed down is not used."""
    layout = images.make(tmp_path / "image")
    with fake.serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.host}")
        with pytest.raises(RegistryError):
            images.pushed(session("reg.invalid", Options(plain_hosts=("reg.invalid",))), layout)
        assert proxy.seen == []


def _end(connection: socket.socket) -> None:
    """Closed with something unread, a connection is reset, and the answer may be lost with it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.2)
        while connection.recv(1 << 16):
            pass


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that says the same to everybody; its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                if answer:
                    connection.recv(1 << 16)
                    connection.sendall(answer)
                    _end(connection)
                else:
                    threading.Event().wait(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"", "does not answer in time"),
        (b"SSH-2.0-server\r\n", "cannot be reached, or broke off"),
        (HEAD + b"Content-Length: 100\r\n\r\nshort", "broke off"),
        (
            HEAD + b"Content-Type: text/html\r\nContent-Length: 3\r\n\r\nyes",
            "of the type `text/html`",
        ),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "compressed bytes"),
        (HEAD + b"\r\n" + b"x" * (5 << 20), "more than 4194304 bytes"),
        (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "wants a login"),
        (b"HTTP/1.1 302 No\r\nContent-Length: 0\r\n\r\n", "the registry leads to ``"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n", "cannot be reached, or broke off"),
    ],
)
def test_answers_that_are_none(tmp_path: Path, answer: bytes, problem: str) -> None:
    with answering(answer) as host, pytest.raises(RegistryError) as caught:
        images.pulled(session(host, Options(plain_http=True)), tmp_path / "out")
    assert problem in caught.value.render()
    assert not (tmp_path / "out").exists()


def test_no_server_at_all(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(RegistryError, match="cannot be reached") as caught:
        images.pulled(session(host, Options(plain_http=True)), tmp_path / "out")
    assert "2 attempts" in caught.value.brief


def test_plain_http_where_tls_is_spoken(tmp_path: Path) -> None:
    with (
        fake.serving() as server,
        pytest.raises(RegistryError, match="does not speak TLS") as caught,
    ):
        images.pulled(session(server.host, Options()), tmp_path / "out")
    assert "--plain-http" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("", None), ("soon", None), ("-1", None), ("9" * 400, 999999999.0),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)  # fmt: skip
def test_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_errors_of_registries() -> None:
    body = b'{"errors":[{"code":"DENIED","message":"no\\u001b[31m entry"},7,{"code":5}]}'
    assert said(body) == (("DENIED", ""), ("DENIED: no [31m entry",))
    error = status_error(403, "cannot push", body)
    assert error.render().count("\n") == 3
    assert "\x1b" not in error.render()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors":{}}', b"\xff", b"[" * 9999])
def test_other_bodies(body: bytes) -> None:
    assert said(body) == ((), ())


def test_the_hub_has_three_names(tmp_path: Path) -> None:
    """One in references, one that is asked, one in files of logins."""
    file = tmp_path / "auth.json"
    login = {"auth": fake.BASIC.removeprefix("Basic ")}
    file.write_text(json.dumps({"auths": {hub.index_server: login}}))
    reference = parse(f"{hub.index_name}/app:v1")
    env = {"REGISTRY_AUTH_FILE": str(file)}
    opened = Session(reference, settings_for(reference, Options(), env))
    assert opened.origin == f"https://{hub.default_v2_registry['host']}"
    assert opened.repository == "library/app"
    assert opened.keys.found.credentials is not None
    assert parse(f"{hub.index_name}/team/app").repository == "team/app"


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("https://reg.example/x", True),
        ("https://REG.example:443/x", True),
        ("http://reg.example/x", False),
        ("https://reg.example:444/x", False),
        ("https://reg.example.evil/x", False),
        ("https://sub.reg.example/x", False),
        ("https://reg.example:x/", False),
    ],
)
def test_what_is_the_registry_itself(url: str, is_own: bool) -> None:
    assert session(HOST, Options()).is_own(url) is is_own


def test_urls_of_any_name() -> None:
    """Also of those that oras-py takes for a host."""
    opened = session("localhost", Options())
    assert opened.url(opened.urls.manifest_url("v1")) == (
        "https://localhost/v2/team/app/manifests/v1"
    )
    reference = parse("reg.example/my.org/app:v1")
    dotted = Session(reference, settings_for(reference, Options(), {}))
    assert dotted.urls.upload_blob_url() == "reg.example/v2/my.org/app/blobs/uploads/"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_that_means_something_else_has_a_hint(status: int) -> None:
    assert "is a registry" in (status_error(status, "cannot begin the upload", b"").hint or "")
