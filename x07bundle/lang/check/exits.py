"""What may leave the function: `return`, `try`, `try_doc` (contract/language.md §2)."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import fit, poison
from x07bundle.lang.check.bindings import Owner
from x07bundle.lang.check.expression import arity, check
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.check.moves import ESCAPE, IMPURE_CLAUSE
from x07bundle.lang.types import Type

RESULT: Final = "X07-TYPE-RET-0001"
TRY: Final = "X07-TYPE-TRY-0001"
TRY_DOC: Final = "X07-TYPE-TRYDOC-0001"
PROPAGATES: Final = {
    "result_i32": (types.I32, ("result_i32", "result_bytes")),
    "result_bytes": (types.BYTES, ("result_bytes", "result_i32")),
    "result_bytes_view": (types.VIEW, ("result_bytes_view", "result_i32")),
}
"""What `try` takes: the type of the ok value, and the functions it may be used in."""


def return_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-RETURN-0001", '["return", e]', 1, 1):
        return poison.node(form.at)
    value = check(flow, form.args[0])
    give_back(flow, value)
    leave(flow, form)
    return tree.Return(types.NEVER, form.at, value)


def give_back(flow: Flow, value: tree.Node) -> None:
    """A value becomes the function's result."""
    if flow.in_clause:
        return
    what = f'the result of "{flow.signature.name}"'
    fit.require(flow, flow.signature.result, value.ty, value.at, RESULT, what)
    if flow.signature.result.is_view and value.ty.is_view:
        _give_back_view(flow, flow.sources.get(value), value.at)


def _give_back_view(flow: Flow, owner: Owner | None, at: str) -> None:
    if owner is None or owner.kind == "parameter":
        flow.returned.append((owner, at))
        return
    what = f'local owned buffer "{owner.name}"'
    if owner.kind == "temporary":
        what = "a local temporary value"
    message = f'function "{flow.signature.name}" returns {flow.signature.result.kind} '
    hint = "return bytes instead (`view.to_bytes`), or take the buffer as a view parameter"
    flow.report.error(ESCAPE, at, f"{message}borrowed from {what}", hint)


def leave(flow: Flow, form: source.Form) -> None:
    """Clauses cannot leave; and what is gone here cannot be shown by an `ensures`."""
    if flow.in_clause:
        message = f"a contract clause cannot leave its function with `{form.head}`"
        flow.report.error(IMPURE_CLAUSE, form.at, message)
    else:
        note_gone(flow)


def note_gone(flow: Flow) -> None:
    """Remembers the parameters that hold no value at one way out of the function."""
    declared = flow.signature.declared
    if not declared.ensures and not declared.invariant:
        return
    for local in flow.scopes[0].locals:
        if local.moved_at is not None:
            flow.gone_at_exit.setdefault(local, local.moved_at)


def try_(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-0000", '["try", r]', 1, 1):
        return poison.node(form.at)
    value = check(flow, form.args[0])
    leave(flow, form)
    if poison.fits_anywhere(value.ty):
        return value
    if value.ty.kind not in PROPAGATES:
        hint = f"it takes {', '.join(PROPAGATES)}"
        flow.report.error(TRY, form.at, f"`try` cannot take {value.ty}", hint)
        return poison.node(form.at)
    ok, allowed = PROPAGATES[value.ty.kind]
    _need_result(flow, form, value.ty, allowed)
    node = tree.Try(ok.with_brand(_brand(ok, value.ty)), form.at, value)
    if value in flow.sources:
        flow.sources[node] = flow.sources[value]
    return node


def _brand(ok: Type, result: Type) -> str | None:
    return result.brand if ok.kind in types.BRANDABLE else None


def _need_result(flow: Flow, form: source.Form, found: Type, allowed: tuple[str, ...]) -> None:
    result = flow.signature.result
    if result.kind in allowed or poison.fits_anywhere(result) or flow.in_clause:
        return
    message = f"`try` of {found.kind} needs a function that returns {' or '.join(allowed)}; "
    message += f'"{flow.signature.name}" returns {result.kind}'
    hint = f"ask with `{found.kind}.is_ok` and `{found.kind}.unwrap_or` instead"
    flow.report.error(TRY, form.at, message, hint)


def try_doc(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    if not arity(flow, form, "X07-ARITY-0000", '["try_doc", d]', 1, 1):
        return poison.node(form.at)
    value = check(flow, form.args[0])
    leave(flow, form)
    if poison.fits_anywhere(value.ty):
        return value
    if value.ty.kind not in ("bytes", "bytes_view"):
        message = f"`try_doc` takes bytes or bytes_view, not {value.ty}"
        flow.report.error(TRY_DOC, form.at, message)
    elif flow.signature.result != types.BYTES and not flow.in_clause:
        message = f'`try_doc` needs a function that returns bytes; "{flow.signature.name}" '
        flow.report.error(TRY_DOC, form.at, f"{message}returns {flow.signature.result}")
    return tree.TryDoc(types.BYTES, form.at, value)
