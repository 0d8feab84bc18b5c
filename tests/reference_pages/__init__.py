"""The reference pages of heads and of std modules, made from the tables and the modules.

`python -m tests.reference_pages` says whether they agree; with `--write` it writes them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.program_build import ROOT
from tests.reference_pages import heads, modules

FOLDER: Final = Path(ROOT) / "docs/reference"
PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "heads.md": heads.page,
    "std.md": modules.page,
}
