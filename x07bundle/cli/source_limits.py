"""Limits of the compiler that come from the environment (contract/language.md §14)."""

from collections.abc import Mapping

from x07bundle.errors import UsageError
from x07bundle.lang.options import Options


def source_limits(environment: Mapping[str, str], max_c_bytes: int | None = None) -> Options:
    """Options with the limits set; `max_c_bytes` of the command line goes before the variable.

    Raises:
        UsageError: a variable is not a number.
    """
    usual = Options()
    c_bytes = _number(environment, "X07_MAX_C_BYTES", usual.max_c_bytes)
    return Options(
        max_ast_nodes=_number(environment, "X07_MAX_AST_NODES", usual.max_ast_nodes),
        max_locals=_number(environment, "X07_MAX_LOCALS", usual.max_locals),
        max_c_bytes=c_bytes if max_c_bytes is None else max_c_bytes,
    )


def _number(environment: Mapping[str, str], variable: str, usual: int) -> int:
    text = environment.get(variable, "").strip()
    if not text:
        return usual
    if text.isascii() and text.isdecimal():
        return int(text)
    raise UsageError(
        f"`{variable}` is not a number: `{text}`", hint="set it to a count, or unset it"
    )
