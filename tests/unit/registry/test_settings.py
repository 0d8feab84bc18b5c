"""Plain HTTP, proxies and certificates: decided before anything is asked."""

import os
from pathlib import Path

import pytest

from x07bundle.errors import UsageError, X07Error
from x07bundle.registry.proxies import Proxies, is_loopback, proxy_for, read_proxies
from x07bundle.registry.reference import parse
from x07bundle.registry.settings import Options, Settings, settings_for


def settings(host: str, options: Options = Options(), **env: str) -> Settings:  # noqa: B008
    return settings_for(parse(f"{host}/a"), options, env)


@pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1", "127.8.9.1:1", "[::1]:5000"])
def test_plain_http_on_this_machine(host: str) -> None:
    assert settings(host, Options(plain_http=True)).scheme == "http"
    assert settings(host).scheme == "https"


@pytest.mark.parametrize("host", ["reg.example", "192.168.0.1:5000", "localhost.example", "[::2]"])
def test_plain_http_elsewhere_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="for registries of this machine") as caught:
        settings(host, Options(plain_http=True))
    assert f"--plain-http-host {host}" in (caught.value.hint or "")


def test_plain_http_where_it_is_accepted_by_name() -> None:
    named = settings("reg.example:5000", Options(plain_hosts=("reg.example:5000",)))
    assert named.scheme == "http"
    assert named.may_ask("http://reg.example:5000/v2/")
    assert not named.may_ask("http://other.example/v2/")


def test_what_may_be_asked() -> None:
    far, near = settings("reg.example"), settings("localhost:5000", Options(plain_http=True))
    assert far.may_ask("https://store.example/x")
    assert not far.may_ask("http://reg.example/x")
    assert not far.may_ask("http://127.0.0.1/x")
    assert near.may_ask("http://127.0.0.1:6000/x")
    assert not near.may_ask("http://store.example/x")
    assert not near.may_ask("file:///etc/passwd")
    assert not near.may_ask("https:///x")


PROXIES = Proxies(
    "", "http://p:1", "http://s:2", ("a.example", ".b.example", "10.0.0.0/8", "c:444")
)


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://reg.example/x", "http://s:2"),
        ("http://reg.example/x", "http://p:1"),
        ("https://a.example/x", ""),
        ("https://sub.a.example/x", ""),
        ("https://xa.example/x", "http://s:2"),
        ("https://b.example/x", "http://s:2"),
        ("https://sub.b.example/x", ""),
        ("https://10.1.2.3/x", ""),
        ("https://11.1.2.3/x", "http://s:2"),
        ("https://c:444/x", ""),
        ("https://c/x", "http://s:2"),
        ("https://localhost:5000/x", ""),
        ("http://127.0.0.1:5000/x", ""),
        ("https://[::1]/x", ""),
    ],
)
def test_which_proxy(url: str, proxy: str) -> None:
    assert proxy_for(url, PROXIES) == proxy


def test_an_option_is_for_every_host() -> None:
    assert proxy_for("http://127.0.0.1/x", PROXIES._replace(always="http://o:3")) == "http://o:3"


def test_variables_in_either_case() -> None:
    env = {"https_proxy": "s.example:3128", "NO_PROXY": "*", "ALL_PROXY": "http://all:1"}
    found = read_proxies(None, env)
    assert found == Proxies("", "http://all:1", "http://s.example:3128", ("*",))
    assert proxy_for("https://reg.example/", found) == ""


@pytest.mark.parametrize(
    "text", ["socks5://p:1", "http://", "http://p:99999", "http://[", "file:///p"]
)
def test_what_is_no_proxy(text: str) -> None:
    with pytest.raises(UsageError, match="`--proxy` is no proxy"):
        read_proxies(text, {})


def test_a_password_of_a_proxy_is_not_shown() -> None:
    with pytest.raises(UsageError) as caught:
        read_proxies(None, {"HTTPS_PROXY": "socks5://ann:s3cret@p:1"})
    assert "s3cret" not in caught.value.render()


@pytest.mark.parametrize(
    ("host", "is_near"),
    [("localhost", True), ("LOCALHOST", True), ("127.0.0.2", True), ("::1", True),
     ("0.0.0.0", False), ("127.0.0.1.example", False), ("2130706433", False), ("", False)],
)  # fmt: skip
def test_loopback(host: str, is_near: bool) -> None:
    assert is_loopback(host) is is_near


def test_certificates_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    for options, env in ((Options(ca_file=file), {}), (Options(), {"X07_CA_FILE": str(file)})):
        with pytest.raises(X07Error, match="cannot read the certificates"):
            settings("reg.example", options, **env)


@pytest.mark.parametrize(
    "text", ["x y", "", "http://reg.example", "reg.example:0", "a:b@reg.example"]
)
def test_a_plain_host_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="`--plain-http-host` is no host") as caught:
        settings("reg.example", Options(plain_hosts=(text,)))
    assert "a:b" not in caught.value.render()


def test_a_plain_host_in_either_case() -> None:
    assert settings("reg.example", Options(plain_hosts=("Reg.Example",))).scheme == "http"


def test_junk_and_pipes_are_no_certificates(tmp_path: Path) -> None:
    """The words of OpenSSL are not for people, and a pipe is not waited for."""
    file = tmp_path / "ca.pem"
    for junk in (b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        file.write_bytes(junk)
        with pytest.raises(X07Error, match="cannot read the certificates in") as caught:
            settings("reg.example", Options(ca_file=file))
        assert "PEM form" in (caught.value.hint or "")
        assert "[" not in caught.value.render()
    file.unlink()
    os.mkfifo(file)
    for place in (file, tmp_path, tmp_path / "none"):
        with pytest.raises(X07Error, match="cannot read the certificates in"):
            settings("reg.example", Options(ca_file=place))
