"""The table of primitives: one row for each built-in head (contract/language.md §4)."""
