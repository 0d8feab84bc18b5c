"""The frozen toolchain: the same bytes wherever it is frozen, and the same tool as in Python."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from tests import bundling, freezing
from tests.program_build import ROOT
from tests.unit.cli.commands import x07
from x07bundle import assets
from x07bundle.cli.main import SUBCOMMANDS
from x07bundle.contract import toolchain as contract
from x07bundle.files import sha256_file

DEADLINE_SECONDS: Final = 300
GUEST_COMMANDS: Final = [name for name in SUBCOMMANDS if name != "image"]


def freeze(out: Path, checkout: Path = ROOT, umask: int = 0o022, **variables: str) -> Path:
    """Of what is in `checkout`."""
    words = ("x07bundle.cli.main", "image", "toolchain", "--out", str(out))
    said = json.loads(
        freezing.frozen(*words, folder=out.parent, checkout=checkout, umask=umask, **variables)
    )
    assert said == json.loads((out / contract.PLACE).read_bytes())
    return out


@pytest.fixture(scope="module")
def toolchain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return freeze(tmp_path_factory.mktemp("frozen") / "toolchain")


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a cache in which the runtime is the one that is frozen."""
    return {"X07_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return freezing.copied(tmp_path)


def frozen(
    toolchain: Path, *words: str, folder: Path, program: str = "x07", **variables: str
) -> subprocess.CompletedProcess[str]:
    """The frozen tool, with no Python to be found."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        (str(toolchain / "usr/local/bin" / program), *words),
        cwd=folder,
        env={**kept, "PYTHONHOME": "/nonexistent", "X07_CACHE_DIR": str(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def listing(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything below a folder: kind and mode, time, and bytes or target."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted((root, *root.rglob("*"))):
        status = path.lstat()
        facts: str | Path = ""
        if path.is_symlink():
            facts = path.readlink()
        elif path.is_file():
            facts = sha256_file(path)
        found[str(path.relative_to(root))] = (status.st_mode, status.st_mtime, facts)
    return found


def test_the_same_from_another_folder_and_umask(toolchain: Path, copied: Path) -> None:
    """Without compiled modules, with another home, another zone and other hashes, too."""
    home = copied.parent / "home"
    home.mkdir()
    again = copied.parent / "again"
    freeze(again, copied, 0o077, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7", HOME=str(home))
    assert listing(again) == listing(toolchain)
    assert not list(home.iterdir())


def test_what_it_says_of_itself(toolchain: Path) -> None:
    said = (toolchain / contract.PLACE).read_bytes()
    schema = assets.PACKAGE / "schemas" / f"{contract.SCHEMA}.schema.json"
    jsonschema.validate(json.loads(said), json.loads(schema.read_bytes()))
    found = contract.read(said, "it")
    pinned = {name.removeprefix("x07bundle/std/") for name in found.std}
    std = assets.PACKAGE / "std"
    assert pinned == {str(file.relative_to(std)) for file in std.rglob("*.x07.json")}
    for name, digest in found.std.items():
        assert sha256_file(toolchain / contract.FOLDER / name) == digest
    names = {component.name for component in found.components}
    assert {"x07bundle", "python", "click", "jinja2", "markupsafe", "pyinstaller"} <= names


@pytest.mark.parametrize("command", GUEST_COMMANDS)
def test_every_command_is_there(toolchain: Path, command: str, tmp_path: Path) -> None:
    ours = frozen(toolchain, command, "--help", folder=tmp_path)
    assert (ours.returncode, ours.stderr) == (0, "")
    assert ours.stdout == x07(command, "--help", folder=tmp_path).stdout


def test_what_no_guest_needs_says_so(toolchain: Path, tmp_path: Path) -> None:
    done = frozen(toolchain, "image", "build", "--out", "a", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "`x07 image` is not in this build" in done.stderr
    assert not (tmp_path / "a").exists()


def test_no_vm_bundle_in_a_guest(toolchain: Path, tmp_path: Path) -> None:
    assert frozen(toolchain, "init", "--template", "fs-tool", folder=tmp_path).returncode == 0
    done = frozen(toolchain, "bundle", "--profile", "sandbox", "--out", "a", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "makes no VM bundles" in done.stderr
    assert not (tmp_path / "a").exists()


def test_no_index_of_the_network(toolchain: Path, tmp_path: Path) -> None:
    words = ("pkg", "versions", "ext-none", "--index", "sparse+https://127.0.0.1:1/index/")
    done = frozen(toolchain, *words, folder=tmp_path)
    assert done.returncode == 20
    assert "has no TLS" in done.stdout + done.stderr


def test_it_compiles_runs_and_bundles(
    toolchain: Path, own_cache: dict[str, str], tmp_path: Path
) -> None:
    """From a folder of any name."""
    moved = tmp_path / "tool chain é"
    shutil.copytree(toolchain, moved, symlinks=True)
    assert frozen(moved, "init", folder=tmp_path).returncode == 0
    assert solved(moved, tmp_path, b"hello", **own_cache) == b"hello"
    bundled = frozen(moved, "bundle", "--profile", "os", "--out", "a", folder=tmp_path, **own_cache)
    assert bundled.returncode == 0, bundled.stderr
    assert b"--alpha" in subprocess.run([tmp_path / "a", "--alpha"], stdout=subprocess.PIPE).stdout


@pytest.mark.parametrize(
    ("name", "value"), [("PLAIN", b"told"), ("LD_LIBRARY_PATH", b""), ("_PYI_ARCHIVE_FILE", b"")]
)
def test_programs_see_what_the_user_set(
    toolchain: Path, own_cache: dict[str, str], name: str, value: bytes, tmp_path: Path
) -> None:
    """A frozen program starts itself again, with libraries and variables of its own."""
    folder = bundling.write_project(tmp_path / "demo", ["os.env.get", ["view.to_bytes", "input"]])
    assert frozen(toolchain, "pkg", "lock", folder=folder).returncode == 0
    assert solved(toolchain, folder, name.encode(), PLAIN="told", **own_cache) == value


def solved(toolchain: Path, folder: Path, given: bytes, **variables: str) -> bytes:
    """What the program of the project in a folder makes of its input."""
    (folder / "in.bin").write_bytes(given)
    words = ("--project", "x07.json", "--input", "in.bin")
    done = frozen(toolchain, *words, folder=folder, program="x07-os-runner", **variables)
    assert done.returncode == 0, done.stderr + done.stdout
    return base64.b64decode(json.loads(done.stdout)["solve"]["solve_output_b64"])


def test_another_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("mine")
    done = x07("image", "toolchain", "--out", "mine", folder=tmp_path)
    assert done.returncode == 2
    assert "is there and is no toolchain" in done.stderr or "is missing, which" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]
