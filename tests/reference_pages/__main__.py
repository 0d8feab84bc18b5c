"""Checks the generated reference pages, or writes them."""

import argparse
import sys

from tests.reference_pages import FOLDER, PAGES


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.reference_pages", description=__doc__)
    options.add_argument("--write", action="store_true", help="write the pages that differ")
    is_writing = options.parse_args().write
    differing = [name for name, page in PAGES.items() if _text(name) != page()]
    for name in differing:
        if is_writing:
            (FOLDER / name).write_text(PAGES[name](), encoding="utf-8")
        sys.stderr.write(f"{'wrote' if is_writing else 'differs:'} {FOLDER / name}" + "\n")
    return 1 if differing and not is_writing else 0


def _text(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
