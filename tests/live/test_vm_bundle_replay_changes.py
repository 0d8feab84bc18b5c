"""VM bundles whose start is almost as one before, on real engines: what is otherwise has its effect
as at a first start, or is refused in words."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import vm_bundles
from tests.live import replayed, scripted, vm_engines
from tests.live.guest_tool import Tool, without_notes
from tests.live.replayed import Replayed
from x07bundle.bundle import sidecar
from x07bundle.bundle.sidecar import Guest
from x07bundle.native.cache import Cache
from x07bundle.vm import images

pytestmark = pytest.mark.live

STATUS: Final = 5
PAYLOAD: Final = f"""
#include <stdio.h>
#include <unistd.h>
int main(void)
{{
    puts(access("{vm_engines.PROGRAM}", F_OK) == 0 ? "its own" : "another");
    return {STATUS};
}}
"""
SMALL_DISK: Final = "512k"
Done = subprocess.CompletedProcess[bytes]


# -- the image


@pytest.fixture
def small(tool: Tool, tmp_path: Path) -> Iterator[Replayed]:
    """One that has its image embedded, which no other test needs."""
    archive = vm_engines.archive(tmp_path)
    backend = tool.engine.backend
    images.load(backend, archive)
    image = images.resolve(backend, vm_engines.REFERENCE)
    content = vm_bundles.content(vm_bundles.runtime(Cache(tool.cache).folder))
    named = Guest(
        vm_engines.REFERENCE, image.digest.kind, scripted.digests(tool, image), archive=archive
    )
    app = tmp_path / "app"
    content = content._replace(backend=backend.name, guest=named, payload=program(tmp_path))
    sidecar.write(app, content)
    found = Replayed(tool, app)
    assert shown(found.start()) == (STATUS, b"its own\n")
    yield found
    forget(tool, found)


def program(folder: Path) -> bytes:
    (folder / "payload.c").write_text(PAYLOAD)
    subprocess.run(["gcc", "-static", "-o", "payload", "payload.c"], cwd=folder, check=True)
    return (folder / "payload").read_bytes()


def shown(done: Done) -> tuple[int, bytes]:
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout


def forget(tool: Tool, small: Replayed) -> None:
    """The engine loses the image."""
    engine = tool.engine
    if engine.name == "firecracker-ctr":
        names = [line.split()[0] for line in engine("images", "ls").splitlines()[1:]]
        mine = [name for name in names if "x07.test/guest" in name or pinned(small) in name]
        engine("images", "rm", "--sync", *mine)
    else:
        engine("image", "rm", "--force", pinned(small))


def pinned(small: Replayed) -> str:
    document = (sidecar.folder_of(small.app) / "manifest.json").read_text()
    return next(word for word in document.split('"') if word.startswith("sha256:"))


def test_an_image_that_was_lost(tool: Tool, small: Replayed) -> None:
    assert shown(small.again()) == (STATUS, b"its own\n")
    forget(tool, small)
    done = small.start()
    assert shown(done) == (STATUS, b"its own\n")
    assert b"loading the guest image" in done.stderr
    assert shown(small.again()) == (STATUS, b"its own\n")
    assert small.what_stays() == []


def test_a_name_that_leads_elsewhere(tool: Tool, small: Replayed) -> None:
    """The pinned image runs, or none."""
    engine = tool.engine
    if engine.name == "firecracker-ctr":
        names = [line.split()[0] for line in engine("images", "ls", "-q").splitlines()]
        (other,) = [name for name in names if tool.reference in name]
        for name in names:
            if pinned(small) in name or vm_engines.REFERENCE in name:
                engine("images", "tag", "--force", other, name)
    else:
        engine("tag", tool.reference, vm_engines.REFERENCE)
    done = small.start()
    assert shown(done) in ((STATUS, b"its own\n"), (125, b""), (127, b"")), done.stderr
    assert small.what_stays() == []


# -- folders and variables, which no engine has a part in


@pytest.fixture
def app(tool: Tool, tmp_path: Path) -> Replayed:
    """A bundle that was started without the variable that it is granted."""
    if tool.engine.name != "docker":
        pytest.skip("seen with docker")
    return replayed.started(tool, tmp_path, env__enabled=True, env__allow_keys=["GIVEN"])


def _link_out(app: Replayed) -> None:
    (app.folder / "out").rename(app.folder / "elsewhere")
    (app.folder / "out").symlink_to("elsewhere")


def _link_to_temporary(app: Replayed) -> None:
    shutil.rmtree(app.folder / "out")
    (app.folder / "out").symlink_to("/tmp")


def _own_folder(app: Replayed) -> None:
    (app.folder / ".x07").mkdir()
    (app.folder / ".x07/secret").write_text("x")


def _no_root(app: Replayed) -> None:
    shutil.rmtree(app.folder / "out")


CHANGES: Final[dict[str, Callable[[Replayed], object]]] = {
    "a root is a link": _link_out,
    "a root is a link to elsewhere": _link_to_temporary,
    "a root is missing": _no_root,
    "a folder of ours": _own_folder,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_as_at_a_first_start(app: Replayed, change: str) -> None:
    CHANGES[change](app)
    second = app.start("show")
    app.record.unlink(missing_ok=True)
    first = app.start("show")
    assert (second.returncode, second.stdout) == (first.returncode, first.stdout)
    assert second.stderr == first.stderr
    assert b"secret" not in second.stdout
    assert app.what_stays() == []


def test_another_folder(app: Replayed, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "given").write_text("another ")
    done = app.start("show", folder=elsewhere)
    assert done.stdout.startswith(b"another nothing"), done.stderr
    assert (elsewhere / "out/made").exists()
    assert not (app.folder / "out/made").exists()


def test_variables(app: Replayed) -> None:
    """A name that appears is decided; its next value is not."""
    before = app.decisions()
    assert app.start("show", more={"GIVEN": "one"}).stdout.startswith(b"given one")
    assert app.decisions() != before
    done = app.again("show", more={"GIVEN": "two words\nand a line"})
    assert done.stdout.startswith(b"given two words\nand a line")
    before = app.decisions()
    assert app.start("show").stdout.startswith(b"given nothing")
    assert app.decisions() != before
    done = app.start("show", more={"X07_VM_BACKEND": "nonsense"})
    assert (done.returncode, done.stdout) == (126, b""), done.stderr
    assert b"nonsense" in done.stderr


# -- the state folder


@pytest.fixture
def disk(app: Replayed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """One whose jobs are on a small disk of their own."""
    root = tmp_path_factory.mktemp("disk")
    mount("-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0700", "x07-test", str(root))
    try:
        found = Replayed(app.tool._replace(state=root / "jobs"), app.app)
        assert found.start("say", "0").returncode == 0
        assert found.again("say", "3").returncode == 3
        yield found
    finally:
        subprocess.run(("umount", "--lazy", str(root)), check=True)


def mount(*words: str) -> None:
    done = subprocess.run(("mount", *words), capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode()}")


def refused(app: Replayed) -> bytes:
    """What a start says that cannot be."""
    done = app.start("say", "3")
    assert (done.returncode, done.stdout) == (127, b""), done.stderr
    assert without_notes(done.stderr).startswith(b"error: ")
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr
    return done.stderr


def test_a_full_disk(disk: Replayed) -> None:
    with (disk.tool.state / ".filler").open("wb", buffering=0) as stream:
        while True:
            try:
                stream.write(bytes(4096))
            except OSError:
                break
    assert b"no space left on device" in refused(disk).lower()
    assert disk.what_stays() == []
    os.truncate(disk.tool.state / ".filler", 0)
    assert disk.again("say", "3").returncode == 3


def test_a_disk_that_is_not_written(disk: Replayed) -> None:
    root = str(disk.tool.state.parent)
    mount("-o", "remount,ro", root)
    try:
        said = refused(disk)
        assert b"read-only file system" in said.lower()
        assert said.endswith(b"hint: set X07_VM_STATE_DIR to a folder that you can write\n")
        assert disk.what_stays() == []
    finally:
        mount("-o", "remount,rw", root)
    assert disk.again("say", "3").returncode == 3


def test_a_state_that_was_removed(disk: Replayed) -> None:
    shutil.rmtree(disk.tool.state)
    (disk.tool.state.parent / "runner_instance").unlink()
    assert disk.start("say", "3").returncode == 3
    assert disk.again("say", "4").returncode == 4
    assert disk.what_stays() == []
