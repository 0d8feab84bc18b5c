"""From what was denied to the smallest change of a policy that grants it. Pure."""

import copy
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from x07bundle.contract.policy_reading import parse
from x07bundle.policy import grant_text, refusals
from x07bundle.policy.grant_text import Amount, Entry, Grant, Switch, Unreadable, exact
from x07bundle.policy.granting import Document, Operation, Place, operations, put


class Denial(NamedTuple):
    """As in reports: `grant` is in words."""

    operation: str
    target: str
    field: str
    grant: str

    def in_words(self) -> str:
        return f"{self.operation} of `{self.target}`" if self.target else self.operation


class Step(NamedTuple):
    """An operation of the patch, and the denials that ask for it."""

    operation: Operation
    denials: tuple[Denial, ...]


class Refused(NamedTuple):
    """A denial that nothing is suggested for."""

    denial: Denial
    why: str


class Suggestion(NamedTuple):
    """`granted`: what the policy grants as it is. `document` is the policy with all steps."""

    steps: tuple[Step, ...]
    refused: tuple[Refused, ...]
    granted: tuple[Denial, ...]
    document: Document


class _Wish(NamedTuple):
    denial: Denial
    grant: Grant


def suggest(base: Mapping[str, Any], denials: Sequence[Denial]) -> Suggestion:
    """What grants all of the denials that a policy should grant. `base` is a valid policy."""
    document: Document = copy.deepcopy(dict(base))
    wishes, refused = _wishes(denials)
    granted: list[Denial] = []
    reasons: dict[Place, list[Denial]] = {}
    for wish in sorted(wishes, key=_order):
        try:
            if not _changes(base, wish.grant):
                granted.append(wish.denial)
                continue
            document, places = _granted(document, wish)
        except Unreadable as problem:
            refused.append(Refused(wish.denial, str(problem)))
            continue
        for place in places:
            reasons.setdefault(place, []).append(wish.denial)
    steps = tuple(Step(one, _of(one, reasons)) for one in operations(base, document))
    return Suggestion(steps, _in_order(refused, denials), tuple(granted), document)


def _wishes(denials: Sequence[Denial]) -> tuple[list[_Wish], list[Refused]]:
    wishes, refused = [], []
    for denial in denials:
        try:
            grant = _narrowed(denial, grant_text.read(denial.grant))
        except Unreadable as problem:
            refused.append(Refused(denial, str(problem)))
            continue
        why = refusals.refusal(grant)
        if why:
            refused.append(Refused(denial, why))
        else:
            wishes.append(_Wish(denial, grant))
    return wishes, refused


def _narrowed(denial: Denial, grant: Grant) -> Grant:
    """To read one file takes a root that is this file. To write one takes its folder: it is written
    beside its place, and renamed into it.
    """
    if not isinstance(grant, Entry) or grant.field != "fs.read_roots":
        return grant
    target = exact(denial.target)
    is_file = (posixpath.dirname(target) or ".") == grant.item
    return grant._replace(item=target) if is_file else grant


def _order(wish: _Wish) -> tuple[bool, int]:
    """Wider roots before narrower ones; switches last, as some need what the others grant."""
    grant = wish.grant
    return isinstance(grant, Switch), len(grant.item) if isinstance(grant, Entry) else 0


def _granted(document: Document, wish: _Wish) -> tuple[Document, list[Place]]:
    """The policy with what the wish takes, and the places that grant it.

    Raises:
        Unreadable: no policy can.
    """
    made = copy.deepcopy(document)
    places = [put(made, grant) for grant in (wish.grant, *_needed(made, wish))]
    _, problems = parse(made)
    if problems:
        raise Unreadable(f"the policy would not be valid: {problems[0]}")
    return made, places


def _changes(base: Mapping[str, Any], grant: Grant) -> bool:
    """Whether the policy does not grant it. Raises Unreadable: it has no such field."""
    made = copy.deepcopy(dict(base))
    put(made, grant)
    return made != base


def _needed(document: Document, wish: _Wish) -> list[Grant]:
    """What a switch means nothing without, or no policy is valid without.

    Raises:
        Unreadable: it is not to be granted.
    """
    target = wish.denial.target
    match wish.grant:
        case Switch(field="env.enabled"):
            if target in document["env"]["deny_keys"]:
                raise Unreadable("the policy denies it by name")
            return [_entry("env.allow_keys", target)]
        case Switch(field="process.allow_cwd"):
            return [_entry("process.allow_cwd_roots", target)]
        case Switch(field="process.allow_spawn"):
            return [
                Switch("process.allow_exec", True),
                _entry("process.allow_execs", target),
                *_spawn_limits(document),
            ]
        case _:
            return []


def _entry(field: str, item: str) -> Entry:
    entry = Entry(field, exact(item))
    why = refusals.refusal(entry)
    if why or not item:
        raise Unreadable(why or f"the report does not say what {field} would have to hold")
    return entry


def _spawn_limits(document: Document) -> list[Grant]:
    """Where nothing else was asked for: one process, as long as the program itself may run."""
    runtime_ms = document["process"].get("max_runtime_ms", 0) or document["limits"]["wall_ms"]
    return [
        Amount("process.max_live", 1),
        Amount("process.max_spawns", 1),
        Amount("process.max_runtime_ms", runtime_ms),
    ]


def _of(operation: Operation, reasons: Mapping[Place, list[Denial]]) -> tuple[Denial, ...]:
    found = [denial for place in operation.places for denial in reasons.get(place, ())]
    return tuple(dict.fromkeys(found))


def _in_order(refused: list[Refused], denials: Sequence[Denial]) -> tuple[Refused, ...]:
    return tuple(sorted(refused, key=lambda one: denials.index(one.denial)))
