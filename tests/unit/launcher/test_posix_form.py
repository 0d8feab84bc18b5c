"""The form of a bundle's executable that macOS has, on Linux: it says and does what the other says.

It is compiled with the C library of this machine, and with what looks for errors of memory.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.program_build import SANITIZERS, WARNINGS, compiler
from tests.unit.launcher import small_bundle
from tests.unit.launcher.small_bundle import SmallBundle
from x07bundle.contract import launcher_trailer
from x07bundle.host import read as read_host
from x07bundle.native import launcher_stub, launcher_within
from x07bundle.native.launcher_within import CARRIED, PROGRAM
from x07bundle.native.toolchain import open_toolchain

COMPILERS: Final = {
    "gcc": ("gcc", *WARNINGS, "-Wpedantic", "-O2"),
    "clang": ("clang", *WARNINGS, "-Wpedantic", "-O2"),
    "sanitized": ("gcc", "-std=c11", "-O1", *SANITIZERS),
}
CONTENTS: Final = ("manifest.json", "policy.json", "payload", "runtime/launcher")


class Started(NamedTuple):
    """`variables`: those that the launcher proper has; empty where it was not started."""

    status: int
    stdout: bytes
    stderr: bytes
    variables: bytes


class Forms(NamedTuple):
    """A bundle, and executables of both forms that have the same trailer."""

    bundle: SmallBundle
    behind: bytes
    within: bytes

    @property
    def sidecar(self) -> Path:
        return self.bundle.folder / "app.vm"

    def started(self, form: bytes, *arguments: str, **variables: str) -> Started:
        app = self.bundle.app
        noted = app.with_name("app.environment")
        noted.unlink(missing_ok=True)
        app.write_bytes(form)
        done = subprocess.run(
            (app, *arguments),
            env=self.bundle.env(**variables),
            cwd=self.bundle.work,
            capture_output=True,
        )
        found = noted.read_bytes() if noted.exists() else b""
        return Started(done.returncode, done.stdout, done.stderr, found)


@pytest.fixture(scope="session", params=COMPILERS)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, x07_cache: Path
) -> tuple[bytes, bytes]:
    """Both forms, for the bundle that `small_bundle` makes, whose contents are always the same."""
    words = COMPILERS[request.param]
    if shutil.which(words[0]) is None:
        pytest.skip(f"no {words[0]} here")
    folder = tmp_path_factory.mktemp("form")
    env = {**os.environ, "X07_CACHE_DIR": str(x07_cache)}
    machine = read_host().arch
    program = launcher_stub.program(open_toolchain(env), "launcher", machine)
    bundle = small_bundle.make(folder / "bundle", program)
    behind = bundle.app.read_bytes()
    launcher_within.write_sources(folder, launcher_trailer.carried(behind, "app"))
    command = (*words, *PROGRAM, CARRIED, "-o", "program")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return behind, (folder / "program").read_bytes()


@pytest.fixture
def forms(made: tuple[bytes, bytes], tmp_path: Path) -> Forms:
    return Forms(small_bundle.make(tmp_path / "b", b""), *made)


def assert_same(forms: Forms, status: int, said: str = "") -> None:
    within, behind = (
        forms.started(forms.within, "a", "b c"),
        forms.started(forms.behind, "a", "b c"),
    )
    assert within == behind
    assert within.status == status
    assert said.encode() in within.stderr


def test_a_bundle_that_is_whole(forms: Forms) -> None:
    """The launcher proper gets the same variables and arguments, none as the caller named it."""
    given = {"DYLD_INSERT_LIBRARIES": "/x", "LANG": "C"}
    found = forms.started(forms.within, "a", "b c", **given)
    assert found[:3] == (0, b"decide a b c\n", b"")
    names = {line.partition(b"=")[0] for line in found.variables.splitlines()}
    assert {b"\xc4YLD_INSERT_LIBRARIES", b"\xccANG", b"LC_ALL"} <= names
    assert not {b"DYLD_INSERT_LIBRARIES", b"LANG"} & names
    assert found == forms.started(forms.behind, "a", "b c", **given)


@pytest.mark.parametrize("name", CONTENTS)
def test_one_bit(forms: Forms, name: str) -> None:
    place = forms.sidecar / name
    data = place.read_bytes()
    for at in range(0, len(data), max(1, len(data) // 5)):
        place.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert_same(forms, 125, f"app.vm/{name}` is not what the bundle was made with")
    place.write_bytes(data)
    assert_same(forms, 0)


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("change", ["longer", "shorter", "empty"])
def test_another_length(forms: Forms, name: str, change: str) -> None:
    place = forms.sidecar / name
    data = place.read_bytes()
    place.write_bytes({"longer": data + b"\n", "shorter": data[:-1], "empty": b""}[change])
    assert_same(forms, 125, f"app.vm/{name}` is not what the bundle was made with")


def _link(place: Path) -> None:
    place.rename(place.parents[2] / "the same")
    place.symlink_to(place.parents[2] / "the same")


def _circle(place: Path) -> None:
    place.unlink()
    place.symlink_to(place)


def _folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


def _pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


INSTEAD: Final[dict[str, tuple[Callable[[Path], object], str]]] = {
    "nothing": (Path.unlink, "is missing, is a link, or cannot be read"),
    "a link": (_link, "is missing, is a link, or cannot be read"),
    "a link to itself": (_circle, "is missing, is a link, or cannot be read"),
    "a folder": (_folder, "is no file"),
    "a pipe": (_pipe, "is no file"),
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("instead", INSTEAD)
def test_something_in_the_place_of_a_file(forms: Forms, name: str, instead: str) -> None:
    change, said = INSTEAD[instead]
    change(forms.sidecar / name)
    assert_same(forms, 125, f"app.vm/{name}` {said}")


@pytest.mark.parametrize(
    "name", ["added", ".hidden", ".DS_Store", "runtime/libc.dylib", "manifest.json.sig", "größe"]
)
def test_a_file_that_is_added(forms: Forms, name: str) -> None:
    (forms.sidecar / name).write_bytes(b"")
    assert_same(forms, 125, f"app.vm/{name}` is not of this bundle: it was added")


def test_a_name_that_is_no_text(forms: Forms) -> None:
    Path(os.fsdecode(os.fsencode(forms.sidecar) + b"/a\xff\nb\x1b")).write_bytes(b"")
    assert_same(forms, 125, "is not of this bundle: it was added")


@pytest.mark.parametrize("name", ["runtime", ""])
@pytest.mark.parametrize("instead", ["nothing", "a link", "a file"])
def test_something_in_the_place_of_a_folder(forms: Forms, name: str, instead: str) -> None:
    place = forms.sidecar / name
    moved = forms.bundle.folder / "moved"
    place.rename(moved)
    if instead == "a link":
        place.symlink_to(moved)
    elif instead == "a file":
        place.write_bytes(b"")
    assert_same(forms, 125, "app.vm")


def test_a_launcher_that_cannot_be_executed(forms: Forms) -> None:
    (forms.sidecar / "runtime/launcher").chmod(0o644)
    assert_same(forms, 127, "runtime/launcher` cannot be executed")


def test_closed_streams(forms: Forms) -> None:
    """No file of the bundle gets the number of one."""
    results = []
    for form in (forms.within, forms.behind):
        forms.bundle.app.write_bytes(form)
        script = f'exec "{forms.bundle.app}" <&- >&- 2>&-'
        done = subprocess.run(("/bin/sh", "-c", script), env=forms.bundle.env())
        results.append(done.returncode)
    assert results == [0, 0]


def test_another_name_and_links_to_it(forms: Forms, tmp_path: Path) -> None:
    """The place is that of the file, links resolved."""
    said = []
    for form in (forms.within, forms.behind):
        folder = tmp_path / "größer als"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(forms.sidecar, folder / "ä b.vm")
        (folder / "ä b").write_bytes(form)
        (folder / "ä b").chmod(0o755)
        link = tmp_path / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(folder / "ä b")
        said.append(
            subprocess.run((link, "x"), env=forms.bundle.env(), capture_output=True, check=True)
        )
    assert said[0].stdout == said[1].stdout == b"decide x\n"


def test_a_path_that_is_no_text(forms: Forms, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    said = []
    for form in (forms.within, forms.behind):
        folder.mkdir(exist_ok=True)
        (folder / "app").write_bytes(form)
        (folder / "app").chmod(0o755)
        done = subprocess.run((folder / "app",), env={}, capture_output=True)
        said.append((done.returncode, done.stderr))
    assert said[0] == said[1]
    assert said[0][0] == 125
    assert b"is not UTF-8" in said[0][1]


def test_without_variables(forms: Forms) -> None:
    forms.bundle.app.write_bytes(forms.within)
    done = subprocess.run((forms.bundle.app,), env={}, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "damage", ["no text", "no line of files", "another first line", "a line that is cut"]
)
def test_a_text_that_is_not_whole(forms: Forms, tmp_path: Path, damage: str) -> None:
    text = launcher_trailer.carried(forms.behind, "app")
    lines = text.splitlines(keepends=True)
    texts = {
        "no text": b"",
        "no line of files": b"".join(lines[:3]),
        "another first line": b"x07.vm.launcher@0.2.0\n" + b"".join(lines[1:]),
        "a line that is cut": text[:-1],
    }
    launcher_within.write_sources(tmp_path, texts[damage])
    words = (compiler(), "-O1", *PROGRAM, CARRIED, "-o", "program")
    subprocess.run(words, cwd=tmp_path, check=True)
    found = forms.started((tmp_path / "program").read_bytes())
    behind = forms.behind[: -16 - len(text)] + texts[damage]
    foot = f"{len(texts[damage]):08x}".encode() + launcher_trailer.MARK
    assert found == forms.started(behind + foot)
    assert found.status == 125
