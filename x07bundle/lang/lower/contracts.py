"""Contracts, checked at run time (contract/language.md §11, abi.md §10)."""

from collections.abc import Iterable

from x07bundle.lang import ir, tree, types
from x07bundle.lang.lower.builder import Builder, Into, as_view


def check_at_entry(builder: Builder) -> None:
    function = builder.function
    _check_all(builder, function.requires, "requires")
    _check_all(builder, function.invariant, "invariant_entry")


def check_at_exit(builder: Builder) -> None:
    """Called where the result is in the function's result variable, before anything is dropped."""
    function = builder.function
    _check_all(builder, function.ensures, "ensures")
    _check_all(builder, function.invariant, "invariant_exit")


def _check_all(builder: Builder, clauses: Iterable[tree.Clause], kind: str) -> None:
    for clause in clauses:
        with builder.nested() as body:
            _check(builder, clause, kind)
        builder.emit(ir.Braces(body))


def _check(builder: Builder, clause: tree.Clause, kind: str) -> None:
    builder.emit(ir.Comment(f"{kind} {clause.at}"))
    outside = builder.private("x07_clause_frame", "outside", None)
    builder.line(f"x07_clause_enter(&{outside})")
    holds = builder.temporary(types.I32, None)
    builder.deliver(clause.expr, Into(holds))
    builder.line(f"x07_clause_leave(&{outside})")
    with builder.nested() as violated:
        _report(builder, clause, kind)
    builder.emit(ir.If(f"{holds} == 0u", violated))


def _report(builder: Builder, clause: tree.Clause, kind: str) -> None:
    texts = (kind, builder.function.name, clause.id)
    quoted = [ir.string(text.encode()) for text in texts]
    where = [f"{clause.position}u", ir.string(clause.at.encode())]
    builder.line(f"x07_contract_begin({', '.join([*quoted, *where])})")
    for node in clause.witness:
        _witness(builder, node)
    builder.line(f"x07_contract_end({builder.site(clause.at)})")


def _witness(builder: Builder, node: tree.Node) -> None:
    """Shows a value under the name of its own type; buffers are shown through a view."""
    ty = node.ty
    value = ir.argument(builder.value(node))
    if isinstance(node, tree.Borrow):
        ty = node.variable.ty
        if ty.kind in ("bytes", "vec_u8") and not node.ty.is_view:
            value = as_view(ty, value)
    builder.line(f"x07_witness_{ty.kind}({value})")
