"""Records and enums: values packed in branded bytes, and `match` (contract/language.md §5)."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import arguments, poison
from x07bundle.lang.check.environment import FieldHead, VariantHead
from x07bundle.lang.check.expression import integer
from x07bundle.lang.check.flow import Flow

MEMBER: Final = "X07-TYPE-CALL-0003"


def field_head(flow: Flow, form: source.Form, head: FieldHead) -> tree.Node:
    if head.position < 0:
        return _make_record(flow, form, head.record)
    if not arguments.right_count(flow, form, 1):
        return poison.node(form.at)
    record = head.record
    value = arguments.view(flow, form, 0, types.VIEW.with_brand(record.name))
    name = record.fields[head.position]
    return tree.RecordGet(types.I32, form.at, record.name, name, head.position, value)


def _make_record(flow: Flow, form: source.Form, record: source.Record) -> tree.Node:
    if not arguments.right_count(flow, form, len(record.fields)):
        return poison.node(form.at)
    fields = [
        integer(flow, arg, MEMBER, f"field `{name}` of {record.name}")
        for name, arg in zip(record.fields, form.args, strict=True)
    ]
    return tree.RecordMake(types.BYTES.with_brand(record.name), form.at, record.name, fields)


def variant_head(flow: Flow, form: source.Form, head: VariantHead) -> tree.Node:
    variant = head.enum.variants[head.position]
    if not arguments.right_count(flow, form, int(variant.has_payload)):
        return poison.node(form.at)
    payload = None
    if variant.has_payload:
        payload = integer(flow, form.args[0], MEMBER, f"the payload of `{form.head}`")
    ty = types.BYTES.with_brand(head.enum.name)
    return tree.EnumMake(ty, form.at, head.enum.name, variant.name, head.position, payload)
