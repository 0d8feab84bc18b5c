"""The patterns of `process.allow_args_regex_lite` (contract/policy.md §2).

Bytes, matched from end to end: `.` is any byte, `\\c` is the byte c, and `*` after one of them is
any number of it. There are no anchors, classes or alternatives.
"""

import re
from typing import Final

MOST_TOKENS: Final = 256
"""What the runtime has room for, in bytes of the argument's encoding, `*` and `\\` aside."""
TOKEN: Final = re.compile(rb"(?:\\.|[^*\\])\*?", re.DOTALL)


def problem(pattern: str) -> str | None:
    """Why `pattern` is no such pattern, or None."""
    data = pattern.encode("utf-8", "surrogatepass")
    position = count = 0
    while position < len(data):
        token = TOKEN.match(data, position)
        if token is None:
            return _stuck(data[position:])
        position, count = token.end(), count + 1
    return (
        None if count <= MOST_TOKENS else f"has {count} tokens, at most {MOST_TOKENS} are matched"
    )


def _stuck(rest: bytes) -> str:
    if rest.startswith(b"*"):
        return "`*` repeats what is before it; a literal one is `\\*`"
    return "ends in a single `\\`; a literal one is `\\\\`"
