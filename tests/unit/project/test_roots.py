"""Module roots that are not there."""

from pathlib import Path

from tests.unit.project.projects import load_with
from x07bundle.project.roots import missing_roots


def test_roots_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    assert missing_roots(load_with(tmp_path)) == ()
    assert missing_roots(None) == ()


def test_each_is_named_where_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "file").touch()
    roots = ["src", "src", " libs ", "file"]
    one, two = missing_roots(load_with(tmp_path, module_roots=roots))
    assert (one.code, one.severity, one.at) == ("X07-PROJECT-0001", "warning", "/module_roots/2")
    assert one.message.startswith("the module root ` libs ` does not exist")
    assert one.file == str(tmp_path / "x07.json")
    assert (two.at, two.message.split(":")[0]) == (
        "/module_roots/3", "the module root `file` is a file",
    )  # fmt: skip
