"""World ids (contract/language.md §12)."""

from typing import Final

OS_WORLDS: Final = ("run-os", "run-os-sandboxed")
WORLDS: Final = ("solve-pure", "solve-fs", "solve-rr", "solve-kv", "solve-full", *OS_WORLDS)
SANDBOXED: Final = "run-os-sandboxed"
DEFAULT: Final = "run-os"
"""Where nothing names a world."""
