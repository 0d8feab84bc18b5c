"""Hosts of overrides: `HOST:PORTS` on the command line or in files (contract/policy.md §4).

A spec is a host, `:`, and ports with `,` between them, or for a denial `*`. An IPv6 address stands
in brackets. In a file each line is a spec; what follows `#` is a comment.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract import hosts
from x07bundle.contract.policy import MOST_PORTS
from x07bundle.contract.policy_rules import shown
from x07bundle.errors import UsageError
from x07bundle.files import read_bytes

ALL: Final = "*"
HIGHEST_PORT: Final = 65_535


Ports = frozenset[int] | None
"""None: all of them."""


class Sources(NamedTuple):
    """Where specs come from: files, then what `option` was given. `may_be_all`: `*` is a port."""

    option: str
    files: Sequence[str]
    specs: Sequence[str]
    may_be_all: bool


class _Refused(Exception):
    """The argument says what is wrong with a spec."""


def read(sources: Sources, root: Path) -> dict[str, Ports]:
    """Host -> its ports, in the order in which hosts are met; relative files are below `root`.

    Raises:
        UsageError: some spec is wrong: all of them are named.
        X07Error: a file cannot be read.
    """
    merged: dict[str, Ports] = {}
    problems = []
    for place, text in _texts(sources, root):
        try:
            _merge(merged, *_host_and_ports(text, sources.may_be_all))
        except _Refused as refusal:
            problems.append(f"{place} `{shown(text)}`: {refusal}")
    if problems:
        brief = f"{len(problems)} host{'s' if len(problems) > 1 else ''} cannot be understood"
        hint = "write HOST:PORT[,PORT…], [IPV6]:PORT, or to deny every port HOST:*"
        raise UsageError(brief, "\n".join(problems), hint)
    return merged


def _texts(sources: Sources, root: Path) -> Iterator[tuple[str, str]]:
    """Every spec, and where it stands."""
    for name in sources.files:
        for number, line in enumerate(_lines(root / name), 1):
            text = line.partition("#")[0].strip()
            if text:
                yield f"{name}:{number}:", text
    for text in sources.specs:
        yield f"{sources.option}:", text


def _lines(path: Path) -> list[str]:
    try:
        return read_bytes(path).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"the host file `{path}` is not UTF-8: {error.reason} in line {line}",
            hint="save it as UTF-8, comments included",
        ) from error


def _merge(merged: dict[str, Ports], host: str, ports: Ports) -> None:
    before = merged.get(host, frozenset())
    both = None if before is None or ports is None else before | ports
    if both is not None and len(both) > MOST_PORTS:
        raise _Refused(f"`{host}` would exceed {MOST_PORTS} ports")
    merged[host] = both


def _host_and_ports(text: str, may_be_all: bool) -> tuple[str, Ports]:
    if "://" in text:
        raise _Refused("a URL, where its host and port are asked for")
    host, colon, ports = text.rpartition(":")
    host = host.strip().lower()
    if not colon or ports.endswith("]"):
        raise _Refused("a port is missing")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise _Refused(f"an IPv6 address stands in brackets: `{shown(_bracketed(text))}`")
    problem = hosts.problem(host)
    if problem:
        raise _Refused(problem)
    return host, _ports(ports.strip(), may_be_all)


def _bracketed(text: str) -> str:
    """What may be meant: the last part is the port, unless no address is before it."""
    host, _, ports = text.rpartition(":")
    return f"[{host}]:{ports}" if hosts.problem(host) is None else f"[{text}]:PORT"


def _ports(text: str, may_be_all: bool) -> Ports:
    if text == ALL:
        if may_be_all:
            return None
        raise _Refused("ports are granted one by one, `*` is for denials")
    return frozenset(_port(part.strip()) for part in text.split(","))


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= HIGHEST_PORT:
        return int(text)
    raise _Refused(f"`{shown(text)}` is no port from 1 to {HIGHEST_PORT}")
