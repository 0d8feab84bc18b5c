"""Who a program is in its guest: whoever started it, so that its files are theirs."""

import os

from x07bundle.vm.backend import Backend


def caller(backend: Backend) -> tuple[int, int] | None:
    """None where the engine decides, or maps its root to the caller already."""
    is_mapped = backend.name == "podman" and os.geteuid() != 0
    if is_mapped or not backend.caps.users:
        return None
    return os.geteuid(), os.getegid()
