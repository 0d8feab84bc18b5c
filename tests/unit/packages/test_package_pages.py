"""The pages of packages (docs/reference/packages): a row for each exported function."""

import re
from typing import Final

import pytest

from tests.program_build import ROOT
from tests.unit.packages.test_package_calls import NAMES
from tests.unit.std.calls import Json, functions_of
from x07bundle import packages
from x07bundle.project.packages import package

PAGES: Final = ROOT / "docs/reference/packages"


@pytest.mark.parametrize("name", [*NAMES, "ext-url-rs"])
def test_the_page_says_what_the_modules_say(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    release = packages.versions(name)[-1]
    modules = package.load(release.folder).modules
    wanted = [row(each) for one in modules for each in functions_of(one).values()]
    found = [line for line in page.splitlines() if re.match(r"\| `\w+\(", line)]
    assert found == wanted
    assert f"# {name} {release.version}\n" in page


def row(function: Json) -> str:
    short = function["name"].rpartition(".")[2]
    params = ", ".join(f"{each['name']} {each['ty']}" for each in function["params"])
    said = function["doc"].replace("|", "\\|")
    return f"| `{short}({params})` | {function['result']} | {said} |"
