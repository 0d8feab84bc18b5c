"""`x07 policy explain`, the runtime and a reading of our own say the same to random destinations
under random policies; and what a denial calls the smallest grant is one.

The runtime is asked through the functions that its primitives ask; our own reading is in Python, of
the policy as a value and of addresses as `ipaddress` and inet_aton have them.

X07_TEST_AGREEMENT_PAIRS: how many pairs. [8000]
"""

import ipaddress
import json
import os
import random
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.program_build import Workshop
from tests.unit.runtime.c_program import CProgram, build
from x07bundle.contract import hosts
from x07bundle.contract.policy import Host, Net, Policy
from x07bundle.contract.policy_environment import pairs
from x07bundle.contract.policy_reading import read
from x07bundle.native.probe import ask
from x07bundle.native.toolchain import Toolchain, open_toolchain
from x07bundle.policy.explain import Answer, Kind, Question, decoded, encoded
from x07bundle.policy.templates import base_policy

PAIRS: Final = int(os.environ.get("X07_TEST_AGREEMENT_PAIRS", "8000"))
PARTS: Final = 4
PER_POLICY: Final = 50
KINDS: Final[tuple[Kind, ...]] = ("connect", "send", "listen")
JUDGE: Final = 5
USES: Final[dict[Kind, int]] = {"connect": 0, "send": 2, "listen": 1}
"""Of programs/net.c and x07_net_use."""
MOST_GRANTS: Final = 4
"""Three switches and a host."""

ENTRIES: Final = (
    "example.com", "API.Example.com.", "localhost", "cafe", "127.0.0.1", "[::1]", "10.0.0.0/8",
    "10.1.0.0/16", "127.0.0.1-127.0.0.9", "fd00::/8", "::ffff:10.0.0.0/104", "0.0.0.0", "::/0",
    "fd00::1-fd00::a", "0.0.0.0/0",
)  # fmt: skip
NAMES: Final = ("example.com", "api.example.com", "www.example.com", "localhost", "cafe", "ca.fe")
ADDRESSES: Final = ("127.0.0.1", "127.0.0.9", "127.0.0.10", "10.1.2.3", "10.2.0.1", "8.8.8.8",
                    "0.0.0.0", "::1", "fd00::a", "fd00::b", "2001:db8::1", "::7f00:1")  # fmt: skip
NO_TARGETS: Final = ("", "a..b", "é.com", "*", "1.2.3.4.5", "256.1", "0x", "fe80::1%0", "a b", ".")
PORTS: Final = ("80", "443", "0443", "1", "65535", "0", "65536", "", "+80", "8 0", "99999999999")
OTHER_WORDS: Final = ("a@", "@", "a:b@", "[", "http://", "x")


# -- at random


def entry(choose: random.Random) -> Host:
    ports = choose.sample((80, 443, 1, 65_535, 22), choose.randint(2, 5))
    return Host(choose.choice(ENTRIES), tuple(ports))


def policy(choose: random.Random, base: Policy) -> Policy:
    entries = tuple(entry(choose) for _ in range(choose.randint(0, 9)))
    switches = (choose.random() < 0.9 for _ in range(4))
    net = Net(next(switches), next(switches), next(switches), next(switches), entries)
    return base._replace(net=net)


def spelled(choose: random.Random, address: str) -> str:
    """One of the spellings of an address."""
    value = ipaddress.ip_address(address)
    number = int(value)
    if value.version == 6:
        return choose.choice((f"[{address}]", f"[{value.exploded.upper()}]", address))
    parts = address.split(".")
    spellings = (
        address, f"{address}.", str(number), hex(number), f"0{number:o}", f"0X{number:08X}",
        ".".join(f"0{int(part):03o}" for part in parts), ".".join(hex(int(part)) for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}", f"[::ffff:{address}]", f"[::FFFF:{number:x}]",
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]", address.replace(".", "\u3002"),
    )  # fmt: skip
    return choose.choice(spellings)


def target(choose: random.Random) -> str:
    kind = choose.random()
    if kind < 0.35:
        name = choose.choice(NAMES)
        host = choose.choice((name, name.upper(), name.title(), f"{name}.", f"{name}.."))
    elif kind < 0.9:
        host = spelled(choose, choose.choice(ADDRESSES))
    else:
        host = choose.choice(NO_TARGETS)
    before = choose.choice(OTHER_WORDS) if choose.random() < 0.03 else ""
    port = choose.choice(PORTS[:4]) if choose.random() < 0.9 else choose.choice(PORTS)
    return f"{before}{host}:{port}"


# -- as Python reads it


class Target(NamedTuple):
    """`host` in the one spelling that counts."""

    host: str
    port: int
    is_name: bool


def parsed(text: str) -> Target | None:
    found = re.fullmatch(r"(\[[^\]@]*\]|[^:@]*):([0-9]{1,5})", text, re.ASCII)
    if found is None or not 1 <= int(found[2]) <= 65_535:
        return None
    host = address(found[1])
    if host is not None:
        return Target(host, int(found[2]), False)
    name = found[1].lower().removesuffix(".")
    last = name.rpartition(".")[2]
    is_name = hosts.problem(found[1]) is None and not found[1].startswith("[")
    return Target(name, int(found[2]), True) if is_name and not last.isdigit() else None


def address(host: str) -> str | None:
    try:
        if host.startswith("["):
            value = ipaddress.IPv6Address(host[1:-1])
            return None if value.scope_id else str(value.ipv4_mapped or value)
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    except (OSError, ValueError):
        return None


def wanted(net: Net, asked: Question) -> tuple[bool, str]:
    """The verdict and the field that decides."""
    found = parsed(asked.target)
    if found is None:
        return False, "net.allow_hosts"
    needed = {
        "net.enabled": net.enabled,
        "net.allow_tcp": net.allow_tcp or asked.kind == "send",
        "net.allow_udp": net.allow_udp or asked.kind != "send",
        "net.allow_dns": net.allow_dns or not found.is_name or asked.kind == "listen",
    }
    off = [field for field, on in needed.items() if not on]
    if off:
        return False, off[0]
    is_place = not (asked.kind == "listen" and found.is_name)
    granted = is_place and any(
        found.port in one.ports and hosts.covers(one.host, found.host) for one in net.allow_hosts
    )
    return granted, "net.allow_hosts"


# -- the others


@pytest.fixture(scope="module")
def toolchain(x07_cache: Path) -> Toolchain:
    return open_toolchain({**os.environ, "X07_CACHE_DIR": str(x07_cache)})


def explained(
    toolchain: Toolchain, variables: Mapping[str, str], folder: Path, asked: Sequence[Question]
) -> list[Answer]:
    return decoded(asked, ask(toolchain, variables, folder, encoded(asked)))


def enforced(
    program: CProgram, variables: Mapping[str, str], asked: Sequence[Question]
) -> list[str]:
    """`granted`, or the sentence that tells the denial."""
    requests = [(JUDGE, USES[one.kind], one.target.encode()) for one in asked]
    words = program.answers(*requests, env=variables)
    return [bytes(word).decode() for word in words[::2]]


def sentence(answer: Answer) -> str:
    """As programs say it."""
    if answer.granted:
        return "granted"
    return f"denied: connect of `{answer.question.target}`: {answer.reason}; grant: {answer.grant}"


@pytest.mark.parametrize("part", range(PARTS))
def test_one_verdict(workshop: Workshop, toolchain: Toolchain, tmp_path: Path, part: int) -> None:
    program = build(workshop, "net")
    base = read(base_policy("http-client", None), "base").policy
    choose = random.Random(part)
    counts = {True: 0, False: 0}
    for _ in range(max(1, PAIRS // PER_POLICY // PARTS)):
        chosen = policy(choose, base)
        variables = dict(pairs(chosen))
        asked = [Question(choose.choice(KINDS), target(choose)) for _ in range(PER_POLICY)]
        answers = explained(toolchain, variables, tmp_path, asked)
        said = enforced(program, variables, asked)
        for answer, words in zip(answers, said, strict=True):
            assert (answer.granted, answer.field) == wanted(chosen.net, answer.question), answer
            assert words == sentence(answer)
            counts[answer.granted] += 1
    assert min(counts.values()) > sum(counts.values()) // 20


# -- grants


def with_grant(chosen: Policy, grant: str) -> Policy:
    net = chosen.net
    switch = re.fullmatch(r"set net\.(\w+) to true", grant)
    if switch:
        assert switch[1] in ("enabled", "allow_tcp", "allow_udp", "allow_dns")
        values = {**net._asdict(), switch[1]: True}
        return chosen._replace(net=Net(**values))
    host = re.fullmatch(r"add (\{.*\}) to net\.allow_hosts", grant)
    assert host, grant
    item = Host(**json.loads(host[1]))
    item = item._replace(ports=tuple(item.ports))
    assert hosts.problem(item.host) is None
    return chosen._replace(net=net._replace(allow_hosts=(*net.allow_hosts, item)))


@pytest.mark.parametrize("part", range(PARTS))
def test_grants_are_enough(toolchain: Toolchain, tmp_path: Path, part: int) -> None:
    """One after another, until the operation is granted, or no policy grants it."""
    nothing = read(base_policy("cli", None), "base").policy
    choose = random.Random(100 + part)
    for _ in range(6):
        asked = Question(choose.choice(KINDS), target(choose))
        chosen = nothing
        for _ in range(MOST_GRANTS):
            [answer] = explained(toolchain, dict(pairs(chosen)), tmp_path, [asked])
            assert (answer.granted, answer.field) == wanted(chosen.net, asked)
            if not answer.grant or answer.grant.startswith("none; "):
                break
            chosen = with_grant(chosen, answer.grant)
        [answer] = explained(toolchain, dict(pairs(chosen)), tmp_path, [asked])
        assert answer.granted or answer.grant.startswith("none; ")
