"""Grants put into the JSON of a policy, and what of it differs then (RFC 6902). Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from x07bundle.contract import hosts
from x07bundle.policy.difference import COVERS, ZEROS
from x07bundle.policy.grant_text import (
    Amount,
    Destination,
    Entry,
    Grant,
    Some,
    Switch,
    Unreadable,
)

Document = dict[str, Any]
HOSTS: Final = "net.allow_hosts"


class Place(NamedTuple):
    """What a grant changes: a field, and of a list the item."""

    field: str
    item: str = ""


class Operation(NamedTuple):
    """One of a JSON patch. `places`: what it changes."""

    op: str
    path: str
    value: object
    places: tuple[Place, ...]

    def as_json(self) -> dict[str, object]:
        return {"op": self.op, "path": self.path, "value": self.value}


def put(document: Document, grant: Grant) -> Place:
    """Grants, unless it is granted; the place that grants it then.

    Raises:
        Unreadable: the policy has no such field.
    """
    section, name = _section(document, grant.field)
    if not _fits(grant, section.get(name)):
        raise Unreadable(f"`{grant.field}` is no field that could grant it")
    match grant:
        case Switch(field=field, value=value):
            section[name] = value
            return Place(field)
        case Amount(field=field, amount=amount):
            present = section.get(name, 0)
            if amount > (present or ZEROS.get(field, 0)):
                section[name] = amount
            return Place(field)
        case Some(field=field):
            section[name] = section.get(name, 0) or _first(document, field)
            return Place(field)
        case Entry(field=field, item=item):
            return Place(field, _put_item(document, field, section, item))
        case Destination(field=field, host=host, port=port):
            return Place(field, _put_host(section.setdefault(name, []), host, port))


def operations(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Operation]:
    """What makes the one policy the other, in the order of its sections and fields."""
    found: list[Operation] = []
    for section, fields in new.items():
        before = old.get(section)
        if isinstance(fields, dict) and isinstance(before, dict):
            for name in fields:
                found += _of_field(f"{section}.{name}", before.get(name), fields[name])
    return found


def _section(document: Document, field: str) -> tuple[Document, str]:
    section, _, name = field.partition(".")
    found = document.get(section)
    if not isinstance(found, dict) or not name:
        raise Unreadable(f"the policy has no field `{field}`")
    return found, name


def _fits(grant: Grant, present: object) -> bool:
    """Whether the field is of the grant's kind. Of one that is not there the format says so."""
    match grant:
        case Switch():
            return present is None or isinstance(present, bool)
        case Amount() | Some():
            return present is None or (isinstance(present, int) and not isinstance(present, bool))
        case Entry(field=field):
            return field != HOSTS and (present is None or isinstance(present, list))
        case Destination(field=field):
            return field == HOSTS


def _first(document: Document, field: str) -> int:
    """Where nothing else was asked for: a process may run as long as the program itself."""
    wall_ms: int = document["limits"]["wall_ms"]
    return wall_ms if field == "process.max_runtime_ms" else 1


# -- lists


def _put_item(document: Document, field: str, section: Document, item: str) -> str:
    items: list[str] = section.setdefault(field.partition(".")[2], [])
    is_covered = COVERS.get(field, str.__eq__)
    for present in items:
        if is_covered(present, item):
            return present
    if field == "process.allow_execs" and _has_prefix(document, item):
        return item
    items.append(item)
    return item


def _has_prefix(document: Document, program: str) -> bool:
    prefixes = document["process"].get("allow_exec_prefixes", [])
    return ".." not in program.split("/") and program.startswith(tuple(prefixes))


def _put_host(entries: list[Document], host: str, port: int) -> str:
    for entry in entries:
        if port in entry["ports"] and hosts.covers(entry["host"], host):
            return f"{entry['host']}:{port}"
    for entry in entries:
        if hosts.key(entry["host"]) == hosts.key(host):
            entry["ports"].append(port)
            return f"{entry['host']}:{port}"
    entries.append({"host": host, "ports": [port]})
    return f"{host}:{port}"


# -- operations


def _of_field(field: str, old: Any, new: Any) -> Iterator[Operation]:  # noqa: ANN401  JSON
    path = "/" + field.replace(".", "/")
    if old == new:
        return
    if old is None:
        yield Operation("add", path, new, _places(field, new))
    elif isinstance(new, list):
        yield from _of_list(field, path, old, new)
    else:
        yield Operation("replace", path, new, (Place(field),))


def _of_list(field: str, path: str, old: list[Any], new: list[Any]) -> Iterator[Operation]:
    """Of lists that only grow."""
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if before != after:
            for port in after["ports"][len(before["ports"]) :]:
                place = Place(field, f"{after['host']}:{port}")
                yield Operation("add", f"{path}/{index}/ports/-", port, (place,))
    for item in new[len(old) :]:
        yield Operation("add", f"{path}/-", item, _places(field, [item]))


def _places(field: str, value: object) -> tuple[Place, ...]:
    if not isinstance(value, list):
        return (Place(field),)
    found = []
    for item in value:
        if isinstance(item, dict):
            found += [Place(field, f"{item['host']}:{port}") for port in item["ports"]]
        else:
            found.append(Place(field, item))
    return tuple(found)
