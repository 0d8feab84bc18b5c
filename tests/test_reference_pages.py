"""docs/reference/heads.md and std.md: what the compiler's tables and the std modules say."""

from fnmatch import fnmatchcase

import pytest

from tests.reference_pages import FOLDER, PAGES, heads, modules
from tests.unit.std.calls import functions_of
from x07bundle.lang.check.heads import HANDLERS
from x07bundle.lang.primitives.table import ROWS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_it_is_made_from(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), (
        "run `python -m tests.reference_pages --write`"
    )


def test_every_special_form_has_a_line_and_every_line_a_form() -> None:
    assert sorted(heads.forms()) == sorted(HANDLERS)


def test_every_row_of_the_table_is_on_the_page() -> None:
    listed = [row for rows in heads.SECTIONS.values() for row in rows]
    assert sorted(listed) == sorted(ROWS)


def test_every_line_of_meanings_is_for_some_head() -> None:
    names = {row.head for row in ROWS}
    assert [p for p in heads.patterns() if not any(fnmatchcase(n, p) for n in names)] == []


@pytest.mark.parametrize("folder", ["modules", "os_modules"])
def test_every_std_function_says_what_it_does(folder: str) -> None:
    for module_id in modules.module_ids(folder):
        silent = [name for name, one in functions_of(module_id).items() if not one.get("doc")]
        assert silent == [], module_id
