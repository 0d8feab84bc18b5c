"""HTTPS where the environment names a proxy that tunnels by CONNECT: nobody asks it, and a grant
for it is none for what is behind it."""

import ssl
import urllib.request
from collections.abc import Iterator
from typing import Final

import pytest

from tests.live.certificates import Authority
from tests.live.http_program import DENIED, Client
from tests.live.http_server import PATTERN, Server, serving
from tests.live.tunnel import Tunnel, tunnelling

pytestmark = pytest.mark.live

NAMES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY")


@pytest.fixture
def proxy() -> Iterator[Tunnel]:
    with tunnelling() as started:
        yield started


@pytest.fixture
def secure(authority: Authority) -> Iterator[Server]:
    with serving(tls=authority.context("DNS:localhost")) as started:
        yield started


@pytest.fixture
def trusting(client: Client, authority: Authority, proxy: Tunnel) -> Client:
    named = dict.fromkeys(NAMES, f"http://{proxy.host}") | {"no_proxy": "", "NO_PROXY": ""}
    return client.with_variables(X07_CA_FILE=str(authority.file), **named)


def test_the_proxy_is_one(proxy: Tunnel, secure: Server, authority: Authority) -> None:
    """Whoever asks it gets through: what the others do not do is not for want of a way."""
    context = ssl.create_default_context(cafile=str(authority.file))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": f"http://{proxy.host}"}),
        urllib.request.HTTPSHandler(context=context),
    )
    with opener.open(secure.url("/body", "localhost"), timeout=10) as response:
        assert response.read() == PATTERN[:5]
    [head] = proxy.seen
    assert head.split()[:2] == ["CONNECT", f"localhost:{secure.port}"]


def test_nobody_asks_it(trusting: Client, proxy: Tunnel, secure: Server) -> None:
    for program in (trusting, trusting.under(f"localhost:{secure.port}")):
        found = program.get(secure.url("/body", "localhost"))
        assert (found.status, found.body) == (200, PATTERN[:5])
    assert proxy.seen == []


def test_a_grant_for_it_is_none_for_what_is_behind_it(
    trusting: Client, proxy: Tunnel, secure: Server
) -> None:
    boxed = trusting.under(proxy.host)
    assert boxed.get(secure.url("/body", "localhost")).code == DENIED
    assert (proxy.seen, secure.seen) == ([], [])
