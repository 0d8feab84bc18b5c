"""Patterns of paths: `*` and `?` within a name, `**` across names, `{a,b}` for either."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from x07bundle.errors import X07Error

TOKEN: Final = re.compile(r"\*\*|\*|\?|\{[^{}]*\}|[^*?{}]+|.")
WILD: Final = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path matches one of the patterns, wholly.

    Raises:
        X07Error: a brace has no other.
    """
    texts = [_expression(pattern) for pattern in patterns]
    if not texts:
        return lambda _: False
    compiled = re.compile("|".join(texts), re.DOTALL)
    return lambda path: compiled.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    parts = []
    for token in TOKEN.findall(pattern):
        if len(token) > 1 and token[0] == "{":
            choices = (_expression(choice) for choice in token[1:-1].split(","))
            parts.append(f"(?:{'|'.join(choices)})")
        elif token in ("{", "}"):
            raise X07Error(f"the pattern `{pattern}` has a `{token}` without the other")
        else:
            parts.append(WILD.get(token) or re.escape(token))
    return "".join(parts)
