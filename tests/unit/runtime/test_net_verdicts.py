"""What a policy says to connections, messages, listeners and look-ups, and in which words."""

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.policies import sandbox

JUDGE, RESOLVED = 5, 6
CONNECT, LISTEN, SEND, BIND, LOOK_UP, HTTP = USES = range(6)
ENTRIES = [
    "Example.com:443,8443",
    "127.0.0.1:80",
    "10.0.0.0/8:5432",
    "192.168.0.5-192.168.0.9:22",
    "[FD00::]/8:1",
    "fd00::/8:22",
    "0:0:0:0:0:0:0:1:80",
    "::ffff:10.9.8.7:81",
    "no-port",
    "2130706433:9",
    "0.0.0.0:8080",
]


@pytest.fixture
def program(c_program: Programs) -> CProgram:
    return c_program("net")


def network(**fields: object) -> dict[str, str]:
    usual = dict.fromkeys(("NET", "NET_ALLOW_TCP", "NET_ALLOW_UDP", "NET_ALLOW_DNS"), True)
    return sandbox(**{**usual, "NET_ALLOW_HOSTS": ENTRIES, **fields})


def judge(program: CProgram, env: dict[str, str], use: int, *targets: str) -> list[str]:
    """`granted by HOST`, or the denial."""
    return asked(program, env, *((JUDGE, use, target.encode()) for target in targets))


def resolved(program: CProgram, env: dict[str, str], name: str, *addresses: str) -> list[str]:
    questions = [(RESOLVED, CONNECT, name.encode(), address.encode()) for address in addresses]
    return asked(program, env, *questions)


def asked(program: CProgram, env: dict[str, str], *questions: tuple[int | bytes, ...]) -> list[str]:
    words = [bytes(word).decode() for word in program.answers(*questions, env=env)]
    pairs = zip(words[::2], words[1::2], strict=True)
    return [f"granted by {more}" if verdict == "granted" else verdict for verdict, more in pairs]


# -- hosts and ports


@pytest.mark.parametrize(
    ("target", "entry"),
    [
        ("example.com:443", "Example.com"),
        ("EXAMPLE.COM.:8443", "Example.com"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("2130706433:80", "127.0.0.1"),
        ("0177.1:80", "127.0.0.1"),
        ("0x7f000001:80", "127.0.0.1"),
        ("[::ffff:127.0.0.1]:80", "127.0.0.1"),
        ("10.255.0.1:5432", "10.0.0.0/8"),
        ("[::ffff:a00:1]:5432", "10.0.0.0/8"),
        ("192.168.0.5:22", "192.168.0.5-192.168.0.9"),
        ("192.168.0.9:22", "192.168.0.5-192.168.0.9"),
        ("[fdff::9]:22", "fd00::/8"),
        ("[::1]:80", "0:0:0:0:0:0:0:1"),
        ("10.9.8.7:81", "::ffff:10.9.8.7"),
    ],
)
def test_granted(program: CProgram, target: str, entry: str) -> None:
    assert judge(program, network(), CONNECT, target) == [f"granted by {entry}"]


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("www.example.com:443", "www.example.com", 443),
        ("xexample.com:443", "xexample.com", 443),
        ("example.com.evil.example:443", "example.com.evil.example", 443),
        ("localhost:80", "localhost", 80),
        ("127.0.0.2:80", "127.0.0.2", 80),
        ("0x7f.2:80", "127.0.0.2", 80),
        ("11.0.0.0:5432", "11.0.0.0", 5432),
        ("192.168.0.10:22", "192.168.0.10", 22),
        ("192.168.0.4:22", "192.168.0.4", 22),
        ("[fc00::1]:22", "fc00::1", 22),
        ("[::7f00:1]:80", "::7f00:1", 80),
        ("no-port:1", "no-port", 1),
        ("127.0.0.1:9", "127.0.0.1", 9),
    ],
)
def test_denied(program: CProgram, target: str, host: str, port: int) -> None:
    [words] = judge(program, network(), CONNECT, target)
    assert words.startswith(f"denied: connect of `{target}`: ")
    assert words.endswith(f'; grant: add {{"host":"{host}","ports":[{port}]}} to net.allow_hosts')


def test_why_denied(program: CProgram) -> None:
    said = judge(program, network(), CONNECT, "a.b:443", "EXAMPLE.com.:80", "example.com:44")
    assert [words.removeprefix("denied: connect of ").partition(";")[0] for words in said] == [
        "`a.b:443`: not in net.allow_hosts",
        "`EXAMPLE.com.:80`: in net.allow_hosts, with other ports",
        "`example.com:44`: in net.allow_hosts, with other ports",
    ]


def test_no_hosts_are_no_grant(program: CProgram) -> None:
    for entries in (
        [],
        [":80"],
        ["::80"],
        ["*:80"],
        ["a b:80"],
        ["a:b:80"],
        ["a:99999999,x80,+80"],
    ):
        env = network(NET_ALLOW_HOSTS=entries)
        said = judge(program, env, CONNECT, "a:80", "[::1]:80", "0.0.0.0:80", "a:99999")
        assert not [words for words in said if words.startswith("granted")]


NAME_A_HOST = (
    "none; name a host by letters, digits, `-`, `_` and dots (other scripts: `xn--`), or by its "
    "address, one of IPv6 in brackets"
)


@pytest.mark.parametrize(
    ("target", "why", "grant"),
    [
        ("example.com:0", "it has no port from 1 to 65535", "none; name the port"),
        ("example.com", "it has no port from 1 to 65535", "none; name the port"),
        (
            "a@example.com:443",
            "it has a user name before the host",
            "none; leave out what stands before the `@`",
        ),
        ("::1:80", "it is no host that a program may name", NAME_A_HOST),
    ],
)
def test_what_no_policy_grants(program: CProgram, target: str, why: str, grant: str) -> None:
    for env in (network(), {}):
        words = judge(program, env, CONNECT, target)
        assert words == [f"denied: connect of `{target}`: {why}; grant: {grant}"]


# -- switches


@pytest.mark.parametrize(
    ("variable", "field", "needing"),
    [
        ("NET", "net.enabled", USES),
        ("NET_ALLOW_TCP", "net.allow_tcp", (CONNECT, LISTEN, HTTP)),
        ("NET_ALLOW_UDP", "net.allow_udp", (SEND, BIND)),
        ("NET_ALLOW_DNS", "net.allow_dns", (LOOK_UP, HTTP)),
    ],
)
def test_switches(program: CProgram, variable: str, field: str, needing: tuple[int, ...]) -> None:
    for use in USES:
        [words] = judge(program, network(**{variable: False}), use, "127.0.0.1:80")
        off = f"denied: connect of `127.0.0.1:80`: {field} is false; grant: set {field} to true"
        assert words == (off if use in needing else "granted by 127.0.0.1")


def test_names_are_looked_up(program: CProgram) -> None:
    for use in (CONNECT, SEND, LOOK_UP, HTTP):
        [words] = judge(program, network(NET_ALLOW_DNS=False), use, "example.com:443")
        assert "net.allow_dns is false" in words
        assert judge(program, network(), use, "example.com:443") == ["granted by Example.com"]


# -- listening


def test_listening(program: CProgram) -> None:
    for use in (LISTEN, BIND):
        granted, other = judge(program, network(), use, "0.0.0.0:8080", "0.0.0.0:8081")
        assert granted == "granted by 0.0.0.0"
        assert "with other ports" in other
        [words] = judge(program, network(), use, "example.com:443")
        assert words.endswith(
            "it is a name, and programs listen on addresses; "
            "grant: none; listen on an address, as 127.0.0.1"
        )
        [words] = judge(program, network(), use, "127.0.0.1:0")
        assert "no port" in words


# -- what names resolve to


def test_a_name_grants_its_addresses(program: CProgram) -> None:
    addresses = ("93.184.216.34", "127.0.0.1", "10.1.2.3", "[2001:db8::1]", "[::1]", "[fc00::1]")
    targets = [f"{address}:443" for address in addresses]
    said = resolved(program, network(), "example.com:443", *targets)
    assert said == ["granted by Example.com"] * len(targets)


SPECIAL = (
    "0.0.0.0 0.1.2.3 169.254.169.254 [::ffff:169.254.1.1] 224.0.0.1 240.0.0.1 255.255.255.255 "
    "100.100.100.200 [::] [fe80::1] [febf::1] [ff02::1] [fd00:ec2::254] [fd20:ce::254]"
).split()


@pytest.mark.parametrize("address", SPECIAL)
def test_addresses_that_no_name_grants(program: CProgram, address: str) -> None:
    [words] = resolved(program, network(), "example.com:443", f"{address}:443")
    shown = address.strip("[]").removeprefix("::ffff:")
    assert words == (
        f"denied: connect of `example.com:443`: the name resolves to {shown}, which no name grants;"
        f' grant: add {{"host":"{shown}","ports":[443]}} to net.allow_hosts'
    )
    env = network(NET_ALLOW_HOSTS=["example.com:443", f"{shown}:443"])
    assert resolved(program, env, "example.com:443", f"{address}:443") == [f"granted by {shown}"]


def test_what_is_resolved_needs_its_name(program: CProgram) -> None:
    [words] = resolved(program, network(), "evil.example:443", "93.184.216.34:443")
    assert "`evil.example:443`: not in net.allow_hosts" in words
    [words] = resolved(program, network(), "evil.example:80", "127.0.0.1:80")
    assert "`evil.example:80`: not in net.allow_hosts" in words
    [words] = resolved(program, network(NET_ALLOW_DNS=False), "example.com:443", "127.0.0.1:80")
    assert "net.allow_dns is false" in words


def test_what_is_resolved_is_for_one_port_and_one_host(program: CProgram) -> None:
    [words] = resolved(program, network(), "example.com:443", "93.184.216.34:8443")
    assert 'add {"host":"93.184.216.34","ports":[8443]}' in words
    [words] = resolved(program, network(), "example.com:443", "evil.example:443")
    assert 'add {"host":"evil.example","ports":[443]}' in words
    [words] = resolved(program, network(), "127.0.0.1:80", "127.0.0.2:80")
    assert 'add {"host":"127.0.0.2","ports":[80]}' in words
    assert resolved(program, network(), "127.0.0.1:80", "0x7f.1:80") == ["granted by 127.0.0.1"]


# -- all


@pytest.mark.parametrize(
    ("guard", "question"),
    [
        ("net-hosts", (JUDGE, CONNECT, b"evil.example:443")),
        ("net-server", (JUDGE, LISTEN, b"example.com:443")),
        ("net-special", (RESOLVED, CONNECT, b"example.com:443", b"169.254.169.254:443")),
    ],
)
def test_guards(program: CProgram, guard: str, question: tuple[int | bytes, ...]) -> None:
    env = network(NET_ALLOW_HOSTS=["example.com:443"])
    assert asked(program, env, question)[0].startswith("denied")
    [without] = asked(program, {**env, "X07_TEST_WITHOUT_GUARD": guard}, question)
    assert without.startswith("granted")


def test_without_a_sandbox_all_is_granted(program: CProgram) -> None:
    for use in USES:
        assert judge(program, {}, use, "evil.example:1") == ["granted by "]
    assert resolved(program, {}, "a:1", "169.254.169.254:1") == ["granted by "]


def test_many_entries(program: CProgram) -> None:
    entries = [f"h{number}.example:443,80" for number in range(256)]
    env = network(NET_ALLOW_HOSTS=entries)
    granted, other = judge(program, env, CONNECT, "h255.example:80", "h256.example:80")
    assert (granted, "not in net.allow_hosts" in other) == ("granted by h255.example", True)
