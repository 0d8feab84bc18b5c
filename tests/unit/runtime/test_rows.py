"""Every row of the primitives has its C function, with the parameters that the row says.

Rows become calls in a C file, which is compiled against the headers: types and counts have to fit.
"""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.program_build import INCLUDE, Workshop
from x07bundle.lang.lower.builder import c_type
from x07bundle.lang.primitives.row import Primitive
from x07bundle.lang.primitives.table import ROWS, TABLE, overload
from x07bundle.lang.types import NEVER, PTR_CONST_I32, PTR_MUT_U8

STRICT: Final = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wconversion")


def _declared(kind: str, name: str) -> str:
    return f"{kind}{name}" if kind.endswith("*") else f"{kind} {name}"


def _wrapper(index: int, row: Primitive) -> str:
    """A function of exactly the row's type that calls the row's function."""
    names = [f"argument_{i}" for i in range(len(row.params))]
    pairs = zip(row.params, names, strict=True)
    params = [_declared(c_type(parameter.ty), name) for parameter, name in pairs]
    if row.site:
        names.append("at")
        params.append("const char *at")
    result = "void" if row.result is NEVER else c_type(row.result)
    signature = _declared(result, f"row_{index}({', '.join(params) or 'void'})")
    leave = "" if row.result is NEVER else "return "
    call = f"{row.c_function}({', '.join(names)})"
    return f"/* {row.head} */ {signature}; {signature} {{ {leave}{call}; }}"


def _source(rows: tuple[Primitive, ...]) -> str:
    """One line for each row, so that an error shows its head."""
    parts = ['#include "x07.h"', "X07_PROGRAM_LIMITS;"]
    parts += [_wrapper(index, row) for index, row in enumerate(rows)]
    parts += [
        "x07_bytes x07_program_solve(x07_bytes_view input) { return x07_view_to_bytes(input, 0); }",
        "int main(void) { return x07_framed_main(); }",
    ]
    return "\n".join(parts)


def _compile(workshop: Workshop, folder: Path, rows: tuple[Primitive, ...]) -> str:
    source = folder / "rows.c"
    source.write_text(_source(rows))
    command = [workshop.cc, *STRICT, *workshop.flags, f"-I{INCLUDE}", str(source)]
    command += [str(workshop.archive), "-lm", "-o", str(folder / "rows")]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_functions_have_the_types_of_their_rows(workshop: Workshop, tmp_path: Path) -> None:
    assert _compile(workshop, tmp_path, ROWS) == ""


@pytest.mark.parametrize("head", ["bytes.alloc", "view.slice", "result_bytes.unwrap_or"])
def test_a_row_that_does_not_fit_is_found(workshop: Workshop, tmp_path: Path, head: str) -> None:
    row = TABLE[head]
    wrong = row._replace(params=row.params[1:], site=True)
    assert head in _compile(workshop, tmp_path, (wrong,))


def test_heads_are_unique_apart_from_overloads_by_the_first_type() -> None:
    keys = [(row.head, row.params[0].ty if row.params else None) for row in ROWS]
    assert len(keys) == len(set(keys))
    several = {row.head for row in ROWS if sum(other.head == row.head for other in ROWS) > 1}
    assert several == {"ptr.add", "ptr.sub", "ptr.offset", "ptr.read_u8", "ptr.read_i32"}


def test_the_first_type_chooses_among_overloads() -> None:
    row = overload(TABLE["ptr.add"], PTR_MUT_U8)
    assert (row.c_function, row.result) == ("x07_ptr_add_mut_u8", PTR_MUT_U8)
    assert overload(TABLE["ptr.add"], PTR_CONST_I32).c_function == "x07_ptr_add_const_i32"
    assert overload(TABLE["view.len"], PTR_MUT_U8) is TABLE["view.len"]


def test_rows_that_may_trap_take_the_site() -> None:
    assert [row.head for row in ROWS if row.traps and not row.site] == []


def test_what_borrows_gives_a_view() -> None:
    rows = [row for row in ROWS if row.borrows is not None]
    assert [row.head for row in rows if not row.result.is_view] == []
    views = [row.head for row in ROWS if row.result.is_view and row.borrows is None]
    assert views == ["option_bytes_view.none", "result_bytes_view.err"]
