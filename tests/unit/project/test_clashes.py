"""Outputs that would replace something: refused, whatever way the path is written."""

from pathlib import Path

import pytest

from x07bundle.errors import UsageError
from x07bundle.project.clashes import refuse_clashes, refuse_within

OVERWRITTEN = "would be overwritten"
BOTH = "cannot be both a file and a folder"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`x07.json`, a link to it, `src/app.x07.json`, an empty folder `dist`; the current folder."""
    (tmp_path / "src").mkdir()
    (tmp_path / "dist").mkdir()
    (tmp_path / "x07.json").write_text("{}")
    (tmp_path / "src/app.x07.json").write_text("{}")
    (tmp_path / "link").symlink_to("x07.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        (["x07.json"], OVERWRITTEN),
        (["src/../x07.json"], OVERWRITTEN),
        (["src/app.x07.json"], OVERWRITTEN),
        (["link"], OVERWRITTEN),
        (["dist/a", "src/../dist/a"], OVERWRITTEN),
        (["dist/a", "dist/a/report.json"], BOTH),
        (["dist/a/report.json", "dist/a"], BOTH),
    ],
)
def test_refused(outputs: list[str], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        refuse_clashes(map(Path, outputs), [Path("link"), None])


def test_where_a_link_leads_is_an_input_too(folder: Path) -> None:
    with pytest.raises(UsageError, match=OVERWRITTEN):
        refuse_clashes([folder / "x07.json"], [Path("link")])


def test_places_of_their_own_are_fine() -> None:
    refuse_clashes([Path("dist/a"), Path("dist/ab"), Path("src/new.x07.json")], [Path("x07.json")])


def test_a_link_to_itself_is_left_to_whoever_writes(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    refuse_clashes([folder / "loop/a"], [folder / "loop"])


def test_a_folder_that_is_replaced_holds_no_input(folder: Path) -> None:
    (folder / "app.vm").mkdir()
    (folder / "app.vm/key").write_text("")
    (folder / "elsewhere").symlink_to("app.vm/key")
    for name in ("app.vm", "app.vm/key", "app.vm/deep/key", "elsewhere"):
        with pytest.raises(UsageError, match=r"`app\.vm` would be replaced"):
            refuse_within(Path("app.vm"), [None, Path(name)])
    refuse_within(Path("app.vm"), [None, Path("app.vmx"), Path("link"), Path()])
