"""From what was denied to the smallest change of a policy that grants it. Pure."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from x07bundle.contract.policy_reading import parse
from x07bundle.policy import grant_text, refusals
from x07bundle.policy.grant_text import Entry, Grant, Switch, Unreadable, exact
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
    """`grant`: what was denied. `also`: what no policy is valid without, of the same words."""

    denial: Denial
    grant: Grant
    also: tuple[Grant, ...]


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
            grants = grant_text.read(denial.grant)
        except Unreadable as problem:
            refused.append(Refused(denial, str(problem)))
            continue
        why = next(filter(None, map(refusals.refusal, grants)), None)
        if why:
            refused.append(Refused(denial, why))
        else:
            wishes.append(_Wish(denial, grants[0], grants[1:]))
    return wishes, refused


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
    places = [put(made, grant) for grant in (wish.grant, *wish.also, *_needed(made, wish))]
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
    """The variable, where it was denied because none is read.

    Raises:
        Unreadable: it is not to be granted.
    """
    if wish.grant != Switch("env.enabled", True):
        return []
    target = wish.denial.target
    if target in document["env"]["deny_keys"]:
        raise Unreadable("the policy denies it by name")
    if not target:
        raise Unreadable("the report does not say what env.allow_keys would have to hold")
    return [Entry("env.allow_keys", exact(target))]


def _of(operation: Operation, reasons: Mapping[Place, list[Denial]]) -> tuple[Denial, ...]:
    found = [denial for place in operation.places for denial in reasons.get(place, ())]
    return tuple(dict.fromkeys(found))


def _in_order(refused: list[Refused], denials: Sequence[Denial]) -> tuple[Refused, ...]:
    return tuple(sorted(refused, key=lambda one: denials.index(one.denial)))
