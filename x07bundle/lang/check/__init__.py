"""The check pass: types, moves, borrows, brands, worlds (contract/language.md §2-5, §11, §12).

Surface tree in, typed tree out. `program` decides what is checked, `functions` checks one
function, `expression` one expression; `heads` is the table of special forms.
"""

from x07bundle.lang.check.program import check

__all__ = ["check"]
