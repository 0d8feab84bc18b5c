"""Registries with TLS behind proxies: those that are asked in the clear, and those with TLS too."""

from pathlib import Path

import pytest

from tests.live import registries
from tests.live.certificates import Authority
from tests.live.tunnel import tunnelling
from tests.unit.registry import images
from x07bundle.image.layout import open_layout
from x07bundle.registry.failure import RegistryError
from x07bundle.registry.reference import parse
from x07bundle.registry.session import Session
from x07bundle.registry.settings import Options, Patience, settings_for

pytestmark = pytest.mark.live

USER = "Proxy-Authorization: Basic dTpwQA=="
"""Of `u` with the password `p@`."""


def session(host: str, proxy: str, authority: Authority) -> Session:
    reference = parse(f"{host}/team/app:v1")
    options = Options(ca_file=authority.file, proxy=proxy)
    settings = settings_for(reference, options, {"HOME": "/nonexistent"})
    patience = Patience(silence_s=10, attempts=2, pause_s=0)
    return Session(reference, settings._replace(patience=patience))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_tls_through_a_proxy(tmp_path: Path, authority: Authority, scheme: str) -> None:
    """The password of the proxy has a character that stands escaped in its URL."""
    context = authority.context("DNS:localhost")
    stem = f"{authority.folder}/DNS_localhost-2"
    tls = f", tls: {{certificate: {stem}.pem, key: {stem}.key}}"
    layout = images.make(tmp_path / "image")
    with (
        registries.serving(tmp_path / "registry", tls=tls) as live,
        tunnelling(context if scheme == "https" else None, USER) as proxy,
    ):
        opened = session(live.host, f"{scheme}://u:p%40@{proxy.host}", authority)
        images.pushed(opened, layout)
        images.pulled(opened, tmp_path / "out")
        assert {tuple(head.split()[:2]) for head in proxy.seen} == {("CONNECT", live.host)}
    assert set(open_layout(tmp_path / "out").spans) == set(open_layout(layout).spans)


def test_a_proxy_that_wants_to_know_who_asks(tmp_path: Path, authority: Authority) -> None:
    with tunnelling(None, USER) as proxy, pytest.raises(RegistryError) as caught:
        images.pulled(session("reg.example", f"http://{proxy.host}", authority), tmp_path / "out")
    said = caught.value.render()
    assert "cannot reach `reg.example` through the proxy" in said
    assert "407" in said
