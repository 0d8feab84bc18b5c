"""Limits on what is compiled (contract/language.md §14)."""

from collections.abc import Iterable
from typing import Final

from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.options import Options
from x07bundle.lang.source import Module

CODE: Final = "X07-LIMIT-0001"


def source_size(entry: SourceFile, options: Options) -> list[Diagnostic]:
    """The entry program's file; modules may be of any size."""
    size, limit = len(entry.data), options.max_source_bytes
    if size <= limit:
        return []
    message = f"program too large: max_source_bytes={limit} got {size}"
    hint = "move functions into modules: only the entry program's own file is limited"
    return [_over("main", entry.file, message, hint)]


def ast_nodes(entry: Module, modules: Iterable[Module], options: Options) -> list[Diagnostic]:
    """All expressions of the program, modules included."""
    count, limit = sum(module.node_count for module in modules), options.max_ast_nodes
    if count <= limit:
        return []
    message = f"program too large: max_ast_nodes={limit} got {count}"
    hint = "X07_MAX_AST_NODES sets this limit"
    return [_over(entry.module_id, entry.file, message, hint)]


def c_bytes(entry: Module, size: int, options: Options) -> list[Diagnostic]:
    """The generated C, which is ASCII."""
    if size <= options.max_c_bytes:
        return []
    message = f"generated C too large: max_c_bytes={options.max_c_bytes} got {size}"
    return [_over(entry.module_id, entry.file, message, "`--max-c-bytes` sets this limit")]


def _over(module_id: str, file: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        message=message,
        module_id=module_id,
        file=file,
        stage="parse",
        kind="Budget",
        hint=hint,
    )
