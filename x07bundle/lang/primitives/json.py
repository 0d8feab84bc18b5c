"""Canonical JSON (contract/language.md §4)."""

from typing import Final

from x07bundle.lang.primitives.row import Primitive, row

ROWS: Final[tuple[Primitive, ...]] = (row("json.jcs.canon_doc_v1", "V i i i", "B"),)
