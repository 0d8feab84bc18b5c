"""Where the frozen launcher starts: with next to nothing imported."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    # Before the imports, which make so many objects that it would look ten times.
    gc.disable()
    from x07bundle.launcher.main import main as begun

    begun()
