"""Which heads a world and its capabilities allow (contract/language.md §4, "Unsafe", and §12)."""

from typing import Final

from x07bundle.lang.check.flow import Flow
from x07bundle.lang.options import Options
from x07bundle.lang.primitives.row import Primitive

OS_WORLDS: Final = frozenset({"run-os", "run-os-sandboxed"})
ALLOWED: Final = {
    "fs": OS_WORLDS | {"solve-fs", "solve-full"},
    "rr": OS_WORLDS | {"solve-rr", "solve-full"},
    "kv": frozenset({"solve-kv", "solve-full"}),
    "os": OS_WORLDS,
}
CODES: Final = {
    "fs": "X07-WORLD-FS-0001",
    "rr": "X07-WORLD-RR-0001",
    "kv": "X07-WORLD-KV-0001",
    "os": "X07-WORLD-OS-0001",
}
INTERNAL: Final = "X07-WORLD-0001"
UNSAFE: Final = "X07-WORLD-UNSAFE-0001"
UNSAFE_BLOCK: Final = "X07-WORLD-UNSAFE-0002"
FOREIGN: Final = "X07-WORLD-FFI-0001"


def can_be_unsafe(options: Options) -> bool:
    return options.allow_unsafe and options.world in OS_WORLDS


def can_call_foreign(options: Options) -> bool:
    return options.allow_ffi and options.world in OS_WORLDS


def gate(flow: Flow, row: Primitive, at: str) -> None:
    """Reports a primitive that may not be used here."""
    if row.internal and not flow.module.builtin:
        refuse_internal(flow, row.head, at)
    if row.world != "any":
        need_world(flow, row.world, row.head, at)
    if row.unsafe == "block":
        need_unsafe(flow, row.head, at)
    elif row.unsafe:
        need_unsafe_capability(flow, row.head, at)


def refuse_internal(flow: Flow, head: str, at: str) -> None:
    message = f"world: internal-only builtin is not allowed here: {head}"
    flow.report.error(INTERNAL, at, message, "only std modules may use it")


def need_world(flow: Flow, world: str, head: str, at: str) -> bool:
    if flow.options.world in ALLOWED[world]:
        return True
    message = f"{head} is disabled in this world (`{flow.options.world}`)"
    hint = f"worlds that have it: {', '.join(sorted(ALLOWED[world]))}"
    if world == "os":
        message = f"{head} is standalone-only; "
        message += "compile with --world run-os or --world run-os-sandboxed"
        hint = f"the world is `{flow.options.world}`"
    flow.report.error(CODES[world], at, message, hint)
    return False


def need_unsafe_capability(flow: Flow, head: str, at: str) -> bool:
    """Std modules have it in every world: they use it for brands that they vouch for."""
    if flow.module.builtin or can_be_unsafe(flow.options):
        return True
    message = f"{head} requires unsafe capability; the world `{flow.options.world}` gives none"
    flow.report.error(UNSAFE, at, message, _capability_hint(flow, "allow_unsafe"))
    return False


def need_foreign_capability(flow: Flow, head: str, at: str) -> None:
    if not can_call_foreign(flow.options):
        message = f"{head} requires ffi capability; the world `{flow.options.world}` gives none"
        flow.report.error(FOREIGN, at, message, _capability_hint(flow, "allow_ffi"))


def _capability_hint(flow: Flow, field: str) -> str:
    if flow.options.world == "run-os-sandboxed":
        return f"set `language.{field}` to true in the policy"
    return "compile with --world run-os, or with run-os-sandboxed and a policy that allows it"


def need_unsafe(flow: Flow, head: str, at: str) -> None:
    """The capability, and an unsafe block around the place."""
    if need_unsafe_capability(flow, head, at) and not flow.unsafe:
        hint = f'write `["unsafe", …]` around the use of `{head}`'
        flow.report.error(UNSAFE_BLOCK, at, f"unsafe-required: {head}", hint)
