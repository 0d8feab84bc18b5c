"""Hosts: what is one, and which addresses it stands for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x07bundle.contract import hosts
from x07bundle.contract.hosts import Interval, covers, interval, overlap, problem

GOOD = [
    "localhost",
    "Example.COM",
    "example.com.",
    "a-b.c_d.xn--bcher-kva.example",
    "10-20.example",
    "feed-beef",
    "127.0.0.1",
    "10.0.0.0/8",
    "10.1.2.3/8",
    "10.0.0.1-10.0.0.9",
    "::1",
    "[::1]",
    "FD00::/8",
    "fd00::1-fd00::ff",
    "::ffff:10.0.0.1",
]


@pytest.mark.parametrize("host", GOOD)
def test_hosts(host: str) -> None:
    assert problem(host) is None


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("", "1 to 255 characters"),
        ("a" * 256, "1 to 255 characters, this has 256"),
        ("*.example.com", "a wildcard matches no host"),
        ("*", "a wildcard"),
        ("exa mple", "ASCII letters"),
        ("exa;mple", "ASCII letters"),
        ("bücher.example", "`xn--…`"),
        ("exam\0ple", "ASCII letters"),
        ("fe80::1%eth0", "ASCII letters"),
        ("https://example.com", "neither a name nor an address"),
        ("example.com/8", "neither a name nor an address"),
        ("example.com:443", "neither a name nor an address"),
        ("a..b", "labels of 1 to 63"),
        (".", "labels of 1 to 63"),
        ("a" * 64 + ".example", "labels of 1 to 63"),
        ("2130706433", "neither a name nor an address that everyone reads alike"),
        ("127.1", "neither a name nor an address"),
        ("0x7f.0.0.0x1", "neither a name nor an address"),
        ("0177.0.0.1", "neither a name nor an address"),
        ("10.0.0.256", "neither a name nor an address"),
        ("10.0.0.0/33", "neither a name nor an address"),
        ("10.0.0.0/255.0.0.0", "a network is an address, `/`,"),
        ("10.0.0.9-10.0.0.1", "from a lower to a higher address"),
        ("::1-10.0.0.1", "from a lower to a higher address"),
    ],
)
def test_what_is_none(host: str, words: str) -> None:
    assert words in (problem(host) or "")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.com", None),
        ("127.0.0.1", Interval(4, 0x7F000001, 0x7F000001)),
        ("10.1.2.3/8", Interval(4, 0x0A000000, 0x0AFFFFFF)),
        ("10.0.0.1-10.0.0.3", Interval(4, 0x0A000001, 0x0A000003)),
        ("[::1]", Interval(6, 1, 1)),
        ("::ffff:10.0.0.1", Interval(4, 0x0A000001, 0x0A000001)),
        ("::ffff:0:0/96", Interval(4, 0, 0xFFFFFFFF)),
    ],
)
def test_intervals(host: str, expected: Interval | None) -> None:
    assert interval(host) == expected


@pytest.mark.parametrize(
    ("wider", "host", "is_covered", "is_overlapping"),
    [
        ("Example.com.", "example.COM", True, True),
        ("example.com", "www.example.com", False, False),
        ("::1", "[0:0::1]", True, True),
        ("10.0.0.0/8", "10.1.2.3", True, True),
        ("10.1.2.3", "10.0.0.0/8", False, True),
        ("10.0.0.1-10.0.0.5", "10.0.0.5-10.0.0.9", False, True),
        ("10.0.0.1-10.0.0.5", "10.0.0.6", False, False),
        ("0.0.0.0/0", "::1", False, False),
        ("::/0", "127.0.0.1", False, False),
        ("127.0.0.1", "localhost", False, False),
    ],
)
def test_comparing(wider: str, host: str, is_covered: bool, is_overlapping: bool) -> None:
    assert covers(wider, host) == is_covered
    assert overlap(wider, host) == is_overlapping == overlap(host, wider)


@settings(deadline=None)
@given(st.text(alphabet="0123456789abcdefx.:/-[]*% é;", max_size=40))
def test_any_text(text: str) -> None:
    if problem(text) is None:
        assert covers(text, text)
        assert overlap(text, text.upper())
        assert hosts.key(text) == hosts.key(text.upper())
