"""What nothing but the end of a guest takes: loaded when the engine has had time to start it.

Not when it is needed: then the files of a bundle may be gone, or be others.
"""

from typing import Final

from x07bundle import process

AFTER_MS: Final = 300


def load() -> None:
    import shutil  # noqa: F401

    from x07bundle.vm import sweep  # noqa: F401

    process.prepare()
