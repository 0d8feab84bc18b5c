"""Answers that go into files, and servers with certificates."""

import json
import ssl
from pathlib import Path

import pytest

from tests.live.certificates import Authority
from tests.live.http_program import (
    DENIED,
    TLS,
    TOO_LARGE,
    Caps,
    Client,
    answer,
    request,
)
from tests.live.http_server import PATTERN, Server, serving
from tests.unit.runtime.policies import denials

pytestmark = pytest.mark.live


# -- files


def test_a_body_goes_into_a_file(client: Client, server: Server) -> None:
    (client.folder / "out/answer").write_bytes(b"x" * 70000)
    found = client.get(server.url("/body?size=3000"), verb="file")
    assert (found.version, found.status, found.length) == (3, 200, 3000)
    assert found.path == "out/answer"
    assert (client.folder / found.path).read_bytes() == PATTERN[:3000]


def test_a_file_below_a_write_root(client: Client, server: Server) -> None:
    found = client.under(server.grant).get(server.url("/body"), verb="file")
    assert (found.status, found.path) == (200, "out/answer")
    assert (client.folder / "out/answer").read_bytes() == PATTERN[:5]


def test_a_file_can_be_read_again(client: Client, server: Server) -> None:
    sent = request(server.url("/body?size=9000"))
    assert client.output("read", sent) == PATTERN[:9000]
    assert client.under(server.grant).output("read", sent) == PATTERN[:9000]


def test_a_reader_needs_leave_to_read(client: Client, server: Server) -> None:
    boxed = client.under(server.grant, FS_READ_ROOTS="data")
    ran = boxed.run("read", request(server.url("/body")))
    assert ran.status == 132
    assert "fs.read_roots" in ran.stderr


def test_a_reader_of_nothing(client: Client) -> None:
    assert client.output("read", request("ftp://127.0.0.1/")) == b""


def test_what_failed_leaves_an_empty_file(client: Client, server: Server) -> None:
    for path in ("/short", "/endless", "/body?size=70000"):
        (client.folder / "out/answer").write_bytes(b"before")
        assert client.get(server.url(path), verb="file").code != 0
        assert (client.folder / "out/answer").read_bytes() == b""


def test_the_policy_limits_files(client: Client, server: Server) -> None:
    boxed = client.under(server.grant, FS_MAX_WRITE_BYTES=1000)
    assert boxed.get(server.url("/body?size=1000"), verb="file").length == 1000
    ran = boxed.run("file", request(server.url("/body?size=1001")))
    assert answer(ran.stdout[4:]).code == TOO_LARGE
    assert "raise fs.max_write_bytes to 1001" in ran.stderr


def test_a_large_file(client: Client, server: Server) -> None:
    size = 20_000_000
    found = client.get(server.url(f"/body?size={size}"), Caps(max_body_bytes=size), "file")
    assert found.length == (client.folder / "out/answer").stat().st_size == size


# -- certificates


@pytest.fixture
def trusting(client: Client, authority: Authority) -> Client:
    return client.with_variables(X07_CA_FILE=str(authority.file))


def get(client: Client, context: ssl.SSLContext, host: str, path: str = "/body") -> int:
    """The code, or 0 for an answer."""
    with serving(tls=context) as server:
        return client.get(server.url(path, host)).code


def test_a_certificate_of_a_trusted_authority(trusting: Client, authority: Authority) -> None:
    context = authority.context("DNS:localhost", "IP:127.0.0.1")
    assert get(trusting, context, "localhost") == 0
    assert get(trusting, context, "127.0.0.1") == 0
    assert get(trusting, context, "2130706433") == 0


def test_an_authority_that_nobody_trusts(client: Client, authority: Authority) -> None:
    assert get(client, authority.context("DNS:localhost"), "localhost") == TLS


def test_variables_of_others_name_no_authority(client: Client, authority: Authority) -> None:
    names = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
    told = client.with_variables(**dict.fromkeys(names, str(authority.file)))
    assert get(told, authority.context("DNS:localhost"), "localhost") == TLS


def test_another_name(trusting: Client, authority: Authority) -> None:
    assert get(trusting, authority.context("DNS:other.example"), "localhost") == TLS
    assert get(trusting, authority.context("DNS:localhost"), "127.0.0.1") == TLS


def test_a_certificate_that_ran_out(trusting: Client, authority: Authority) -> None:
    assert get(trusting, authority.context("DNS:localhost", days=-1), "localhost") == TLS


def test_a_server_without_tls(trusting: Client, server: Server) -> None:
    assert trusting.get(f"https://127.0.0.1:{server.port}/").code == TLS


def test_a_file_of_authorities_that_is_none(
    client: Client, authority: Authority, tmp_path: Path
) -> None:
    lost = client.with_variables(X07_CA_FILE=str(tmp_path / "none"))
    assert get(lost, authority.context("DNS:localhost"), "localhost") == TLS


def test_tls_in_a_sandbox(trusting: Client, authority: Authority) -> None:
    with serving(tls=authority.context("DNS:localhost")) as server:
        boxed = trusting.under(f"localhost:{server.port}")
        found = boxed.get(server.url("/echo", "localhost"))
        assert json.loads(found.body)["method"] == "GET"
        assert boxed.get(server.url("/echo")).code == DENIED


# -- denials


def test_one_run_tells_all_that_a_request_needs(client: Client, server: Server) -> None:
    none = {"NET": False, "NET_ALLOW_TCP": False, "NET_ALLOW_DNS": False, "FS_WRITE_ROOTS": ""}
    boxed, before = client.under(**none), len(server.seen)
    all_of = ["net.enabled", "net.allow_tcp", "net.allow_dns", "net.allow_hosts", "fs.write_roots"]
    for more, wanted in (({}, all_of[:1]), ({"X07_OS_DENIALS": "collect"}, all_of)):
        ran = boxed.with_variables(**more).run("file", request(server.url("/body")))
        assert answer(ran.stdout[4:]).code == DENIED
        assert [one["field"] for one in denials(ran)] == wanted
    assert len(server.seen) == before
    assert not (client.folder / "out/answer").exists()
