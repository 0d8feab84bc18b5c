"""Not one packet leaves by HTTP for what is not granted (see test_network_packets.py)."""

import struct
from pathlib import Path
from typing import Final

import pytest

from tests.live import namespace
from tests.live.http_program import DENIED, DNS, VERBS, Caps, answer, open_client, request
from tests.live.namespace import ECHO_PORT, Seen, in_network

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(namespace.why_not() is not None, reason=str(namespace.why_not())),
]

SHORT: Final = Caps(timeout_s=1)
GRANTED: Final = (f"granted.test:{ECHO_PORT}", f"127.0.0.1:{ECHO_PORT}")
WITHOUT: Final = {"X07_TEST_WITHOUT_GUARD": "net-hosts"}
URLS: Final = (
    "http://192.0.2.1/",
    "https://192.0.2.1/",
    f"http://192.0.2.1:{ECHO_PORT}/",
    "http://127.0.0.1/",
    "http://[::ffff:192.0.2.1]/",
    "http://3221225985/",
    "http://0300.0.2.1/",
    "http://0xc0000201/",
    "http://secret.test/",
    "http://SECRET.test./",
    f"http://secret.test:{ECHO_PORT}/",
    "http://granted.test/",
)


def fetched(program: Path, folder: Path, url: str, *hosts: str, **more: str) -> tuple[int, Seen]:
    """The code, and what was seen of it."""
    boxed = open_client(program, folder).under(*hosts).with_variables(**more)
    sent = bytes([list(VERBS).index("fetch")]) + request(url, SHORT)
    framed = struct.pack("<I", len(sent)) + sent
    seen = in_network([str(program)], framed, boxed.variables)
    assert seen.status == 0, seen.stderr
    return answer(seen.stdout[4:]).code, seen


@pytest.mark.parametrize("url", URLS)
def test_no_packet_for_what_is_not_granted(url: str, http_client: Path, tmp_path: Path) -> None:
    code, seen = fetched(http_client, tmp_path, url, *GRANTED)
    assert (code, seen.packets) == (DENIED, ())


@pytest.mark.parametrize("url", URLS[:2] + URLS[8:9])
def test_without_the_guard_there_are_packets(url: str, http_client: Path, tmp_path: Path) -> None:
    _, seen = fetched(http_client, tmp_path, url, *GRANTED, **WITHOUT)
    assert seen.packets != ()


def test_what_is_granted_is_reached(http_client: Path, tmp_path: Path) -> None:
    url = f"http://granted.test:{ECHO_PORT}/"
    _, seen = fetched(http_client, tmp_path, url, *GRANTED)
    assert any(f"127.0.0.1.{ECHO_PORT}" in line for line in seen.packets)
    assert not any("secret" in line or "192.0.2.1" in line for line in seen.packets)


def test_of_two_addresses_one_is_reached(http_client: Path, tmp_path: Path) -> None:
    url = f"http://partly.test:{ECHO_PORT}/"
    _, seen = fetched(http_client, tmp_path, url, f"partly.test:{ECHO_PORT}")
    assert any(f"127.0.0.1.{ECHO_PORT}" in line for line in seen.packets)
    assert not any("169.254.169.254." in line for line in seen.packets)


def test_a_name_that_nobody_knows(http_client: Path, tmp_path: Path) -> None:
    code, seen = fetched(http_client, tmp_path, "http://none.test/", "none.test:80")
    assert code == DNS
    assert any("none.test" in line for line in seen.packets)
