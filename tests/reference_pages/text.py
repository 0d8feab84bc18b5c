"""Rows of Markdown tables."""

from collections.abc import Iterable


def row(*cells: str) -> str:
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return "|" + "|".join(f" {cell} " if cell else " " for cell in escaped) + "|"


def table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [row(*titles), row(*("---" for _ in titles)), *(row(*cells) for cells in rows), ""]
