"""Calls of what programs declare: functions, C functions, records, enums.

`otherwise` takes every head that is no special form.
"""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import arguments, fixes, later, moves, poison, primitive_calls, worlds
from x07bundle.lang.check.environment import ForeignFunction, Signature
from x07bundle.lang.check.expression import check
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.check.records import field_head, variant_head
from x07bundle.lang.primitives.table import TABLE
from x07bundle.lang.source import Module
from x07bundle.lang.types import Type

NOT_IMPORTED: Final = "X07-IMPORT-0002"
NOT_EXPORTED: Final = "X07-IMPORT-0004"


def otherwise(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    row = TABLE.get(form.head)
    if row is not None:
        return primitive_calls.call(flow, form, row)
    environment = flow.environment
    if form.head in environment.functions:
        return call(flow, form, environment.functions[form.head])
    if form.head in environment.foreign:
        return call_foreign(flow, form, environment.foreign[form.head])
    if form.head in environment.record_heads:
        return field_head(flow, form, environment.record_heads[form.head])
    if form.head in environment.variant_heads:
        return variant_head(flow, form, environment.variant_heads[form.head])
    return later.unknown(flow, form)


def call(flow: Flow, form: source.Form, signature: Signature) -> tree.Node:
    need_visible(flow, form.head, form.at, signature.module)
    if signature.is_later:
        return later.refuse_call(flow, form, signature)
    if not arguments.right_count(flow, form, len(signature.params)):
        return poison.node(form.at)
    mark = len(flow.arguments)
    args = []
    for index, param in enumerate(signature.params):
        args.append(arguments.value(flow, form, index, param))
        moves.hold(flow, args[-1])
    moves.release(flow, mark)
    node = tree.CallFunction(signature.result, form.at, signature.function, args)
    if signature.result.is_view and signature.borrows is not None:
        arguments.borrow_result(flow, node, [args[signature.borrows]])
    return node


def need_visible(flow: Flow, name: str, at: str, owner: Module) -> None:
    """Another module's function must be exported there and imported here."""
    if owner is flow.module:
        return
    if owner.module_id not in flow.module.imports:
        message = f'call to "{name}" requires (import {owner.module_id}) '
        message += f'in module "{flow.module.module_id}"'
        fix = fixes.import_module(flow.module, owner.module_id)
        hint = f'add "{owner.module_id}" to the imports'
        flow.report.error(NOT_IMPORTED, at, message, hint, fix)
    if name not in owner.exports:
        message = f'function "{name}" is not exported by module "{owner.module_id}"'
        hint = f'add "{name}" to the `export` declaration of {owner.file}'
        flow.report.error(NOT_EXPORTED, at, message, hint)


def call_foreign(flow: Flow, form: source.Form, foreign: ForeignFunction) -> tree.Node:
    extern = foreign.extern
    need_visible(flow, form.head, form.at, foreign.module)
    worlds.need_unsafe(flow, form.head, form.at)
    worlds.need_foreign_capability(flow, form.head, form.at)
    if not arguments.right_count(flow, form, len(extern.params)):
        return poison.node(form.at)
    flow.externs.add(extern.name)
    mark = len(flow.arguments)
    args = []
    for index, param in enumerate(extern.params):
        args.append(_foreign_argument(flow, form, index, param))
        moves.hold(flow, args[-1])
    moves.release(flow, mark)
    result = types.I32 if extern.result.kind == "void" else extern.result
    return tree.CallExtern(result, form.at, extern, args)


def _foreign_argument(flow: Flow, form: source.Form, index: int, param: Type) -> tree.Node:
    """Where C reads only, a pointer for writing will do."""
    node = check(flow, form.args[index])
    if node.ty.kind.replace("ptr_mut_", "ptr_const_", 1) == param.kind != node.ty.kind:
        return tree.PointerCast(param, node.at, node)
    arguments.require(flow, form, index, param, node.ty)
    return node
