"""Forms that are statements in C: blocks, bindings, branches, loops, returns."""

from typing import Final, NamedTuple

from x07bundle.lang import ir, tree, types
from x07bundle.lang.ir import Value
from x07bundle.lang.lower.builder import (
    DISCARD,
    Builder,
    ControlHandler,
    Destination,
    Diverged,
    Into,
    c_type,
)
from x07bundle.lang.lower.leaving import LeaveFunction, leave
from x07bundle.lang.primitives.row import Effect

_ZERO: Final = ir.integer(0)


def _return(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.Return)
    builder.leave_if_never(node.value)
    leave(builder, builder.value(node.value), node.drops)
    raise Diverged


# -- blocks and bindings


def _block(builder: Builder, node: tree.Node, destination: Destination) -> None:
    """The function's own body and the bodies of branches and loops have braces already."""
    assert isinstance(node, tree.Block)
    if isinstance(destination, LeaveFunction) or not _binds(node):
        lower_body(builder, node, destination)
        return
    with builder.nested() as body:
        comes_out = builder.completes(lambda: lower_body(builder, node, destination))
    builder.emit(ir.Braces(body))
    _after_branches(builder, node, comes_out)


def _binds(node: tree.Block) -> bool:
    return any(isinstance(part, tree.Let) for part in node.body)


def lower_body(builder: Builder, node: tree.Block, destination: Destination) -> None:
    """The statements of a block, its value to the destination, and the drops at its end."""
    builder.open_blocks.append(node)
    try:
        with builder.region() as region:
            for part in node.body[:-1]:
                _statement(builder, part, DISCARD)
            _statement(builder, node.body[-1], destination)
            builder.out += builder.drops(region.temporaries)
            for variable in node.drops:
                builder.drop_variable(variable)
    finally:
        builder.open_blocks.pop()


def _statement(builder: Builder, node: tree.Node, destination: Destination) -> None:
    """A statement under its pointer; one that comes to nothing in C leaves no trace."""
    comment = ir.Comment(node.at)
    builder.emit(comment)
    builder.deliver(node, destination)
    if builder.out[-1] is comment:
        builder.out.pop()


def _let(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.Let)
    builder.leave_if_never(node.value)
    ty = c_type(node.variable.ty)
    if builder.is_control(node.value):
        name = builder.reserve_name(node.variable)
        builder.emit(ir.Declare(ty, name, None))
        builder.deliver(node.value, Into(name))
        builder.bind(node.variable, name)
    else:
        value = builder.value(node.value, charged=not isinstance(node.value, tree.Move))
        name = builder.declare_name(node.variable)
        builder.emit(ir.Declare(ty, name, ir.argument(value)))
    if destination is not DISCARD:
        destination.accept(builder, ir.atom(builder.name(node.variable)))


class Replace(NamedTuple):
    """Into a variable whose old value has to be dropped once the new one is there."""

    name: str
    ty: types.Type

    def accept(self, builder: Builder, value: Value) -> None:
        fresh = builder.temporary(self.ty, value)
        builder.line(f"x07_{self.ty.kind}_drop({self.name})")
        builder.line(f"{self.name} = {fresh}")


def _set(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.Set)
    builder.leave_if_never(node.value)
    name = builder.target(node.variable)
    if node.drop_old:
        builder.name(node.variable)
        builder.deliver(node.value, Replace(name, node.variable.ty))
    else:
        builder.deliver(node.value, Into(name))
    if destination is not DISCARD:
        destination.accept(builder, ir.atom(builder.name(node.variable)))


# -- branches


def _if(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.If)
    condition = ir.condition(builder.value(node.condition))
    then, then_ends = _branch(builder, node.then, destination)
    other, other_ends = _branch(builder, node.other, destination)
    builder.emit(ir.If(condition, then, other))
    _after_branches(builder, node, then_ends or other_ends)


def _branch(
    builder: Builder, block: tree.Block, destination: Destination
) -> tuple[list[ir.Statement], bool]:
    """The statements of a branch, and whether control comes out of it."""
    with builder.nested() as statements:
        if block.written and destination is not DISCARD:
            builder.charge(block.at)
        comes_out = builder.completes(lambda: lower_body(builder, block, destination))
    return statements, comes_out


def _after_branches(builder: Builder, node: tree.Node, comes_out: bool) -> None:
    if builder.facts.exits(node):
        builder.end_stretch()
    if not comes_out:
        raise Diverged


def _match(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.Match)
    site = builder.site(node.at)
    depth = len(builder.pending)
    view = builder.temporary(types.VIEW, builder.value(node.value))
    builder.keep_looked_at(depth)
    arms = [_arm(builder, arm, view, destination) for arm in node.arms]
    bodies = zip(node.arms, arms, strict=True)
    cases = [(f"{arm.variant_index}u", body) for arm, (body, _) in bodies]
    tag = f"x07_codec_read_u32_le({view}, 0u, {site})"
    builder.emit(ir.Switch(tag, cases, f'x07_trap("match variant unknown", {site})'))
    _after_branches(builder, node, any(comes_out for _, comes_out in arms))


def _arm(
    builder: Builder, arm: tree.Arm, view: str, destination: Destination
) -> tuple[list[ir.Statement], bool]:
    with builder.nested() as payload:
        if arm.bind is not None:
            name = builder.declare_name(arm.bind)
            read = f"x07_codec_read_u32_le({view}, 4u, {builder.site(arm.at)})"
            builder.emit(ir.Declare("uint32_t", name, read))
    statements, comes_out = _branch(builder, arm.body, destination)
    return [*payload, *statements], comes_out


# -- loops


def _while(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.While)
    with builder.nested() as head:
        condition = _loop_condition(builder, node.condition)
    if condition is None:
        builder.out += head
        raise Diverged
    body = _loop_body(builder, node.body)
    if head:
        body = [*head, ir.If(f"!({condition})", [ir.Line("break")]), *body]
        builder.emit(ir.Loop("for (;;)", body))
    else:
        builder.emit(ir.Loop(f"while ({condition})", body))
    _after_loop(builder, node, destination)


def _loop_condition(builder: Builder, node: tree.Node) -> str | None:
    with builder.region() as region:
        value = builder.value_or_none(node)
        if value is None:
            return None
        if region.temporaries:
            value = ir.atom(builder.temporary(types.I32, value))
            builder.out += builder.drops(region.temporaries)
        return ir.condition(value)


def _loop_body(builder: Builder, block: tree.Block) -> list[ir.Statement]:
    with builder.nested() as body:
        builder.completes(lambda: lower_body(builder, block, DISCARD))
    return body


def _for(builder: Builder, node: tree.Node, destination: Destination) -> None:
    assert isinstance(node, tree.For)
    start, end = builder.arguments([node.start, node.end])
    if node.binds:
        name = builder.declare_name(node.variable)
        builder.emit(ir.Declare("uint32_t", name, None))
    name = builder.name(node.variable)
    fixed = end.text.isidentifier() and builder.facts.effect(node.end) is Effect.PURE
    if end.constant is None and not fixed:
        end = ir.atom(builder.temporary(types.I32, end))
    body = _loop_body(builder, node.body)
    first = "" if start.text == name else f"{name} = {ir.argument(start)}"
    builder.emit(ir.Loop(f"for ({first}; {name} < {ir.operand(end)}; {name}++)", body))
    _after_loop(builder, node, destination)


def _after_loop(builder: Builder, node: tree.Node, destination: Destination) -> None:
    if builder.facts.exits(node):
        builder.end_stretch()
    destination.accept(builder, _ZERO)


HANDLERS: Final[dict[type[tree.Node], ControlHandler]] = {
    tree.Block: _block,
    tree.Let: _let,
    tree.Set: _set,
    tree.If: _if,
    tree.Match: _match,
    tree.While: _while,
    tree.For: _for,
    tree.Return: _return,
}
