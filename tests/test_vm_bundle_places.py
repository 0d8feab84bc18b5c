"""Where a VM bundle may be, what it may be called, and who may start it."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests import vm_bundles
from tests.vm_bundles import Bench, MakeBench
from x07bundle.bundle.sidecar import folder_of


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench()


def test_through_a_link(bench: Bench) -> None:
    link = bench.folder / "link"
    link.symlink_to("app")
    (bench.folder / "bin").mkdir()
    (bench.folder / "bin/other").symlink_to(link)
    assert bench.start("say", "x", app=bench.folder / "bin/other").stdout == b"x"


@pytest.mark.parametrize("name", ["other", "with space", "größe ☃", "a'b\"c", "x" * 240])
def test_renamed_together(bench: Bench, name: str) -> None:
    place = bench.folder / "an other" / name
    vm_bundles.move(bench.app, place)
    assert bench.start("say", "x", app=place).stdout == b"x"


@pytest.mark.parametrize(
    "name", [b"\xff", b"a\xc3", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc1\xbf"]
)
def test_a_path_that_is_no_text(bench: Bench, name: bytes) -> None:
    app = Path(os.fsdecode(os.fsencode(bench.folder) + b"/" + name + b"/app"))
    vm_bundles.move(bench.app, app)
    done = bench.start(app=app)
    assert (done.returncode, done.stdout) == (125, b"")
    assert b", is not UTF-8\nhint: move the bundle" in done.stderr
    assert bench.docker.asked == []


@pytest.mark.parametrize(
    "name", ["\x7f\u0080\u07ff\u0800", "\ud7ff\ue000\uffff", "\U00010000\U0010ffff"]
)
def test_a_path_of_any_letters(bench: Bench, name: str) -> None:
    vm_bundles.move(bench.app, bench.folder / name / "app")
    assert bench.start("say", "x", app=bench.folder / name / "app").stdout == b"x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_an_executable_that_cannot_be_read(x07_cache: Path) -> None:
    with TemporaryDirectory(prefix="x07-") as folder:  # where another user gets to
        Path(folder).chmod(0o755)
        bench = vm_bundles.bench(Path(folder) / "bench", x07_cache)
        bench.make().chmod(0o711)
        done = subprocess.run(
            (bench.app,), env=bench.env(), capture_output=True, check=False, user=65534, group=65534
        )
    assert done.returncode == 125
    assert b"app` cannot be read\nhint: whoever starts it" in done.stderr


def test_halves_that_do_not_belong_together(bench: Bench) -> None:
    other = bench.make(bench.folder / "other", limits__wall_ms=1000)
    shutil.rmtree(folder_of(bench.app))
    folder_of(other).rename(folder_of(bench.app))
    done = bench.start()
    assert done.returncode == 125
    assert b"manifest.json` is not what the bundle was made with" in done.stderr
    assert bench.docker.asked == []


def test_an_executable_alone(bench: Bench) -> None:
    shutil.rmtree(folder_of(bench.app))
    done = bench.start()
    assert done.returncode == 125
    assert b"app.vm` is missing" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        b"hint: a bundle is an executable and the folder beside it"
    )


def test_another_user_and_a_folder_that_cannot_be_written(x07_cache: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("another user takes root")
    with TemporaryDirectory(dir="/tmp") as open_to_all:
        Path(open_to_all).chmod(0o755)
        bench = vm_bundles.bench(Path(open_to_all) / "bench", x07_cache)
        bench.make()
        home = Path(open_to_all) / "home"
        home.mkdir()
        os.chown(home, 65534, 65534)
        for path in (bench.folder, *bench.folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444)
        done = subprocess.run(
            (bench.app, "say", "well"),
            env={**bench.env(HOME=str(home)), "X07_VM_STATE_DIR": ""},
            cwd=home,
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, b"well"), done.stderr


def test_a_temporary_folder_without_programs(bench: Bench) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounting takes root, and unshare")
    empty = bench.folder / "tmp"
    empty.mkdir()
    script = 'mount -t tmpfs -o ro,noexec tmpfs "$TMPDIR" && exec "$0" say well'
    path = f"{bench.docker.path}:{os.defpath}"
    done = subprocess.run(
        ("unshare", "-m", "/bin/sh", "-c", script, bench.app),
        env={**bench.env(PATH=path, TMPDIR=str(empty))},
        cwd=bench.folder,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"well"), done.stderr


def test_from_another_folder_by_a_relative_path(bench: Bench) -> None:
    done = subprocess.run(
        ("bench/app", "say", "x"),
        cwd=bench.folder.parent,
        env=bench.env(),
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"x"


def test_a_current_folder_that_was_removed(bench: Bench) -> None:
    script = f'/bin/mkdir gone && cd gone && /bin/rmdir ../gone && exec "{bench.app}" say x'
    done = subprocess.run(
        ("/bin/sh", "-c", script),
        cwd=bench.folder,
        env=bench.env(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 125
    assert done.stderr.startswith(b"error: the current folder is not there any more\n")
