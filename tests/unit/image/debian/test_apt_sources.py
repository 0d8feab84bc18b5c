"""Mirrors from apt's configuration, in both forms."""

from pathlib import Path

import pytest

from x07bundle.errors import X07Error
from x07bundle.image.debian import apt_sources


def configured(root: Path, **files: str) -> Path:
    """Names with `_` for `.`; `sources_list` is the file beside the folder."""
    folder = root / "etc/apt"
    (folder / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        place = folder if name == "sources_list" else folder / "sources.list.d"
        (place / name.replace("_", ".")).write_text(text)
    return root


def test_one_line_each(tmp_path: Path) -> None:
    text = """
# deb http://off.invalid/debian stable main
deb [arch=amd64 signed-by=/k.gpg] http://a.invalid/debian/ stable main contrib # why
deb-src http://source.invalid/debian stable main
deb   cdrom:[disk]/ stable main
deb http://flat.invalid/ ./
nonsense
"""
    root = configured(tmp_path, sources_list=text)
    assert apt_sources.mirrors(root, "stable", "main") == ("http://a.invalid/debian",)
    assert apt_sources.mirrors(root, "stable", "non-free") == ()


def test_paragraphs(tmp_path: Path) -> None:
    text = """# a comment
Types: deb deb-src
URIs: http://a.invalid/debian https://b.invalid/debian/
Suites: stable
 stable-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 x

Enabled: no
Types: deb
URIs: http://off.invalid/debian
Suites: stable
Components: main
"""
    root = configured(tmp_path, a_sources=text, b_list="deb file:///srv/debian stable main\n")
    both = ("http://a.invalid/debian", "https://b.invalid/debian")
    assert apt_sources.mirrors(root, "stable-updates", "main") == both
    assert apt_sources.mirrors(root, "stable", "main") == ("file:///srv/debian", *both)


def test_none(tmp_path: Path) -> None:
    assert apt_sources.read(tmp_path) == ()


def test_a_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    root = configured(tmp_path, a_sources="nonsense\n")
    with pytest.raises(X07Error, match=r"a\.sources`: line 1 is no field"):
        apt_sources.read(root)
