"""Hosts of a policy: a name, an address, a network `a/b`, or a range `lo-hi` (policy.md §6.5).

An entry that could match nothing, or that programs do not agree on (`2130706433` is 127.0.0.1 to
some), is refused: a policy says what it grants.
"""

import re
from typing import Final, NamedTuple

LONGEST: Final = 255
WELL_KNOWN: Final = re.compile(r"[A-Za-z0-9._:/\[\]-]+")
LABEL: Final = re.compile(r"[a-z0-9_-]{1,63}")
NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
MAPPED: Final = 0xFFFF
"""What stands above the lower 32 bits of an IPv6 address that means an IPv4 address."""


class Interval(NamedTuple):
    """Addresses from `first` to `last`, as numbers; an IPv4-mapped one has version 4."""

    version: int
    first: int
    last: int


def problem(host: str) -> str | None:
    """Why `host` is no host, or None."""
    if not 1 <= len(host) <= LONGEST:
        return f"a host has 1 to {LONGEST} characters, this has {len(host)}"
    if "*" in host:
        return "a wildcard matches no host: list each name"
    if not WELL_KNOWN.fullmatch(host):
        return "a host is ASCII letters, digits and `.-_` (other scripts: `xn--…`), or an address"
    try:
        return None if interval(host) else _name_problem(key(host))
    except ValueError as error:
        return str(error)


def network_problem(host: str) -> str | None:
    """Why `host` is no address, network or range, or None."""
    is_name = problem(host) is None and interval(host) is None
    return "a name, where an address or a network is asked for" if is_name else problem(host)


def key(host: str) -> str:
    """A host as it is compared: lower case, without brackets and a final dot."""
    bare = host.lower()
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    return bare.removesuffix(".")


def interval(host: str) -> Interval | None:
    """The addresses that `host` stands for; None for a name.

    Raises:
        ValueError: it looks like an address, network or range, and is none.
    """
    bare = key(host)
    if ":" not in bare and "/" not in bare and not NUMBER.fullmatch(bare.rpartition(".")[2]):
        return None
    return _unmapped(_interval(bare))


def covers(wider: str, host: str) -> bool:
    """Whether everything that `host` stands for is part of what `wider` stands for."""
    whole, part = interval(wider), interval(host)
    if whole is None or part is None:
        return key(wider) == key(host)
    return whole.version == part.version and whole.first <= part.first <= part.last <= whole.last


def overlap(one: str, other: str) -> bool:
    """Whether some address, or the name, is part of both."""
    left, right = interval(one), interval(other)
    if left is None or right is None:
        return key(one) == key(other)
    is_apart = left.last < right.first or right.last < left.first
    return left.version == right.version and not is_apart


def _name_problem(name: str) -> str | None:
    if all(LABEL.fullmatch(label) for label in name.split(".")):
        return None
    return "a name is labels of 1 to 63 letters, digits, `-` and `_`, with dots between them"


def _interval(bare: str) -> Interval:
    import ipaddress  # takes milliseconds, and most hosts are names

    try:
        if "/" in bare:
            return _network(bare)
        first, dash, last = bare.partition("-")
        lowest = ipaddress.ip_address(first)
        highest = ipaddress.ip_address(last) if dash else lowest
    except ValueError as error:
        raise ValueError(
            f"neither a name nor an address that everyone reads alike: {error}"
        ) from error
    if lowest.version != highest.version or int(lowest) > int(highest):
        raise ValueError("a range goes from a lower to a higher address of one version")
    return Interval(lowest.version, int(lowest), int(highest))


def _network(bare: str) -> Interval:
    import ipaddress

    if not bare.rpartition("/")[2].isdecimal():
        raise ValueError("a network is an address, `/`, and the number of fixed bits")
    network = ipaddress.ip_network(bare, strict=False)
    first = int(network.network_address)
    return Interval(network.version, first, first + network.num_addresses - 1)


def _unmapped(one: Interval) -> Interval:
    if one.version == 6 and one.first >> 32 == one.last >> 32 == MAPPED:
        return Interval(4, one.first & 0xFFFFFFFF, one.last & 0xFFFFFFFF)
    return one
