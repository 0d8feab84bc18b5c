"""Ways out of a function: its value, `return`, and the errors that `try` passes on."""

from typing import Final

from x07bundle.lang import ir, tree
from x07bundle.lang.ir import Value
from x07bundle.lang.lower.builder import Builder, Diverged, Handler, as_view, c_type
from x07bundle.lang.lower.contracts import check_at_exit


class LeaveFunction:
    """The value of the function's body: returned from where it arises."""

    def accept(self, builder: Builder, value: Value) -> None:
        drops = [each for block in reversed(builder.open_blocks) for each in block.drops]
        leave(builder, value, drops)
        raise Diverged


def leave(builder: Builder, value: Value, drops: list[tree.Variable]) -> None:
    """Checks the contract, drops what is held, returns the value."""
    function = builder.function
    if function.result_variable is not None:
        name = builder.declare_name(function.result_variable)
        builder.emit(ir.Declare(c_type(function.result), name, ir.argument(value)))
        value = ir.atom(builder.name(function.result_variable))
    elif (drops or builder.holds_unnamed) and not value.text.isidentifier():
        value = ir.atom(builder.temporary(function.result, value))
    check_at_exit(builder)
    builder.drop_all(drops)
    builder.line(f"return {ir.argument(value)}")


def _try(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.Try)
    name = builder.temporary(node.value.ty, builder.value(node.value))
    result = f"({c_type(builder.function.result)}){{.tag = 0u, .err = {name}.err}}"
    with builder.nested() as failed:
        leave(builder, Value(result), node.drops)
    builder.emit(ir.If(f"{name}.tag == 0u", failed))
    builder.end_stretch()
    return ir.atom(f"{name}.ok")


def _try_doc(builder: Builder, node: tree.Node) -> Value:
    """Owned documents are passed on as they are; views are copied."""
    assert isinstance(node, tree.TryDoc)
    owned, site = node.value.ty.is_owned, builder.site(node.at)
    name = builder.temporary(node.value.ty, builder.value(node.value))
    with builder.nested() as failed:
        document = ir.atom(name) if owned else ir.call("x07_view_to_bytes", name, site)
        leave(builder, document, node.drops)
    view = as_view(node.value.ty, name) if owned else name
    builder.emit(ir.If(f"!x07_doc_is_ok({view})", failed))
    builder.end_stretch()
    return ir.call("x07_doc_rest" if owned else "x07_doc_rest_of_view", name, site)


HANDLERS: Final[dict[type[tree.Node], Handler]] = {tree.Try: _try, tree.TryDoc: _try_doc}
