"""Streams with and without TLS, talking with nginx."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import socket_program
from tests.live.certificates import Authority
from tests.program_build import Workshop
from tests.unit.runtime.network import named, spare_port

NGINX = shutil.which("nginx", path="/usr/sbin:/sbin:/usr/bin:/usr/local/bin")
BODY = bytes(range(256)) * 4000
SETTINGS = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/a;
    proxy_temp_path {folder}/b;
    fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d;
    scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate}.pem;
        ssl_certificate_key {certificate}.key;
        root {folder}/pages;
    }}
}}
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx (`apt-get install nginx-light`)")


@pytest.fixture
def port(tmp_path: Path, authority: Authority) -> Iterator[int]:
    """Of a server with one page."""
    authority.context("DNS:localhost")
    certificate = authority.folder / "DNS_localhost-2.pem"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "page").write_bytes(BODY)
    tmp_path.chmod(0o755)
    free = spare_port()
    names = {"folder": tmp_path, "port": free, "certificate": certificate.with_suffix("")}
    (tmp_path / "nginx.conf").write_text(SETTINGS.format(**names))
    words = [str(NGINX), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as server:
        _wait(free)
        yield free
        server.terminate()


def _wait(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
    pytest.fail("nginx does not listen")


def test_a_page(port: int, sanitized: Workshop, authority: Authority) -> None:
    """All of it, and then its announced end."""
    program = socket_program.build(sanitized)
    request = b"GET /page HTTP/1.0\r\nHost: localhost\r\n\r\n"
    data = socket_program.over_tls(b"", named("localhost", port), request, says_all=False)
    trust = {"X07_CA_FILE": str(authority.file), "X07_TEST_HOSTS": "/dev/null"}
    answer = socket_program.run(program, "tls", data, trust)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nServer: nginx")
    assert body == BODY
