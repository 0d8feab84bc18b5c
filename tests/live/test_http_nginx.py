"""HTTP with nginx: HTTP/2 over TLS, HTTP/1.1 without, its redirects and errors."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live.certificates import Authority
from tests.live.http_program import DENIED, FOLLOWING, TOO_LARGE, Caps, Client, request
from tests.unit.runtime.network import spare_port

NGINX = shutil.which("nginx", path="/usr/sbin:/sbin:/usr/bin:/usr/local/bin")
BODY = bytes(range(256)) * 4000
LARGE = Caps(max_body_bytes=len(BODY))
SETTINGS = """
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

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(NGINX is None, reason="no nginx (`apt-get install nginx-light`)"),
]


class Nginx(NamedTuple):
    plain: int
    secure: int
    folder: Path

    @property
    def protocols(self) -> list[str]:
        return (self.folder / "access").read_text().split()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Nginx]:
    """Of a server with a page and a folder."""
    folder = tmp_path_factory.mktemp("nginx")
    authority.context("DNS:localhost")
    certificate = authority.folder / "DNS_localhost-2.pem"
    (folder / "pages/folder").mkdir(parents=True)
    (folder / "pages/page").write_bytes(BODY)
    (folder / "pages/folder/index.html").write_bytes(b"index")
    folder.chmod(0o755)
    found = Nginx(spare_port(), spare_port(), folder)
    settings = SETTINGS.format(**found._asdict(), certificate=certificate.with_suffix(""))
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


@pytest.fixture
def trusting(client: Client, authority: Authority) -> Client:
    return client.with_variables(X07_CA_FILE=str(authority.file))


def test_a_page(client: Client, nginx: Nginx) -> None:
    url = f"http://127.0.0.1:{nginx.plain}/page"
    found = client.get(url, LARGE)
    assert (found.status, found.body) == (200, BODY)
    assert nginx.protocols[-1] == "HTTP/1.1"
    assert client.get(url).code == TOO_LARGE


def test_a_page_by_http_2(trusting: Client, nginx: Nginx) -> None:
    url = f"https://localhost:{nginx.secure}/page"
    for verb in ("fetch", "file"):
        found = trusting.get(url, LARGE, verb)
        assert (found.status, found.length or len(found.body)) == (200, len(BODY))
        assert nginx.protocols[-1] == "HTTP/2.0"
    assert (trusting.folder / "out/answer").read_bytes() == BODY


def test_what_nginx_does_not_do(client: Client, nginx: Nginx) -> None:
    base = f"http://127.0.0.1:{nginx.plain}"
    assert client.get(f"{base}/none").status == 404
    assert client.send(request(f"{base}/page", method=2, body=b"a")).status == 405


def test_a_folder_leads_to_its_page(client: Client, nginx: Nginx) -> None:
    url = f"http://127.0.0.1:{nginx.plain}/folder"
    assert client.under(f"127.0.0.1:{nginx.plain}").get(url, FOLLOWING).body == b"index"


def test_from_plain_to_secure(trusting: Client, nginx: Nginx) -> None:
    caps = LARGE._replace(follow_location=1)
    url = f"http://localhost:{nginx.plain}/secure"
    granted = f"localhost:{nginx.plain},{nginx.secure}"
    assert trusting.under(granted).get(url, caps).body == BODY
    assert trusting.under(f"localhost:{nginx.plain}").get(url, caps).code == DENIED
