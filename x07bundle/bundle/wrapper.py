"""The bundle's `main`: its name and its limits, as C (docs/decisions/0006)."""

import os
from typing import Final

from x07bundle.bundle.plan import Plan
from x07bundle.native.cache import Cache
from x07bundle.native.main_text import c_string, render

TEMPLATE: Final = "native_main.c.j2"
MOST_OUTPUT_BYTES: Final = 0xFFFF_FFFF
"""A larger cap on the output is none (contract/abi.md §2)."""


def wrapper(plan: Plan, cache: Cache) -> str:
    """The text that follows the program in its translation unit.

    Raises:
        OutputError: the cache cannot be written.
    """
    output_bytes = plan.limits.max_output_bytes or 0
    values = {
        "name": c_string(os.fsencode(plan.name)),
        "max_output_bytes": f"{output_bytes if output_bytes <= MOST_OUTPUT_BYTES else 0}u",
        "cpu_time_limit_seconds": f"{plan.limits.cpu_time_limit_seconds or 0}u",
    }
    if plan.sandbox is None:
        return render(TEMPLATE, values, cache)
    from x07bundle.bundle import sandbox

    return render(sandbox.TEMPLATE, values | sandbox.main_values(plan.sandbox), cache)
