"""Hints that name what was probably meant."""

from collections.abc import Iterable
from typing import Final

MOST_SEARCHES: Final = 20
"""In one run: a search reads all the names there are, and a broken file may miss thousands."""


class Nearest:
    """`where` is what the known names belong to: a function's name, or "" for heads."""

    def __init__(self) -> None:
        self._hints: dict[tuple[str, str], str | None] = {}

    def hint(self, name: str, known: Iterable[str], where: str = "") -> str | None:
        if (name, where) not in self._hints:
            self._hints[name, where] = self._search(name, known)
        return self._hints[name, where]

    def _search(self, name: str, known: Iterable[str]) -> str | None:
        if len(self._hints) >= MOST_SEARCHES:
            return None
        from difflib import get_close_matches  # only to word an error

        found = get_close_matches(name[:80], list(known), n=1, cutoff=0.7)
        return f"did you mean `{found[0]}`?" if found else None
