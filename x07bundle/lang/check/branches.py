"""Parts that may not run: each is checked from the same state, then their ends are merged.

What a part changed is read from the journal and taken back, so that the cost is that of the
changes, not of the number of locals.
"""

from typing import Final

from x07bundle.lang import tree
from x07bundle.lang.check import fixes
from x07bundle.lang.check.bindings import Local, Owner, both
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.check.moves import put_back, repoint

State = tuple[str | None, Owner | None, str]
"""moved_at, source and borrowed_at of a local."""
Changes = dict[Local, State]

ONE_SOURCE: Final = "X07-BORROW-0003"
MOVED_IN_LOOP: Final = "X07-MOVE-0003"


def take_back(flow: Flow, mark: int) -> Changes:
    """What changed since the journal was `mark` entries long; the state is as it was then."""
    entries = flow.journal[mark:]
    changes = {
        entry[0]: (entry[0].moved_at, entry[0].source, entry[0].borrowed_at) for entry in entries
    }
    for local, moved_at, source, borrowed_at in reversed(entries):
        local.moved_at = moved_at
        if local.source is not source:
            repoint(local, source, borrowed_at)
    del flow.journal[mark:]
    return {local: state for local, state in changes.items() if local.scope.is_open}


def merge(flow: Flow, ends: list[Changes], at: str) -> None:
    """Goes on from several ends: moved in one is moved, and all views have one source.

    A part that changed nothing is an empty dict; one that never comes back is left out.
    """
    touched: dict[Local, list[State]] = {}
    for end in ends:
        for local, state in end.items():
            touched.setdefault(local, []).append(state)
    for local, states in touched.items():
        if len(states) < len(ends):
            states.append((local.moved_at, local.source, local.borrowed_at))
        _merge_states(flow, local, states, at)


def _merge_states(flow: Flow, local: Local, states: list[State], at: str) -> None:
    moved_at, source, borrowed_at = states[0]
    for other_moved_at, other_source, other_at in states[1:]:
        moved_at = moved_at or other_moved_at
        if other_source is not None and other_source is not source:
            borrowed_at = other_at if source is None else borrowed_at
            source = one_source(flow, [source, other_source], local.variable.name, at)
    put_back(flow, local, moved_at, source, borrowed_at)


def one_source(flow: Flow, sources: list[Owner | None], what: str, at: str) -> Owner | None:
    """The owner that a view borrows from, whichever branch it comes from."""
    owners = list({owner: None for owner in sources if owner is not None})
    if len(owners) > 1:
        message = f"{what} must have a single borrow source across branches, not "
        message += both(owners[0], owners[1])
        hint = "copy with `view.to_bytes`, or use each view inside its own branch"
        flow.report.error(ONE_SOURCE, at, message, hint)
    return owners[0] if owners else None


def merge_loop(flow: Flow, changes: Changes, at: str) -> None:
    """Goes on after a loop, whose body may not have run at all."""
    for local, state in changes.items():
        if state[0] is not None and local.moved_at is None:
            _warn_moved(flow, local, state[0])
    merge(flow, [changes, {}], at)


def _warn_moved(flow: Flow, local: Local, moved_at: str) -> None:
    name = local.variable.name
    flow.report.warning(
        MOVED_IN_LOOP,
        moved_at,
        f'"{name}" is moved inside a loop: it is empty from the second round on',
        hint="give away a copy, or `set` it again before the round ends",
        fix=fixes.copy_instead(local, moved_at),
    )


def never_returns(node: tree.Node) -> bool:
    return node.ty.kind == "never"
