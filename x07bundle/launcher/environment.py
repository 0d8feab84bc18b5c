"""The variables of whoever started a bundle.

The executable has set the highest bit of the first byte of each name (stubs/launcher/launcher.c),
so that nothing which was loaded on the way here took one for its own. Whatever has no such name
comes from that way: Python, and what unpacked it.
"""

from collections.abc import Mapping
from typing import Final

from x07bundle.errors import RefusedError

VEIL: Final = 0x80
NARROWING: Final = "X07_OS_"


def unveiled(variables: Mapping[bytes, bytes]) -> dict[str, str]:
    """As the caller has them; bytes that are no UTF-8 as `os.fsdecode` has them."""
    return {
        _text(bytes([name[0] ^ VEIL]) + name[1:]): _text(value)
        for name, value in variables.items()
        if name and name[0] & VEIL
    }


def refuse_narrowing(env: Mapping[str, str]) -> None:
    """What would narrow the policy of a native bundle does nothing here, which nobody may take for
    a narrower policy.

    Raises:
        RefusedError: there is such a variable.
    """
    names = sorted(name for name in env if name.startswith(NARROWING))
    if names:
        raise RefusedError(
            f"{', '.join(names)}: a VM bundle has the policy that it was made with",
            "nothing of the environment narrows it, and it would run with all that it grants",
            f"unset {'it' if len(names) == 1 else 'them'}, or bundle it with a narrower policy",
        )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
