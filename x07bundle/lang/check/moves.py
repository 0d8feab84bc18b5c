"""Moves and borrows of one function (contract/language.md §5).

Borrows are lexical: a view local borrows until its scope ends or it is set again, an argument
until its call is complete. What is borrowed is neither moved, nor set, nor dropped.
"""

from collections.abc import Iterable
from typing import Final

from x07bundle.lang import tree
from x07bundle.lang.check import fixes
from x07bundle.lang.check.bindings import Local, Owner, Scope
from x07bundle.lang.check.flow import Flow

USE_AFTER_MOVE: Final = "X07-MOVE-0901"
BORROWED: Final = "X07-MOVE-0902"
ESCAPE: Final = "X07-BORROW-0002"
IMPURE_CLAUSE: Final = "X07-CONTRACT-0003"


def use(flow: Flow, local: Local, at: str) -> bool:
    """Any look at a local: whether it still holds its value. Reports it if not."""
    if local.moved_at is None:
        return True
    name = local.variable.name
    message = f'use after move: "{name}" moved_ptr={local.moved_at}'
    hint = f'`set` "{name}" to a new value before it is used again'
    if local.variable.ty.kind == "bytes":
        hint = f'give away a copy there: `["view.to_bytes", "{name}"]`'
    fix = fixes.copy_instead(local, local.moved_at)
    flow.report.error(USE_AFTER_MOVE, at, message, hint, fix)
    return False


def move(flow: Flow, local: Local, at: str, head: str = "move") -> tree.Node:
    """The value of an owned local is given away. `head` is the word that errors begin with."""
    owner = local.owner
    assert owner is not None
    if use(flow, local, at) and not is_frozen(flow, local, at):
        refuse_borrowed(flow, owner, at, head)
        _remember(flow, local)
        local.moved_at = at
    return tree.Move(local.variable.ty, at, local.variable)


def is_frozen(flow: Flow, local: Local, at: str) -> bool:
    """A contract clause changes nothing outside itself."""
    if not flow.frozen or local.scope not in flow.scopes[: flow.frozen]:
        return False
    name = local.variable.name
    message = f'a contract clause cannot move or set "{name}"'
    flow.report.error(IMPURE_CLAUSE, at, message, "look at it through a view instead")
    return True


def refuse_borrowed(flow: Flow, owner: Owner, at: str, head: str) -> None:
    if not owner.holders and not owner.held:
        return
    message = f"{head} while borrowed: {owner.label}{_borrower(owner)}"
    flow.report.error(BORROWED, at, message, _release_hint(owner))


def _borrower(owner: Owner) -> str:
    for holder, at in owner.holders.items():
        return f' borrowed_by="{holder.variable.name}" borrowed_ptr={at}'
    return f" borrowed_ptr={owner.held[-1]}"


def _release_hint(owner: Owner) -> str:
    for holder in owner.holders:
        name = holder.variable.name
        return f'end the scope of the view "{name}" first, or `set` it to another view'
    return "an argument of the same call looks at it: bind one of the two with `let` before"


def fill(flow: Flow, local: Local, at: str) -> None:
    """A `set` of an owned local: the old value is dropped unless it was moved out."""
    owner = local.owner
    assert owner is not None
    if local.moved_at is None:
        refuse_borrowed(flow, owner, at, "set")
    _remember(flow, local)
    local.moved_at = None


def _remember(flow: Flow, local: Local) -> None:
    flow.journal.append((local, local.moved_at, local.source, local.borrowed_at))


def point(flow: Flow, local: Local, source: Owner | None, at: str) -> None:
    """A view local borrows from `source` from now on, and no longer from what it did before."""
    _remember(flow, local)
    repoint(local, source, at)


def repoint(local: Local, source: Owner | None, at: str) -> None:
    if local.source is not None:
        local.source.holders.pop(local, None)
    local.source, local.borrowed_at = source, at
    if source is not None:
        source.holders[local] = at


def put_back(flow: Flow, local: Local, moved_at: str | None, source: Owner | None, at: str) -> None:
    """Writes a state that was read from a journal, or made of several."""
    _remember(flow, local)
    local.moved_at = moved_at
    if local.source is not source:
        repoint(local, source, at)


def hold(flow: Flow, node: tree.Node) -> None:
    """An argument: what its view borrows from stays as it is until the call is complete."""
    source = flow.sources.get(node)
    if source is not None:
        source.held.append(node.at)
        flow.arguments.append(source)


def release(flow: Flow, mark: int) -> None:
    """Lets go of the arguments that were held since `mark`, the length of `flow.arguments`."""
    while len(flow.arguments) > mark:
        flow.arguments.pop().held.pop()


def leave(flow: Flow, scope: Scope, at: str) -> None:
    """The end of a scope: its views let go, then its owners must be free."""
    for local in scope.locals:
        if local.source is not None:
            repoint(local, None, "")
    for owner in _owners(scope):
        if owner.holders:
            _refuse_drop(flow, owner, at)


def _owners(scope: Scope) -> Iterable[Owner]:
    for local in scope.locals:
        if local.owner is not None:
            yield local.owner
    yield from scope.temporaries


def _refuse_drop(flow: Flow, owner: Owner, at: str) -> None:
    """Reports it once: its views look at nothing from there on."""
    hint = "bind the owner in the scope of the view, or copy with `view.to_bytes`"
    message = f"drop while borrowed: {owner.label}{_borrower(owner)}"
    flow.report.error(ESCAPE, at, message, hint)
    for holder in list(owner.holders):
        point(flow, holder, None, "")
