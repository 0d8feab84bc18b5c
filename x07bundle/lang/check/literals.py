"""Free text: `bytes.lit` and `bytes.view_lit`."""

from typing import Final

from x07bundle.lang import source, tree, types
from x07bundle.lang.check import poison
from x07bundle.lang.check.expression import ARGUMENT, arity
from x07bundle.lang.check.flow import Flow

TYPES: Final = {"bytes.lit": types.BYTES, "bytes.view_lit": types.VIEW}


def text(flow: Flow, form: source.Form, wanted: bool) -> tree.Node:
    """The UTF-8 of a JSON string: a fresh copy, or a view of what never ends."""
    if not arity(flow, form, "X07-ARITY-0000", f'["{form.head}", text]', 1, 1):
        return poison.node(form.at)
    literal = form.args[0]
    if type(literal) is not source.Text:
        message = f"`{form.head}` takes text, a JSON string"
        flow.report.error(ARGUMENT, literal.at, message)
        return poison.node(form.at)
    data = literal.text.encode("utf-8", "surrogatepass")
    return tree.Literal_(TYPES[form.head], form.at, data)
