"""`x07 fmt`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.commands import x07

LOOSE = """{
  "schema_version": "x07.x07ast@0.8.0", "kind": "module", "module_id": "m",
  "imports": ["b", "a"], "decls": [], "junk": 1
}"""
FORMATTED = (
    '{"decls":[],"imports":["a","b"],"kind":"module","module_id":"m",'
    '"schema_version":"x07.x07ast@0.8.0"}\n'
)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_check(tmp_path: Path) -> None:
    put(tmp_path / "src/loose.x07.json", LOOSE)
    put(tmp_path / "src/good.x07.json", FORMATTED)
    done = x07("fmt", "--check", "src", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "file is not formatted: src/loose.x07.json\n"
    assert (tmp_path / "src/loose.x07.json").read_text() == LOOSE


def test_write(tmp_path: Path) -> None:
    file = put(tmp_path / "a.x07.json", LOOSE)
    file.chmod(0o640)
    done = x07("fmt", "--write", "--input", "a.x07.json", "a.x07.json", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert file.read_text() == FORMATTED
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["a.x07.json"]
    assert x07("fmt", "--check", ".", folder=tmp_path).returncode == 0


def test_pretty(tmp_path: Path) -> None:
    file = put(tmp_path / "a.x07.json", LOOSE)
    assert x07("fmt", "--write", "--pretty", "a.x07.json", folder=tmp_path).returncode == 0
    assert file.read_text() == json.dumps(json.loads(FORMATTED), indent=2) + "\n"
    assert x07("fmt", "--check", "--pretty", ".", folder=tmp_path).returncode == 0
    assert x07("fmt", "--check", ".", folder=tmp_path).returncode == 1


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file = put(tmp_path / "a.x07.json", LOOSE)
    link = tmp_path / "b.x07.json"
    link.symlink_to(file)
    assert x07("fmt", "--write", "b.x07.json", folder=tmp_path).returncode == 0
    assert link.is_symlink()
    assert file.read_text() == FORMATTED


def test_files_with_errors_are_left_alone_and_the_others_written(tmp_path: Path) -> None:
    put(tmp_path / "a.x07.json", "{")
    put(tmp_path / "b.x07.json", FORMATTED.replace("module", "modul"))
    good = put(tmp_path / "c.x07.json", LOOSE)
    done = x07("fmt", "--write", ".", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a.x07.json" in done.stderr
    assert "b.x07.json" in done.stderr
    assert done.stderr.endswith("3 errors\n")
    assert good.read_text() == FORMATTED
    assert (tmp_path / "a.x07.json").read_text() == "{"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["a"], "give one of --check and --write"),
        (["--check", "--write", "a"], "give one of --check and --write"),
        (["--check"], "no file to format"),
        (["--check", "a"], "there is no file or folder `a`"),
    ],
)
def test_usage(tmp_path: Path, arguments: list[str], text: str) -> None:
    done = x07("fmt", *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: {text}" in done.stderr
