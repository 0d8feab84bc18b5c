"""What the HTTP client sends, and what it makes of answers, good and bad."""

import json
import struct
import time

import pytest

from tests.live.http_program import (
    CONNECT,
    FOLLOWING,
    INTERNAL,
    INVALID,
    TIMEOUT,
    TOO_LARGE,
    Answer,
    Caps,
    Client,
    answer,
    request,
    table,
    text,
)
from tests.live.http_server import PATTERN, Server

pytestmark = pytest.mark.live
NO_CAPS = b""


def said(found: Answer) -> dict[str, object]:
    value = json.loads(found.body)
    assert isinstance(value, dict)
    return value


# -- good answers


def test_a_body_comes_with_status_and_headers(client: Client, server: Server) -> None:
    found = client.get(server.url("/body?size=20000"))
    assert (found.code, found.version, found.status) == (0, 2, 200)
    assert found.body == (PATTERN * 2)[:20000]
    assert found.header("x-kind") == "a"


def test_a_status_is_an_answer(client: Client, server: Server) -> None:
    assert client.get(server.url("/nowhere")).status == 404
    assert client.get(server.url("/echo?status=500")).status == 500


def test_headers_keep_their_order_and_come_twice(client: Client, server: Server) -> None:
    found = client.get(server.url("/headers?count=3"))
    names = [name for name, _ in found.headers if name.startswith(("x-", "set-"))]
    assert names == ["x-0", "x-1", "x-2", "set-cookie", "set-cookie"]


def test_interim_answers_leave_nothing(client: Client, server: Server) -> None:
    found = client.get(server.url("/interim"), FOLLOWING)
    assert (found.status, found.body, found.headers[0]) == (200, b"ok", ("x-late", "1"))
    assert found.header("x-early") is None


def test_chunks_and_what_follows_them(client: Client, server: Server) -> None:
    found = client.get(server.url("/chunked"))
    assert (found.body, found.header("x-trailer")) == (b"abcde", "t")


def test_a_server_that_closes_its_side_first(client: Client, server: Server) -> None:
    assert client.get(server.url("/half")).body == b"half"


def test_post_sends_its_body(client: Client, server: Server) -> None:
    sent = request(server.url("/echo"), method=2, body=b"a=1", headers=[("X-One", "1")])
    told = said(client.send(sent))
    assert (told["method"], told["body"]) == ("POST", "a=1")


def test_headers_are_sent_sorted_in_lower_case_and_joined(client: Client, server: Server) -> None:
    headers = [("X-B", "2"), ("X-A", "1"), ("x-b", "3"), ("X-Empty", "")]
    told = said(client.send(request(server.url("/echo"), headers=headers)))
    assert isinstance(told["headers"], list)
    own = [pair for pair in told["headers"] if pair[0].startswith("x-")]
    assert own == [["x-a", "1"], ["x-b", "2, 3"], ["x-empty", ""]]


def test_nothing_of_the_machine_is_sent(client: Client, server: Server) -> None:
    told = said(client.get(server.url("/echo")))
    assert isinstance(told["headers"], list)
    assert {name for name, _ in told["headers"]} == {"host", "accept"}


def test_fragments_stay_here_and_paths_stay_as_they_are(client: Client, server: Server) -> None:
    told = said(client.get(server.url("/echo?a=/../b#secret")))
    assert told["path"] == "/echo?a=/../b"


def test_a_url_without_a_path(client: Client, server: Server) -> None:
    client.get(server.url(""))
    assert server.seen[-1] == "GET /"
    client.get(server.url("?a"))
    assert server.seen[-1] == "GET /?a"


def test_a_connection_is_used_again(client: Client, server: Server) -> None:
    first, second = client.output("twice", request(server.url("/echo"))).split(b"}{")
    assert json.loads(first + b"}")["peer"] == json.loads(b"{" + second)["peer"]


def test_head(client: Client, server: Server) -> None:
    assert client.output("head", server.url("/body").encode()) == struct.pack("<BI", 1, 200)
    assert server.seen[-1] == "HEAD /body"
    assert client.output("head", b"ftp://127.0.0.1/") == struct.pack("<BI", 0, INVALID)


# -- bad answers


def test_more_body_than_allowed(client: Client, server: Server) -> None:
    fits, over = Caps(max_body_bytes=1000), Caps(max_body_bytes=999)
    assert len(client.get(server.url("/body?size=1000"), fits).body) == 1000
    assert client.get(server.url("/body?size=1000"), over).code == TOO_LARGE


@pytest.mark.parametrize("path", ["/endless", "/lies"])
def test_bodies_without_end(path: str, client: Client, server: Server) -> None:
    assert client.get(server.url(path)).code == TOO_LARGE


def test_more_headers_than_allowed(client: Client, server: Server) -> None:
    url = server.url("/headers?count=20")
    count = len(client.get(url).headers)
    assert client.get(url, Caps(max_headers=count)).status == 200
    assert client.get(url, Caps(max_headers=count - 1)).code == TOO_LARGE


def test_longer_headers_than_allowed(client: Client, server: Server) -> None:
    assert client.get(server.url("/headers?count=1&size=3000")).status == 200
    assert client.get(server.url("/headers?count=1&size=5000")).code == TOO_LARGE


@pytest.mark.parametrize("path", ["/endless-headers", "/endless-interim"])
def test_headers_without_end(path: str, client: Client, server: Server) -> None:
    assert client.get(server.url(path)).code == TOO_LARGE


@pytest.mark.parametrize("path", ["/slow", "/silent"])
def test_a_server_that_takes_its_time(path: str, client: Client, server: Server) -> None:
    started = time.monotonic()
    assert client.get(server.url(path), Caps(timeout_s=1)).code == TIMEOUT
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("path", ["/reset", "/short"])
def test_an_answer_that_breaks_off(path: str, client: Client, server: Server) -> None:
    assert client.get(server.url(path)).code == INTERNAL


def test_what_is_no_http(client: Client, server: Server) -> None:
    assert client.get(server.url("/garbage")).code in (INVALID, INTERNAL)


def test_nobody_listens(client: Client) -> None:
    assert client.get("http://127.0.0.1:1/").code == CONNECT


# -- requests that are none


GOOD = "http://127.0.0.1:1/"


@pytest.mark.parametrize(
    "sent",
    [
        request(GOOD, body=b"a"),
        request(GOOD, method=3),
        request(GOOD, Caps(timeout_s=601)),
        request(GOOD, Caps(max_redirects=101)),
        request(GOOD, Caps(max_header_bytes=16777217)),
        request(GOOD, Caps(max_headers=65536)),
        request(GOOD, headers=[("a b", "c")]),
        request(GOOD, headers=[("", "c")]),
        request(GOOD, headers=[("a", "c\r\nd: e")]),
        request(GOOD, headers=[("Host", "other")]),
        request(GOOD, headers=[("content-length", "1")]),
        request(GOOD, headers=[("Transfer-Encoding", "chunked")]),
        request("http://127.0.0.1:1/" + "a" * 65536),
        b"",
        struct.pack("<II", 2, 1) + text(GOOD) + text(table([])) + text(b"") + text(b""),
    ],
)
def test_a_request_that_makes_no_sense(sent: bytes, client: Client) -> None:
    assert client.send(sent) == Answer(INVALID)


def test_capabilities_that_are_left_out_are_the_usual_ones(client: Client, server: Server) -> None:
    parts: tuple[bytes | str, ...] = (server.url("/body"), table([]), b"", NO_CAPS)
    sent = struct.pack("<II", 1, 1) + b"".join(map(text, parts))
    assert client.send(sent).status == 200


# -- requests of ext.curl.http


def curl_request(version: int, url: str, method: int = 1) -> bytes:
    head = struct.pack("<BB", version, method) + text(url) + table([]) + text(b"")
    return head + (struct.pack("<5I", 0, 5, 0, 0, 0) if version > 1 else b"")


def test_version_1(client: Client, server: Server) -> None:
    found = client.output("one", curl_request(1, server.url("/body")))
    assert found == struct.pack("<BBIII", 1, 1, 200, 0, 5) + PATTERN[:5]


def test_versions_are_told_apart(client: Client, server: Server) -> None:
    url = server.url("/body")
    assert answer(client.output("two", curl_request(2, url))).version == 2
    assert answer(client.output("one", curl_request(2, url))).code == INVALID
    assert answer(client.output("two", curl_request(1, url))).code == INVALID


@pytest.mark.parametrize("cut", [1, 2, 10, 40, -1])
def test_a_request_that_is_cut(cut: int, client: Client) -> None:
    assert answer(client.output("two", curl_request(2, GOOD)[:cut])).code == INVALID
    assert answer(client.output("two", curl_request(2, GOOD) + b"\0")).code == INVALID
