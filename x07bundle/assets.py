"""Where the files that belong to the tool are: `stubs/`, `launcher_templates/`.

In a checkout they stand beside the package, in a wheel inside it (`_assets/`), in a frozen build
in the folder that it unpacks to or runs from.
"""

import sys
from functools import cache
from pathlib import Path

from x07bundle.errors import X07Error

PACKAGE = Path(__file__).resolve().parent
IN_WHEEL = "_assets"
"""The folder of the package that a wheel has them in."""


def roots() -> tuple[Path, ...]:
    """Folders to look in, first match wins. A wheel has no checkout around it to look into."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return (Path(frozen),)
    return (PACKAGE / IN_WHEEL, PACKAGE.parent)


@cache
def find(name: str) -> Path:
    """The folder or file `name` (`stubs/runtime`).

    Raises:
        X07Error: it is not there: the installation is incomplete.
    """
    for root in roots():
        if (root / name).exists():
            return root / name
    looked = "\n".join(f"looked in {root}" for root in roots())
    raise X07Error(
        f"a part of this installation is missing: `{name}`", looked, "install x07bundle again"
    )
