"""HTTP with nginx: HTTP/2 over TLS, HTTP/1.1 without, its redirects and errors."""

import pytest

from tests.live.certificates import Authority
from tests.live.http_program import DENIED, FOLLOWING, TOO_LARGE, Caps, Client, request
from tests.live.nginx import BODY, Nginx, needs_nginx

LARGE = Caps(max_body_bytes=len(BODY))

pytestmark = [pytest.mark.live, needs_nginx]


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
