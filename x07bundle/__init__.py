"""x07bundle: bundler and packaging toolkit for the X07 language."""

__version__ = "0.1.0"

LANGUAGE_VERSION = "0.2.17"
"""The X07 language version that is implemented; packages state theirs as `x07c_compat`."""

LANG_ID = "x07-core@0.2.0"
"""Language id in reports and lockfiles (contract/project.md §3)."""
