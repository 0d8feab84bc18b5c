"""What takes nothing but the end of a guest: loaded while the engine starts it, not before.

Not when it is needed, either: then the files of a bundle may be gone, or be others.
"""

from x07bundle import process


def load() -> None:
    import shutil  # noqa: F401

    from x07bundle.vm import sweep  # noqa: F401

    process.prepare()
