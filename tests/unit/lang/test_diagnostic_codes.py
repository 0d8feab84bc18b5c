"""`docs/reference/diagnostics.md` has the codes that the sources have, and no other."""

import ast
import re
from pathlib import Path

import x07bundle

PACKAGE = Path(x07bundle.__file__).parent
PAGE = PACKAGE.parent / "docs/reference/diagnostics.md"
CODE = r"X07(?:-[A-Z0-9]+)+-\d{4}|E_BRAND_[A-Z_]+"


def codes_of_sources() -> set[str]:
    texts = {
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.fullmatch(CODE, text)}


def test_the_page_has_every_code() -> None:
    page = PAGE.read_text("utf-8")
    assert set(re.findall(CODE, page)) == codes_of_sources()


def test_each_code_has_one_row() -> None:
    rows = re.findall(rf"^\| `({CODE})` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len(set(rows)) > 60
