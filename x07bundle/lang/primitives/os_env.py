"""The environment (contract/policy.md §6.1)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

_GET: Final = "os.env.get"

ROWS: Final[tuple[Primitive, ...]] = (
    row(
        _GET,
        "B",
        "B",
        traps=(
            "os.env disabled by policy",
            f"{_GET} key denied",
            f"{_GET} key not allowed",
            f"{_GET} too large",
        ),
        world="os",
    ),
)
