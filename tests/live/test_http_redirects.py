"""Redirects: followed where that is asked for, and each decided like a request of its own."""

import json
import socket
from urllib.parse import quote

import pytest

from tests.live.http_program import (
    DENIED,
    FOLLOWING,
    INTERNAL,
    INVALID,
    Answer,
    Caps,
    Client,
    request,
)
from tests.live.http_server import Server

pytestmark = pytest.mark.live


def redirect(server: Server, to: str, code: int = 302) -> str:
    return server.url(f"/redirect?code={code}&to={quote(to, safe='')}")


def said(found: Answer) -> dict[str, object]:
    value = json.loads(found.body)
    assert isinstance(value, dict)
    return value


# -- following


def test_without_leave_a_redirect_is_the_answer(client: Client, server: Server) -> None:
    found = client.get(redirect(server, "/body"))
    assert (found.status, found.header("location")) == (302, "/body")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["/echo?a", "echo?a", "./x/../echo?a", "//{grant}/echo?a"])
def test_relative_locations(code: int, to: str, client: Client, server: Server) -> None:
    url = redirect(server, to.format(grant=server.grant), code)
    assert said(client.get(url, FOLLOWING))["path"] == "/echo?a"


def test_locations_that_need_coding(client: Client, server: Server) -> None:
    url = server.url("/redirect?to=/e%20%C3%A9")
    client.get(url, FOLLOWING)
    assert server.seen[-1] == "GET /e%20%e9"


@pytest.mark.parametrize("code", [300, 304, 305])
def test_others_of_their_hundred_are_no_redirects(
    code: int, client: Client, server: Server
) -> None:
    assert client.get(redirect(server, "/body", code), FOLLOWING).status == code


def test_as_many_as_allowed(client: Client, server: Server) -> None:
    assert client.get(server.url("/loop?left=4"), FOLLOWING).status == 200
    assert client.get(server.url("/loop?left=5"), FOLLOWING).code == INTERNAL
    caps = Caps(follow_location=1, max_redirects=1)
    assert client.get(server.url("/loop?left=1"), caps).code == INTERNAL


def test_a_long_body_of_a_redirect_is_not_waited_for(client: Client, server: Server) -> None:
    url = redirect(server, "/body") + "&body=1000000"
    assert client.get(url, FOLLOWING).body != b""


@pytest.mark.parametrize(("code", "method"), [(301, "GET"), (303, "GET"), (307, "POST")])
def test_what_becomes_of_a_post(code: int, method: str, client: Client, server: Server) -> None:
    url = redirect(server, "/echo", code)
    headers = [("content-type", "text/plain")]
    told = said(client.send(request(url, FOLLOWING, method=2, body=b"a", headers=headers)))
    is_kept = method == "POST"
    assert (told["method"], told["body"]) == (method, "a" if is_kept else "")
    assert isinstance(told["headers"], list)
    assert (["content-type", "text/plain"] in told["headers"]) == is_kept


def test_secrets_stay_with_their_host(client: Client, server: Server, other: Server) -> None:
    headers = [("Authorization", "a"), ("Cookie", "b"), ("X-Other", "c")]
    near = request(redirect(server, "/echo"), FOLLOWING, headers=headers)
    far = request(redirect(server, other.url("/echo")), FOLLOWING, headers=headers)
    for sent, kept in ((near, {"authorization", "cookie", "x-other"}), (far, {"x-other"})):
        told = said(client.send(sent))
        assert isinstance(told["headers"], list)
        names = {name for name, _ in told["headers"]}
        assert names & {"authorization", "cookie", "x-other"} == kept


def test_secrets_do_not_come_back(client: Client, server: Server, other: Server) -> None:
    back = redirect(other, server.url("/echo"))
    sent = request(redirect(server, back), FOLLOWING, headers=[("authorization", "a")])
    told = said(client.send(sent))
    assert isinstance(told["headers"], list)
    assert "authorization" not in {name for name, _ in told["headers"]}


# -- in a sandbox


def test_a_granted_host_may_lead_to_itself(client: Client, server: Server) -> None:
    boxed = client.under(server.grant)
    assert boxed.get(redirect(server, "/body"), FOLLOWING).status == 200


def test_another_port_is_decided_again(client: Client, server: Server, other: Server) -> None:
    url = redirect(server, other.url("/body"))
    boxed = client.under(server.grant)
    before = len(other.seen)
    denial = boxed.denial(url, FOLLOWING)
    assert (denial["target"], denial["field"]) == (other.grant, "net.allow_hosts")
    assert (
        denial["grant"] == f'add {{"host":"127.0.0.1","ports":[{other.port}]}} to net.allow_hosts'
    )
    assert len(other.seen) == before
    unguarded = boxed.with_variables(X07_TEST_WITHOUT_GUARD="net-hosts")
    assert unguarded.get(url, FOLLOWING).status == 200
    both = client.under(server.grant, other.grant)
    assert both.get(url, FOLLOWING).status == 200


@pytest.mark.parametrize("host", ["127.0.0.2", "2130706434", "localhost", "[::1]"])
def test_another_host_is_decided_again(host: str, client: Client, server: Server) -> None:
    url = redirect(server, f"http://{host}:{server.port}/body")
    assert client.under(server.grant).get(url, FOLLOWING).code == DENIED


def test_another_scheme_has_another_port(client: Client, server: Server) -> None:
    url = redirect(server, "https://127.0.0.1/body")
    denial = client.under(server.grant).denial(url, FOLLOWING)
    assert denial["target"] == "127.0.0.1:443"


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://a/", "dict:a"])
def test_schemes_that_are_never_followed(to: str, client: Client, server: Server) -> None:
    for one in (client, client.under(server.grant)):
        assert one.get(redirect(server, to), FOLLOWING).code == INVALID


@pytest.mark.parametrize("to", ["http://u@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@a/"])
def test_disputed_locations(to: str, client: Client, server: Server) -> None:
    url = redirect(server, to.format(port=server.port))
    assert client.get(url, FOLLOWING).code == INVALID
    assert client.under(server.grant).get(url, FOLLOWING).code in (DENIED, INVALID)


def test_nobody_is_asked_that_was_not_granted(client: Client, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        quiet.settimeout(0.2)
        url = redirect(server, f"http://127.0.0.1:{quiet.getsockname()[1]}/")
        assert client.under(server.grant).get(url, FOLLOWING).code == DENIED
        with pytest.raises(TimeoutError):
            quiet.accept()
