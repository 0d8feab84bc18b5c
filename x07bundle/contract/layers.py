"""Layers of the kernel that confine a program (`x07_confine.h` has the same, in the same order)."""

from collections.abc import Iterable, Mapping
from typing import Final

from x07bundle.contract.consent import Backend

NAMES: Final = ("no_new_privs", "capabilities", "landlock", "seccomp", "rlimits")
OF_BACKEND: Final[Mapping[Backend, tuple[str, ...]]] = {
    "vm": NAMES,
    "os": NAMES,
    "none": ("rlimits",),
}
"""In a VM it is the guest's kernel that has them."""


def bits(layers: Iterable[str]) -> int:
    """A set of layers as C has it: `1u << id`."""
    return sum(1 << NAMES.index(name) for name in layers)
