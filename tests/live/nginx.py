"""A server of nginx: pages by HTTP, and by HTTP/2 over TLS."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests import needs
from tests.live.certificates import Authority
from tests.unit.runtime.network import spare_port

NGINX: Final = shutil.which("nginx", path="/usr/sbin:/sbin:/usr/bin:/usr/local/bin")
REASON: Final = "no nginx (`make engines`)"
needs_nginx = pytest.mark.skipif(NGINX is None and not needs.are_met(), reason=REASON)

BODY: Final = bytes(range(256)) * 4000
SETTINGS: Final = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    log_format protocols $server_protocol;
    access_log {folder}/access protocols;
    client_body_temp_path {folder}/a;
    proxy_temp_path {folder}/b;
    fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d;
    scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{secure} ssl http2;
        listen 127.0.0.1:{plain};
        ssl_certificate {certificate}.pem;
        ssl_certificate_key {certificate}.key;
        root {folder}/pages;
        location /secure {{ return 301 https://localhost:{secure}/page; }}
    }}
}}
"""


class Nginx(NamedTuple):
    """`plain`, `secure`: its ports. It is called `localhost`."""

    plain: int
    secure: int
    folder: Path

    @property
    def protocols(self) -> list[str]:
        return (self.folder / "access").read_text().split()


@contextlib.contextmanager
def serving(folder: Path, authority: Authority) -> Iterator[Nginx]:
    """A server with a page and a folder."""
    if NGINX is None:
        needs.missing(REASON)
    authority.context("DNS:localhost")
    certificate = authority.folder / "DNS_localhost-2"
    (folder / "pages/folder").mkdir(parents=True)
    (folder / "pages/page").write_bytes(BODY)
    (folder / "pages/folder/index.html").write_bytes(b"index")
    folder.chmod(0o755)
    found = Nginx(spare_port(), spare_port(), folder)
    settings = SETTINGS.format(**found._asdict(), certificate=certificate)
    (folder / "nginx.conf").write_text(settings)
    words = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as server:
        _wait(found.plain, server)
        yield found
        server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
    pytest.fail("nginx does not start")
