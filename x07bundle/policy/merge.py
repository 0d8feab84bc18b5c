"""A policy with overrides in it (contract/policy.md §4): what is allowed is added, then what is
denied is taken away.

Works on the JSON of a valid policy, so that whatever overrides do not speak of stays as written.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from x07bundle.contract import hosts
from x07bundle.contract.policy import MOST_HOSTS, MOST_PORTS, MOST_ROOTS
from x07bundle.errors import UsageError
from x07bundle.policy.host_specs import Ports


class Grants(NamedTuple):
    """What overrides say. Hosts are lower-case and have their ports; roots are in their order."""

    allow: Mapping[str, frozenset[int]]
    deny: Mapping[str, Ports]
    read_roots: tuple[str, ...]
    write_roots: tuple[str, ...]


def merged(document: Mapping[str, Any], grants: Grants) -> dict[str, Any]:
    """The document of the policy that results.

    Raises:
        UsageError: it would pass a limit of the format, or a denial cannot be carried out.
    """
    result = dict(document)
    if grants.allow or grants.deny:
        result["net"] = _net(document["net"], grants)
    if grants.read_roots or grants.write_roots:
        result["fs"] = document["fs"] | {
            "read_roots": _roots(document["fs"]["read_roots"], grants.read_roots),
            "write_roots": _roots(document["fs"]["write_roots"], grants.write_roots),
        }
    return result


def _net(net: Mapping[str, Any], grants: Grants) -> dict[str, Any]:
    """Names that are added need DNS; a denial switches nothing on."""
    table = _table(net["allow_hosts"])
    for host, ports in sorted(grants.allow.items()):
        table[host] = table.get(host, frozenset()) | ports
    for host, denied in grants.deny.items():
        _deny(table, host, denied)
    kept = {host: ports for host, ports in table.items() if ports}
    _check_limits(kept)
    has_names = any(char.isalpha() for host in kept for char in host)
    allow_hosts = [{"host": host, "ports": sorted(ports)} for host, ports in kept.items()]
    allow_dns = net["allow_dns"] or (bool(grants.allow) and has_names)
    return {**net, "allow_hosts": allow_hosts, "allow_dns": allow_dns}


def _table(allow_hosts: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[int]]:
    """Host -> ports, in the order of the policy; hosts that are listed twice become one."""
    table: dict[str, frozenset[int]] = {}
    for entry in allow_hosts:
        host = entry["host"].lower()
        table[host] = table.get(host, frozenset()).union(entry["ports"])
    return table


def _deny(table: dict[str, frozenset[int]], denied: str, ports: Ports) -> None:
    """Takes ports from every host that is part of `denied`, however it is written."""
    for host, allowed in table.items():
        removed = allowed if ports is None else allowed & ports
        if hosts.covers(denied, host):
            table[host] = allowed - removed
        elif removed and hosts.overlap(denied, host):
            raise UsageError(
                f"`{denied}` cannot be denied: it is part of `{host}`, which the policy allows",
                "a policy lists what is allowed; it has no exceptions",
                f"deny `{host}` too, and allow the rest of it",
            )


def _check_limits(table: Mapping[str, frozenset[int]]) -> None:
    if len(table) > MOST_HOSTS:
        raise UsageError(
            f"the policy's net.allow_hosts would exceed {MOST_HOSTS} entries: {len(table)}",
            hint="allow fewer hosts, or a network `a/b` in place of its addresses",
        )
    for host, ports in table.items():
        if len(ports) > MOST_PORTS:
            raise UsageError(f"host `{host}` would exceed {MOST_PORTS} allowed ports: {len(ports)}")


def _roots(base: Sequence[str], added: Iterable[str]) -> list[str]:
    """Those of the policy, then those that are new."""
    new = dict.fromkeys(root for root in added if root not in base)
    if len(base) + len(new) > MOST_ROOTS:
        raise UsageError(f"a policy would exceed {MOST_ROOTS} roots: {len(base) + len(new)}")
    return [*base, *new]
