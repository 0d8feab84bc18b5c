"""What another machine needs to compile a program."""

from pathlib import Path

import pytest

from x07bundle.errors import X07Error
from x07bundle.project import portable


def put(folder: Path, path: str, text: str = "{}") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_the_entry_and_the_modules_of_each_root(tmp_path: Path) -> None:
    entry = put(tmp_path, "app/main.x07.json", "entry")
    put(tmp_path, "src/a/b.x07.json", "b")
    put(tmp_path, "src/notes.txt", "not a module")
    put(tmp_path, "src/.git/c.x07.json", "history")
    put(tmp_path, "lib/d.x07.json", "d")
    found = portable.collect(entry, (tmp_path / "src", tmp_path / "lib"))
    assert found.roots == ("module_roots/0", "module_roots/1")
    assert found.contents == {
        "module_roots/0/a/b.x07.json": b"b",
        "module_roots/1/d.x07.json": b"d",
        "program/main.x07.json": b"entry",
    }


def test_a_package_comes_with_its_c_code(tmp_path: Path) -> None:
    entry = put(tmp_path, "main.x07.json")
    put(tmp_path, "deps/p/x07-package.json", "package")
    put(tmp_path, "deps/p/modules/p.x07.json", "p")
    put(tmp_path, "deps/p/ffi/p.c", "c")
    found = portable.collect(entry, (tmp_path / "deps/p/modules",))
    assert found.roots == ("module_roots/0/modules",)
    assert found.contents["module_roots/0/ffi/p.c"] == b"c"
    assert found.contents["module_roots/0/x07-package.json"] == b"package"


def test_the_digest_is_of_names_roots_and_bytes_alone(tmp_path: Path) -> None:
    def digest(name: str, module: str, text: str) -> str:
        entry = put(tmp_path / name, "main.x07.json")
        put(tmp_path / name, f"src/{module}.x07.json", text)
        return portable.collect(entry, (tmp_path / name / "src",)).digest

    assert digest("one", "a", "x") == digest("two", "a", "x")
    assert len({digest("one", "a", "x"), digest("three", "a", "y"), digest("four", "b", "x")}) == 3


def test_a_root_around_everything_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = put(tmp_path, "main.x07.json")
    for number in range(5):
        put(tmp_path, f"src/m{number}.x07.json")
    monkeypatch.setattr(portable, "MOST_FILES", 5)
    with pytest.raises(X07Error, match="more than 5 files") as refused:
        portable.collect(entry, (tmp_path / "src",))
    assert "module_roots" in (refused.value.hint or "")


def test_it_is_written_as_it_was_read(tmp_path: Path) -> None:
    entry = put(tmp_path, "main.x07.json", "entry")
    put(tmp_path, "src/a.x07.json", "a")
    found = portable.collect(entry, (tmp_path / "src",))
    portable.write(found, tmp_path / "in")
    assert portable.collect(tmp_path / "in" / portable.ENTRY, (tmp_path / "in/module_roots/0",))
    assert (tmp_path / "in/module_roots/0/a.x07.json").read_text() == "a"
