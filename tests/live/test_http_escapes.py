"""Ways around the policy's hosts by HTTP, and what of the machine could decide in its place."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.http_program import DENIED, DNS, INVALID, Client, answer, request
from tests.live.http_server import Server, serving

pytestmark = pytest.mark.live

SPELLINGS = ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1"]
"""All of them 127.0.0.1."""
MAPPED = ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]"]


@pytest.fixture(scope="module")
def six() -> Iterator[Server]:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    with serving("::1") as started:
        yield started


# -- hosts


@pytest.mark.parametrize("host", ["127.0.0.1", *SPELLINGS, *MAPPED])
def test_one_address_in_any_spelling(host: str, client: Client, server: Server) -> None:
    url = server.url("/echo", host)
    boxed = client.under(server.grant)
    found = boxed.get(url)
    assert found.status == 200
    assert f'"host", "127.0.0.1:{server.port}"'.encode() in found.body
    assert client.under(f"10.0.0.1:{server.port}").get(url).code == DENIED


@pytest.mark.parametrize("host", ["[::1]", "[0::1]", "[0000:0:0:0:0:0:0:1]"])
def test_one_address_of_ipv6(host: str, client: Client, six: Server) -> None:
    assert client.under(six.grant).get(six.url("/body", host)).status == 200
    assert client.under(f"127.0.0.1:{six.port}").get(six.url("/body", host)).code == DENIED


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "LocalHost."])
def test_a_name_grants_what_it_resolves_to(host: str, client: Client, server: Server) -> None:
    assert client.under(f"localhost:{server.port}").get(server.url("/body", host)).status == 200
    assert client.under(server.grant).get(server.url("/body", host)).code == DENIED


def test_a_name_that_resolves_to_nothing(client: Client) -> None:
    granted = client.under("nothing.invalid:80")
    assert granted.get("http://nothing.invalid/").code == DNS


@pytest.mark.parametrize(
    "url",
    [
        "http://a@127.0.0.1:{port}/",
        "http://a:b@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}@10.0.0.1/",
        "http://127.0.0.1%3a{port}/",
        "http://127.0.0.1:{port}\\.example.com/",
        "http://127.0.0.1 .example.com:{port}/",
        "http://127.0.0.1:{port}#@10.0.0.1:{port}/\t",
        "http:/127.0.0.1:{port}/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://256.0.0.1:{port}/",
        "http://[::1:{port}/",
        "http:///",
        "http://\u0131:{port}/",
    ],
)
def test_urls_that_readers_do_not_agree_on(url: str, client: Client, server: Server) -> None:
    asked = url.format(port=server.port)
    before = len(server.seen)
    assert client.under(server.grant).get(asked).code in (DENIED, INVALID)
    assert client.get(asked).code == INVALID
    assert len(server.seen) == before


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "FILE:///etc/passwd", "ftp://127.0.0.1/", "gopher://a", "a", ""]
)
def test_other_schemes(url: str, client: Client, server: Server) -> None:
    assert client.get(url).code == INVALID
    assert client.under(server.grant).get(url).code == INVALID


@pytest.mark.parametrize("field", ["NET", "NET_ALLOW_TCP", "NET_ALLOW_DNS"])
def test_every_switch_is_needed(field: str, client: Client, server: Server) -> None:
    boxed = client.under(server.grant, **{field: False})
    assert boxed.denial(server.url("/"))["grant"].startswith("set net.")


@pytest.mark.parametrize("port", [80, 443])
def test_a_url_without_a_port_has_the_one_of_its_scheme(port: int, client: Client) -> None:
    scheme = {80: "http", 443: "https"}[port]
    denial = client.under("127.0.0.1:1").denial(f"{scheme}://127.0.0.1/")
    assert denial["target"] == f"127.0.0.1:{port}"


def test_the_guard_of_hosts_is_what_denies(client: Client, server: Server) -> None:
    boxed = client.under("127.0.0.1:1").with_variables(X07_TEST_WITHOUT_GUARD="net-hosts")
    assert boxed.get(server.url("/body")).status == 200


# -- what is not read


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_proxies_of_the_environment(name: str, client: Client, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)
        to = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        assert client.with_variables(**{name: to}).get(server.url("/body")).status == 200
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_files_in_the_home(client: Client, server: Server, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("default login a password b\n")
    (home / ".curlrc").write_text('user-agent = "other"\nheader = "X-Own: 1"\n')
    at_home = client.with_variables(HOME=str(home), NETRC=str(home / ".netrc"))
    found = at_home.get(server.url("/echo"))
    assert b"authorization" not in found.body
    assert b"x-own" not in found.body


def test_settings_of_tls(client: Client, server: Server, tmp_path: Path) -> None:
    keys, settings = tmp_path / "keys", tmp_path / "openssl.cnf"
    settings.write_text("openssl_conf = none_such\n[none_such]\nengines = broken\n")
    set_up = client.with_variables(SSLKEYLOGFILE=str(keys), OPENSSL_CONF=str(settings))
    assert set_up.get(server.url("/body")).status == 200
    assert not keys.exists()


# -- files


def test_no_file_outside_of_the_roots(client: Client, server: Server) -> None:
    boxed = client.under(server.grant)
    sent = request(server.url("/body"))
    assert boxed.send(sent, "outside").code == INVALID
    assert (
        boxed.send(sent, "elsewhere").code == DENIED or not (client.folder / "data/answer").exists()
    )


def test_a_denied_file_sends_no_request(client: Client, server: Server) -> None:
    before = len(server.seen)
    boxed = client.under(server.grant, FS_WRITE_ROOTS="")
    assert boxed.send(request(server.url("/body")), "file").code == DENIED
    assert len(server.seen) == before


def test_a_link_out_of_a_root(client: Client, server: Server) -> None:
    (client.folder / "out/answer").symlink_to(client.folder / "data/secret")
    found = answer(client.under(server.grant).output("file", request(server.url("/body"))))
    assert found.code == DENIED
    assert not (client.folder / "data/secret").exists()
