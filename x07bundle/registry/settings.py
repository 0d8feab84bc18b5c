"""How a registry is spoken to: decided once, from options and the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from x07bundle.errors import UsageError, X07Error
from x07bundle.files import read_bytes
from x07bundle.registry.credentials import Places
from x07bundle.registry.proxies import Proxies, is_loopback, read_proxies
from x07bundle.registry.reference import Reference, checked_host, shown

CA_VARIABLES: Final = ("X07_CA_FILE", "SSL_CERT_FILE")
SYSTEM_CA_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Of Debian, Fedora, openSUSE, Alpine and macOS: what this machine trusts."""
MOST_CA_BYTES: Final = 16 << 20


class Patience(NamedTuple):
    """`silence_s`: without a byte. `attempts`: without progress between them. `pause_s` doubles
    from attempt to attempt, up to `most_pause_s`, which also bounds what a registry may ask for."""

    silence_s: float = 30.0
    attempts: int = 6
    pause_s: float = 0.5
    most_pause_s: float = 60.0


class Options(NamedTuple):
    """What a command was given. `plain_hosts`: hosts beside loopback for plain HTTP."""

    auth_file: Path | None = None
    ca_file: Path | None = None
    proxy: str | None = None
    plain_http: bool = False
    plain_hosts: tuple[str, ...] = ()


class Settings(NamedTuple):
    """`ca_file`: "" for the certificates that OpenSSL looks for."""

    scheme: str
    ca_file: str
    proxies: Proxies
    places: Places
    plain_hosts: tuple[str, ...] = ()
    patience: Patience = Patience()

    def may_ask(self, url: str) -> bool:
        """https anywhere; http only where it was asked for: no key and no image in the clear."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme == "https":
            return bool(parts.hostname)
        host = parts.hostname or ""
        is_named = parts.netloc.lower() in self.plain_hosts or host in self.plain_hosts
        is_near = self.scheme == "http" and is_loopback(host)
        return parts.scheme == "http" and (is_near or is_named)


def settings_for(reference: Reference, options: Options, env: Mapping[str, str]) -> Settings:
    """Raises UsageError, X07Error."""
    host = urlsplit(f"//{reference.host}").hostname or ""
    plain_hosts = tuple(_plain_host(text) for text in options.plain_hosts)
    is_named = reference.host in plain_hosts or host in plain_hosts
    if options.plain_http and not is_loopback(host) and not is_named:
        raise UsageError(
            f"`--plain-http` is for registries of this machine, and `{reference.host}` is none",
            "passwords and images would cross the network in the clear",
            f"use https, or accept that for this host: `--plain-http-host {reference.host}`",
        )
    return Settings(
        scheme="http" if options.plain_http or is_named else "https",
        ca_file=_ca_file(options.ca_file, env),
        proxies=read_proxies(options.proxy, env),
        places=Places(env, options.auth_file),
        plain_hosts=plain_hosts,
    )


def _plain_host(text: str) -> str:
    """In lower case. Raises UsageError: no host is called so, and nothing would come of it."""
    host = checked_host(text)
    if not host:
        raise UsageError(
            f"`--plain-http-host` is no host: `{shown(text)}`",
            hint="name it as the reference does: HOST or HOST:PORT, without `http://`",
        )
    return host


def _ca_file(named: Path | None, env: Mapping[str, str]) -> str:
    """The file that an option or a variable names, or what the system trusts."""
    variables = [Path(env[name]) for name in CA_VARIABLES if env.get(name)]
    for file in (named, *variables):
        if file is not None:
            _check_certificates(file)
            return str(file)
    return next((file for file in SYSTEM_CA_FILES if Path(file).is_file()), "")


def _check_certificates(file: Path) -> None:
    """Raises X07Error: it is no file (OpenSSL would wait for a pipe), or has no certificates."""
    import ssl  # late: it loads OpenSSL

    hint = "`--ca-file` and X07_CA_FILE name a file of certificates in PEM form"
    brief = f"cannot read the certificates in `{file}`"
    try:
        read_bytes(file, MOST_CA_BYTES)
        ssl.create_default_context(cafile=str(file))
    except X07Error as error:
        raise X07Error(brief, error.brief, hint) from error
    except (OSError, ValueError) as error:
        raise X07Error(brief, "it has none, or a broken one", hint) from error
