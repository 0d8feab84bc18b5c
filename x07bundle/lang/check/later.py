"""Heads that nothing answers to: parts of the language for a later version, and mistakes."""

from collections.abc import Iterator
from typing import Final

from x07bundle.lang import source, tree
from x07bundle.lang.check import fixes, habits, poison, worlds
from x07bundle.lang.check.environment import Environment, Signature
from x07bundle.lang.check.expression import skim
from x07bundle.lang.check.flow import Flow
from x07bundle.lang.check.report import Report
from x07bundle.lang.diagnostics import UNAVAILABLE, QuickFix
from x07bundle.lang.primitives.table import TABLE

UNKNOWN: Final = "X07-TYPE-CALL-0001"

FEATURES: Final = {
    "await": "async tasks",
    "task": "async tasks",
    "chan": "channels of async tasks",
    "tapp": "calls of generic functions",
    "ty": "generic intrinsics",
    "budget": "budget scopes",
    "std.rr": "record and replay",
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
INSTEAD: Final = {
    "await": "call a `defn` instead: it runs to its end at once",
    "task": "call a `defn` instead: it runs to its end at once",
    "tapp": "write the function for the type that it is used with, and call that",
    "ty": "use the head for the type itself, such as `codec.read_u32_le` or `bytes.eq`",
    "budget": "leave the scope out; `--solve-fuel` limits the whole program",
    "regex": "`std.bytes` and `std.text.ascii` find and split plain text",
    "fs": "in OS worlds, `std.os.fs` reads files",
}
"""First words of heads -> what to do until then."""
WORLDS: Final = {"fs": "fs", "kv": "kv", "rr": "rr", "os": "os"}
ANY_WORLD: Final = "os.time.tzdb_"
"""How heads of `os` begin that ask data of the toolchain, not the system."""


def unknown(flow: Flow, form: source.Form) -> tree.Node:
    """A head that nothing answers to. One of a module that is not there was reported already."""
    feature = feature_of(form.head)
    if form.head.rpartition(".")[0] in flow.environment.missing:
        return poison.node(form.at)
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
    elif _is_in_world(flow, form, first):
        near = flow.environment.nearest.hint(form.head, TABLE, "primitives")
        hint = near or INSTEAD.get(first)
        unavailable(flow.report, form.at, f"{feature} (`{form.head}`)", hint)


def _is_in_world(flow: Flow, form: source.Form, first: str) -> bool:
    if first not in WORLDS or form.head.startswith(ANY_WORLD):
        return True
    return worlds.need_world(flow, WORLDS[first], form.head, form.at)


def unavailable(report: Report, at: str, feature: str, hint: str | None) -> None:
    message = f"this version does not compile {feature} yet"
    report.error(UNAVAILABLE, at, message, hint, kind="Unsupported")


def refuse_call(flow: Flow, form: source.Form, signature: Signature) -> tree.Node:
    refuse(flow.report, form.at, signature)
    return poison.node(form.at)


def refuse(report: Report, at: str, signature: Signature) -> None:
    """An async or generic function, where it is declared or called."""
    kind, word = ("async", "await") if signature.declared.is_async else ("generic", "tapp")
    unavailable(report, at, f'{kind} functions ("{signature.name}")', INSTEAD[word])


def _unsupported(flow: Flow, form: source.Form) -> None:
    module_id = form.head.rpartition(".")[0]
    hint: str | None
    fix: QuickFix | None = None
    habit = None if _is_of_program(flow.environment, module_id) else habits.advice(form)
    if habit is not None:
        hint, fix = habit
    elif not module_id or _is_namespace(flow.environment, module_id):
        hint = flow.environment.nearest.hint(form.head, _known(flow.environment))
    else:
        hint = f'call to "{form.head}" requires (import {module_id}) '
        hint += f'in module "{flow.module.module_id}"'
        if module_id.startswith("std."):
            fix = fixes.import_module(flow.module, module_id)
    message = f'unsupported head: "{form.head}"'
    flow.report.error(UNKNOWN, f"{form.at}/0", message, hint, fix)


def _is_namespace(environment: Environment, prefix: str) -> bool:
    """Whether heads that begin so are known: of primitives, or of the program."""
    return prefix in NAMESPACES or _is_of_program(environment, prefix)


def _is_of_program(environment: Environment, prefix: str) -> bool:
    """Whether it is a module, a record or an enum."""
    return prefix in environment.modules or prefix in environment.owners


def _known(environment: Environment) -> Iterator[str]:
    yield from SPECIAL
    yield from TABLE
    yield from environment.functions
    yield from environment.foreign
    yield from environment.record_heads
    yield from environment.variant_heads


NAMESPACES: Final = frozenset(head.rpartition(".")[0] for head in TABLE)
SPECIAL: Final = ("begin", "unsafe", "let", "set", "set0", "if", "for", "while", "return", "match")
