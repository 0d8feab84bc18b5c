"""Calls, and the forms that are calls in C: records, enums, casts."""

from collections.abc import Callable, Sequence
from typing import Final

from x07bundle.lang import ir, tree, types
from x07bundle.lang.ir import Value
from x07bundle.lang.lower.builder import Builder, Handler, as_view


def _call(
    builder: Builder,
    node: tree.Node,
    args: Sequence[tree.Node],
    build: Callable[[list[Value]], Value],
) -> Value:
    depth = len(builder.pending)
    values = builder.arguments(args)
    return builder.finish_call(depth, node, build(values))


def _primitive(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.CallPrimitive)
    row = node.primitive
    site = [builder.site(node.at)] if row.site else []
    return _call(
        builder,
        node,
        node.args,
        lambda values: ir.call(row.c_function, *map(ir.argument, values), *site),
    )


def _function(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.CallFunction)
    called = node.function
    return _call(
        builder,
        node,
        node.args,
        lambda values: ir.call(builder.callee(called), *map(ir.argument, values)),
    )


def _extern(builder: Builder, node: tree.Node) -> Value:
    """A void function is a statement; its value is 0."""
    assert isinstance(node, tree.CallExtern)
    depth = len(builder.pending)
    values = builder.arguments(node.args)
    call = ir.call(builder.callee(node.extern), *map(ir.argument, values))
    if node.extern.result is types.VOID:
        builder.line(call.text)
        call = ir.integer(0)
    return builder.finish_call(depth, node, call)


def _packed(builder: Builder, words: list[Value], node: tree.Node) -> Value:
    """Words, little-endian, as bytes."""
    listed = ", ".join(ir.argument(word) for word in words)
    return ir.call(
        "x07_pack_u32",
        f"(const uint32_t[]){{{listed}}}",
        f"{len(words)}u",
        builder.site(node.at),
    )


def _record_make(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.RecordMake)
    return _call(builder, node, node.fields, lambda values: _packed(builder, values, node))


def _enum_make(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.EnumMake)
    index = ir.integer(node.variant_index)
    parts = [] if node.payload is None else [node.payload]
    return _call(builder, node, parts, lambda values: _packed(builder, [index, *values], node))


def _record_get(builder: Builder, node: tree.Node) -> Value:
    assert isinstance(node, tree.RecordGet)
    offset = f"{4 * node.index}u"
    site = builder.site(node.at)
    return _call(
        builder,
        node,
        [node.value],
        lambda values: ir.call("x07_codec_read_u32_le", ir.argument(values[0]), offset, site),
    )


def _cast(builder: Builder, node: tree.Node) -> Value:
    """The validator sees a view of the value; its verdict decides."""
    assert isinstance(node, tree.Cast)
    depth = len(builder.pending)
    [value] = builder.arguments([node.value])
    name = builder.temporary(node.value.ty, value)
    view = as_view(node.value.ty, name) if node.value.ty.is_owned else name
    verdict = f"{builder.callee(node.validator)}({view})"
    if node.value.ty.is_owned:
        result = ir.call("x07_cast_bytes", verdict, name)
    elif node.copy:
        result = ir.call("x07_cast_view_copy", verdict, name, builder.site(node.at))
    else:
        result = ir.call("x07_cast_view", verdict, name)
    return builder.finish_call(depth, node, result)


HANDLERS: Final[dict[type[tree.Node], Handler]] = {
    tree.CallPrimitive: _primitive,
    tree.CallFunction: _function,
    tree.CallExtern: _extern,
    tree.RecordMake: _record_make,
    tree.RecordGet: _record_get,
    tree.EnumMake: _enum_make,
    tree.Cast: _cast,
}
