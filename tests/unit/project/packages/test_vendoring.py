"""A package's folder: whole or not there, whatever happens while it is made."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.commands import environment
from tests.unit.project.packages.sources import code_of, write_package
from x07bundle.errors import OutputError
from x07bundle.files import beside
from x07bundle.project.manifest import Dependency
from x07bundle.project.packages import tar
from x07bundle.project.packages.archive import pack
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.supply import accept
from x07bundle.project.packages.vendoring import vendor

DEPENDENCY = Dependency("a", "1.0.0", ".x07/deps/a/1.0.0")


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    return pack(write_package(tmp_path / "source", "a", "1.0.0"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "deps/a/1.0.0"


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_package(archive: bytes, place: Path) -> None:
    vendor(archive, DEPENDENCY, place, accept)
    assert below(place) == ["modules", "modules/a.x07.json", "x07-package.json"]
    assert below(place.parent)[0] == "1.0.0"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "X07PKG_MANIFEST_PARSE"),
        ({"x07-package.json": b"{}"}, "X07PKG_MANIFEST_PARSE"),
        ({"other": b""}, "X07PKG_MANIFEST_PARSE"),
        ({"../x": b""}, "X07PKG_DOWNLOAD_FAILED"),
    ],
)
def test_other_archives(place: Path, files: dict[str, bytes], code: str) -> None:
    data = tar.write(files)
    assert code_of(lambda: vendor(data, DEPENDENCY, place, accept)) == code
    assert not place.parent.exists()


def test_what_is_said_of_other_archives(place: Path) -> None:
    with pytest.raises(PackageError) as caught:
        vendor(tar.write({"../x": b""}), DEPENDENCY, place, accept)
    assert "hint: nothing of it was used" in caught.value.render()


def test_c_code_that_is_not_there(tmp_path: Path, place: Path) -> None:
    source = write_package(tmp_path / "source", "a", "1.0.0", meta={"import_mode": "ffi"})
    (source / "ffi/deeper").mkdir(parents=True)
    (source / "ffi/deeper/a.c").write_text("")
    (source / "ffi/a.h").write_text("")
    data = pack(source)
    with pytest.raises(PackageError, match="has no C files, and its `import_mode` is `ffi`"):
        vendor(data, DEPENDENCY, place, accept)
    (source / "ffi/a.c").write_text("")
    vendor(pack(source), DEPENDENCY, place, accept)


def test_nothing_else_is_unpacked(tmp_path: Path, place: Path) -> None:
    """What is not locked could change without anyone seeing it."""
    source = write_package(tmp_path / "source", "a", "1.0.0", meta={"import_mode": "ffi"})
    files = {path: (source / path).read_bytes() for path in below(source) if "." in path}
    more = ("ffi/a.c", "ffi/inner/b.h", "other/c.h", "modules/b.x07.json", ".git/config")
    data = tar.write(files | dict.fromkeys(more, b""))
    vendor(data, DEPENDENCY, place, accept)
    found = [path for path in below(place) if (place / path).is_file()]
    assert found == ["ffi/a.c", "ffi/inner/b.h", "modules/a.x07.json", "x07-package.json"]


def test_an_archive_without_its_modules(tmp_path: Path, place: Path) -> None:
    folder = write_package(tmp_path / "source", "a", "1.0.0")
    data = tar.write({"x07-package.json": (folder / "x07-package.json").read_bytes()})
    with pytest.raises(PackageError, match="lacks modules that it names: a"):
        vendor(data, DEPENDENCY, place, accept)


def test_what_a_check_refuses(archive: bytes, place: Path) -> None:
    """The check sees all of it, and nothing of it stays."""
    seen: list[str] = []

    def refuse(folder: Path) -> None:
        seen.extend(below(folder))
        raise PackageError("X07PKG_LOCK_MISMATCH", "no")

    assert code_of(lambda: vendor(archive, DEPENDENCY, place, refuse)) == "X07PKG_LOCK_MISMATCH"
    assert "modules/a.x07.json" in seen
    assert below(place.parent) == []


def test_something_in_the_way(archive: bytes, place: Path) -> None:
    place.mkdir(parents=True)
    (place / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="something is there"):
        vendor(archive, DEPENDENCY, place, accept)
    assert below(place.parent) == ["1.0.0", "1.0.0/mine.txt"]
    (place / "mine.txt").unlink()
    vendor(archive, DEPENDENCY, place, accept)
    assert (place / "x07-package.json").is_file()


@pytest.mark.parametrize("target", ["nowhere", "/"])
def test_a_link_in_the_way(archive: bytes, place: Path, target: str) -> None:
    place.parent.mkdir(parents=True)
    place.symlink_to(target)
    with pytest.raises(OutputError, match="something is there"):
        vendor(archive, DEPENDENCY, place, accept)
    assert place.is_symlink()


def test_a_folder_that_cannot_be_written(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "deps").write_text("a file")
    with pytest.raises(OutputError, match="cannot write"):
        vendor(archive, DEPENDENCY, tmp_path / "deps/a/1.0.0", accept)


KILLED_WHILE_UNPACKED = """
import os, signal, sys
from pathlib import Path
from x07bundle.project.manifest import Dependency
from x07bundle.project.packages.vendoring import vendor
archive, place = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
die = lambda _: os.kill(os.getpid(), signal.SIGKILL)
vendor(archive, Dependency("a", "1.0.0", "p"), place, die)
"""


def test_killed_while_it_is_unpacked(archive: bytes, place: Path, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(archive)
    command = (sys.executable, "-c", KILLED_WHILE_UNPACKED, str(tmp_path / "archive"), str(place))
    done = subprocess.run(command, env=environment(), timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not place.exists()
    (left,) = place.parent.iterdir()
    assert left.name.startswith(".")
    vendor(archive, DEPENDENCY, place, accept)
    assert os.listdir(place.parent) == ["1.0.0"]  # noqa: PTH208  hidden names too


def test_only_what_was_staged_is_removed(archive: bytes, place: Path) -> None:
    kept, left = place.parent / ".mine.tmp", beside(place)
    for folder in (kept, left):
        folder.mkdir(parents=True)
    vendor(archive, DEPENDENCY, place, accept)
    assert kept.is_dir()
    assert not left.exists()
