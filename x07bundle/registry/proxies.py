"""Which proxy a request goes through, by the variables that registries' users set.

As Go's clients read them: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either
case; `NO_PROXY` holds names (with what is below them), addresses, CIDR blocks and `*`, each with a
port or without. Loopback never goes through a proxy that only the environment names.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from x07bundle.errors import UsageError

SCHEMES: Final = ("http", "https")
PORTS: Final = {"http": 80, "https": 443}


class Proxies(NamedTuple):
    """`always`: named by an option, for every host. The others are URLs or ""."""

    always: str = ""
    http: str = ""
    https: str = ""
    without: tuple[str, ...] = ()


def read_proxies(option: str | None, env: Mapping[str, str]) -> Proxies:
    """Raises UsageError: a proxy is no URL of http or https."""
    any_kind = _variable("ALL_PROXY", env)
    return Proxies(
        always=_checked(option or "", "--proxy"),
        http=_checked(_variable("HTTP_PROXY", env) or any_kind, "HTTP_PROXY"),
        https=_checked(_variable("HTTPS_PROXY", env) or any_kind, "HTTPS_PROXY"),
        without=tuple(word.strip().lower() for word in _variable("NO_PROXY", env).split(",")),
    )


def proxy_for(url: str, proxies: Proxies) -> str:
    """The URL of the proxy, or "" for none."""
    if proxies.always:
        return proxies.always
    parts = urlsplit(url)
    proxy = proxies.https if parts.scheme == "https" else proxies.http
    if not proxy or is_loopback(parts.hostname or "") or _is_exempt(parts, proxies.without):
        return ""
    return proxy


def is_loopback(host: str) -> bool:
    """`localhost` and names below it, 127.0.0.0/8, ::1. `host`: without port and brackets."""
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _variable(name: str, env: Mapping[str, str]) -> str:
    return env.get(name) or env.get(name.lower()) or ""


def _checked(text: str, name: str) -> str:
    """A URL; without a scheme it is one of http. The error does not show it: it may hold a
    password."""
    if not text:
        return ""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise UsageError(
            f"`{name}` is no proxy that can be used",
            hint="a URL of http or https: http://[USER:PASSWORD@]HOST:PORT",
        )
    return url


def _is_exempt(parts: SplitResult, words: tuple[str, ...]) -> bool:
    host = (parts.hostname or "").lower()
    port = parts.port or PORTS.get(parts.scheme, 0)
    return any(_fits(word, host, port) for word in words if word)


def _fits(word: str, host: str, port: int) -> bool:
    if word == "*":
        return True
    name, wanted_port = _split_port(word)
    if wanted_port and wanted_port != str(port):
        return False
    address = _address(host)
    if address is not None:
        return _holds(name, address)
    bare = name.removeprefix("*").removeprefix(".")
    is_below = host.endswith(f".{bare}")
    return bool(bare) and (is_below or (host == bare and not name.startswith((".", "*"))))


def _split_port(word: str) -> tuple[str, str]:
    """A name or address, and its port or ""; of IPv6 addresses only those in brackets have one."""
    if word.startswith("["):
        name, _, port = word[1:].partition("]")
        return name, port.removeprefix(":")
    if word.count(":") == 1:
        name, _, port = word.partition(":")
        return name, port
    return word, ""


def _holds(name: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(name, strict=False)
    except (ValueError, TypeError):
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
