"""Heads that nothing answers to: parts of the language for a later version, and mistakes."""

from collections.abc import Iterator
from typing import Final

from x07bundle.lang import source, tree
from x07bundle.lang.check import fixes, poison, worlds
from x07bundle.lang.check.environment import Environment, Signature
from x07bundle.lang.check.expression import skim
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.check.report import Report
from x07bundle.lang.primitives.table import TABLE

UNAVAILABLE: Final = "X07-UNAVAILABLE-0001"
UNKNOWN: Final = "X07-TYPE-CALL-0001"

ASYNC: Final = "async tasks"
GENERICS: Final = "generics"
FEATURES: Final = {
    "await": ASYNC,
    "task": ASYNC,
    "chan": "channels of async tasks",
    "tapp": GENERICS,
    "ty": GENERICS,
    "budget": "budget scopes",
    "std.rr": "record and replay scopes",
    "std.stream": "stream pipes",
    "regex": "regular expressions",
    "jsonschema": "JSON Schema validation",
    "fs": "fixture files",
    "kv": "fixture keys and values",
    "rr": "record and replay",
    "os": "this part of the operating system",
    "__internal": "this internal head",
}
"""First words of heads -> what they belong to."""
WORLDS: Final = {"fs": "fs", "kv": "kv", "rr": "rr", "os": "os"}


def unknown(flow: Flow, form: source.Form) -> tree.Node:
    feature = feature_of(form.head)
    if feature is None:
        _unsupported(flow, form)
        skim(flow, form.args)
    else:
        _unavailable_head(flow, form, feature)
    return poison.node(form.at)


def feature_of(head: str) -> str | None:
    first, _, rest = head.partition(".")
    return FEATURES.get(first) or FEATURES.get(f"{first}.{rest.partition('.')[0]}")


def _unavailable_head(flow: Flow, form: source.Form, feature: str) -> None:
    first = form.head.partition(".")[0]
    if first == "__internal" and not flow.module.builtin:
        worlds.refuse_internal(flow, form.head, form.at)
    elif first not in WORLDS or worlds.need_world(flow, WORLDS[first], form.head, form.at):
        unavailable(flow.report, form.at, f"{feature} (`{form.head}`)")


def unavailable(report: Report, at: str, feature: str) -> None:
    message = f"this version does not compile {feature} yet"
    hint = "a later version will; until then, write it with what `docs/reference` lists"
    report.error(UNAVAILABLE, at, message, hint, kind="Unsupported")


def refuse_call(flow: Flow, form: source.Form, signature: Signature) -> tree.Node:
    unavailable(flow.report, form.at, describe(signature))
    return poison.node(form.at)


def describe(signature: Signature) -> str:
    kind = "async" if signature.declared.is_async else "generic"
    return f'{kind} functions ("{signature.name}")'


def _unsupported(flow: Flow, form: source.Form) -> None:
    module_id, fix = form.head.rpartition(".")[0], None
    if not module_id or _is_namespace(flow.environment, module_id):
        hint = flow.environment.nearest.hint(form.head, _known(flow.environment))
    else:
        hint = f'call to "{form.head}" requires (import {module_id}) '
        hint += f'in module "{flow.module.module_id}"'
        if module_id.startswith("std."):
            fix = fixes.import_module(flow.module, module_id)
    message = f'unsupported head: "{form.head}"'
    flow.report.error(UNKNOWN, f"{form.at}/0", message, hint, fix)


def _is_namespace(environment: Environment, prefix: str) -> bool:
    """Whether heads that begin so are known: of primitives, of a module, of a record or enum."""
    return prefix in NAMESPACES or prefix in environment.modules or prefix in environment.owners


def _known(environment: Environment) -> Iterator[str]:
    yield from SPECIAL
    yield from TABLE
    yield from environment.functions
    yield from environment.foreign
    yield from environment.record_heads
    yield from environment.variant_heads


NAMESPACES: Final = frozenset(head.rpartition(".")[0] for head in TABLE)
SPECIAL: Final = ("begin", "unsafe", "let", "set", "set0", "if", "for", "while", "return", "match")
