"""What names may look like (contract/language.md §1)."""

import re
from typing import Final

MODULE_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*").fullmatch
"""Also the form of function, record and enum names."""
LOCAL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
"""Parameters, fields, variants; and link names, which are C identifiers."""
WORD: Final = re.compile(r"[^\s\x00-\x1f\x7f]+").fullmatch
"""Anything that an expression may name: heads, operators, variables, brands."""
