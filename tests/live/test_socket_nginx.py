"""Streams with and without TLS, talking with nginx."""

from tests.live import socket_program
from tests.live.certificates import Authority
from tests.live.nginx import BODY, Nginx, needs_nginx
from tests.program_build import Workshop
from tests.unit.runtime.network import named

pytestmark = needs_nginx


def test_a_page(nginx: Nginx, sanitized: Workshop, authority: Authority) -> None:
    """All of it, and then its announced end."""
    program = socket_program.build(sanitized)
    request = b"GET /page HTTP/1.0\r\nHost: localhost\r\n\r\n"
    data = socket_program.over_tls(b"", named("localhost", nginx.secure), request, says_all=False)
    trust = {"X07_CA_FILE": str(authority.file), "X07_TEST_HOSTS": "/dev/null"}
    answer = socket_program.run(program, "tls", data, trust)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nServer: nginx")
    assert body == BODY
