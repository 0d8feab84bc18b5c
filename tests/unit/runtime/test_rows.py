"""Every row of these tables names a C function of exactly its type."""

import subprocess

import pytest

from tests.program_build import INCLUDE, WARNINGS, Workshop
from x07bundle.lang.primitives import float as floats
from x07bundle.lang.primitives import json, os, readers, tables, values
from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.types import Type

ROWS = [row for module in (tables, values, readers, floats, json, os) for row in module.ROWS]


def _c_type(ty: Type) -> str:
    plain = {"i32": "uint32_t", "f64": "double", "never": "void"}
    return plain.get(ty.kind, f"x07_{ty.kind}")


def _pointer(row: Primitive) -> str:
    params = [_c_type(param.ty) for param in row.params] + ["const char *"] * row.site
    return (
        f"{_c_type(row.result)} (*const {row.c_function}_row)({', '.join(params) or 'void'})"
        f" = {row.c_function};"
    )


def test_rows_have_their_c_functions(workshop: Workshop) -> None:
    source = workshop.folder / "rows.c"
    source.write_text('#include "x07.h"\n' + "\n".join(map(_pointer, ROWS)) + "\n")
    command = [workshop.cc, *WARNINGS, f"-I{INCLUDE}", "-fsyntax-only", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.head)
def test_views_say_what_they_borrow_from(row: Primitive) -> None:
    assert row.result.is_view == (row.borrows is not None)
