"""Where the installed commands start: with next to nothing imported."""

import gc


def x07() -> None:
    _collect_no_garbage()
    from x07bundle.cli import main

    main.main()


def x07_os_runner() -> None:
    _collect_no_garbage()
    from x07bundle.cli import os_runner

    os_runner.main()


def _collect_no_garbage() -> None:
    """`entry` says why. Before the imports, which make so many objects that it looks ten times."""
    gc.disable()
