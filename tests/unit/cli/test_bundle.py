"""`x07 bundle`: what its help says."""

import re
from pathlib import Path

from tests.unit.cli.commands import CHECKOUT, x07


def test_help_names_the_exit_codes_of_the_reference(tmp_path: Path) -> None:
    """But for those of signals, which are every command's."""
    page = (CHECKOUT / "docs/reference/bundle.md").read_text()
    table = page.partition("## Exit codes")[2].partition("##")[0]
    codes = re.findall(r"^\| (\d+) \|", table, re.M)
    assert codes == ["0", "1", "2", "3", "125", "126", "127"]
    said = x07("bundle", "--help", folder=tmp_path).stdout.partition("Options:")[0]
    assert [code for code in codes if not re.search(rf"\b{code}\b", said)] == []
