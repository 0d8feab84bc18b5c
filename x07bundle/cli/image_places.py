"""What `x07 image sign` and `x07 image verify` are about: a layout of this machine, or an image of
a registry.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x07bundle.cli.image_registry import opened, refuse_offline
from x07bundle.errors import UsageError

if TYPE_CHECKING:
    from x07bundle.registry.reference import Reference
    from x07bundle.registry.session import Session


def is_layout(place: str) -> bool:
    """What is there is a layout; what is not may be a reference."""
    return Path(place).exists()


def reference_of(place: str) -> "Reference":
    """Raises UsageError: it is neither there nor a reference."""
    from x07bundle.registry.reference import parse, shown

    try:
        return parse(place)
    except UsageError as error:
        raise UsageError(
            f"`{shown(place)}` is neither there nor an image of a registry",
            error.brief,
            "name the folder or the .tar that `x07 image build --out` made, or HOST/REPOSITORY:TAG",
        ) from error


def session_for(reference: "Reference", what: str, values: Mapping[str, Any]) -> "Session":
    """Raises UsageError: no network is to be used."""
    refuse_offline(what, values)
    return opened(reference, values)
