"""Quick fixes: what a program that repairs sources may do by itself."""

from bisect import bisect_left

from x07bundle.lang.check.bindings import Local
from x07bundle.lang.diagnostics import QuickFix
from x07bundle.lang.findings import add, replace
from x07bundle.lang.source import Module


def copy_instead(local: Local, at: str) -> QuickFix | None:
    """A copy where the value was given away. Only bytes can be copied by one form."""
    variable = local.variable
    if variable.ty.kind != "bytes":
        return None
    head = "std.brand.to_bytes_preserve_if_full_v1" if variable.ty.brand else "view.to_bytes"
    return replace(at, [head, variable.name], f"give away a copy of `{variable.name}`")


def import_module(module: Module, module_id: str) -> QuickFix:
    """In the canonical document imports are sorted, and stay so."""
    index = bisect_left(module.imports, module_id)
    return add(f"/imports/{index}", module_id, f"import `{module_id}`")


def other_head(at: str, head: str) -> QuickFix:
    return replace(f"{at}/0", head, f"write `{head}`")
