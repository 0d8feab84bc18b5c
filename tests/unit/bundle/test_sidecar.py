"""A bundle is written whole, or not at all."""

import json
import os
from pathlib import Path
from typing import Final

import jsonschema
import pytest

from tests import vm_bundles
from tests.unit.contract.mach_o_files import carrying
from tests.unit.contract.manifests import SCHEMA
from x07bundle.bundle import sidecar
from x07bundle.bundle.sidecar import Runtime, Signer, folder_of
from x07bundle.contract import launcher_trailer, vm_manifest
from x07bundle.contract.launcher_trailer import PublicKey
from x07bundle.contract.vm_manifest import LauncherBuild
from x07bundle.errors import OutputError, RefusedError, X07Error
from x07bundle.files import sha256_bytes, sha256_file
from x07bundle.launcher import bundle as bundles
from x07bundle.launcher import verifying

KEY: Final = PublicKey("ed25519", b"\x30")


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    """In the place of the frozen one, which takes seconds to make."""
    folder = tmp_path / "frozen"
    (folder / "lib").mkdir(parents=True)
    (folder / "launcher").write_bytes(b"launcher")
    (folder / "lib/part.so").write_bytes(b"part")
    return Runtime(b"program", b"starter", folder, LauncherBuild("0.1.0", "linux-x86_64", "3.11"))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_written(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "dist" / "app"
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"image")
    signer = Signer(KEY, lambda data: b"signed " + data[:1])
    content = vm_bundles.content(runtime, archive=archive, signer=signer)
    written = sidecar.write(out, content)
    folder = folder_of(out)
    assert written.folder == folder == tmp_path / "dist/app.vm"
    files = ["guest.tar", "payload", "policy.json"]
    files += ["runtime/launcher", "runtime/lib/part.so", "runtime/starter"]
    assert names(folder) == sorted(["manifest.json", "manifest.json.sig", *files])
    manifest = vm_manifest.read((folder / "manifest.json").read_bytes(), "manifest.json")
    assert manifest == written.manifest
    assert manifest.files == {name: sha256_file(folder / name) for name in files}
    jsonschema.validate(json.loads((folder / "manifest.json").read_bytes()), SCHEMA)
    assert (folder / "manifest.json.sig").read_bytes() == b"signed {"
    assert written.folder_bytes == sum((folder / name).stat().st_size for name in names(folder))
    trailer = launcher_trailer.read(out.read_bytes(), "app")
    assert trailer.manifest == sha256_bytes((folder / "manifest.json").read_bytes())
    assert (trailer.files, trailer.key) == (manifest.files, KEY)
    assert written.executable_bytes == out.stat().st_size


def test_the_same_again(runtime: Runtime, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "other folder" / "second"
    for out in (first, second):
        sidecar.write(out, vm_bundles.content(runtime))
    assert first.read_bytes() == second.read_bytes()
    for name in names(folder_of(first)):
        assert (folder_of(first) / name).read_bytes() == (folder_of(second) / name).read_bytes()


def test_programs_can_be_executed(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "app"
    before = os.umask(0o027)
    try:
        sidecar.write(out, vm_bundles.content(runtime))
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder_of(out).rglob("*")}
    assert modes["launcher"] == modes["starter"] == modes["payload"] == 0o750
    assert modes["manifest.json"] == modes["part.so"] == 0o640
    assert out.stat().st_mode & 0o777 == 0o750


def test_one_that_was_there_is_replaced(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "app"
    sidecar.write(out, vm_bundles.content(runtime))
    (folder_of(out) / "left over").write_text("x")
    sidecar.write(out, vm_bundles.content(runtime, payload="other"))
    assert "left over" not in names(folder_of(out))
    assert (folder_of(out) / "payload").read_text() == "other"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "app.vm", "frozen"]


def test_a_folder_of_somebody_else(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "app"
    folder_of(out).mkdir()
    (folder_of(out) / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="is no folder of a bundle") as error:
        sidecar.write(out, vm_bundles.content(runtime))
    assert error.value.hint
    assert names(folder_of(out)) == ["thesis.txt"]
    assert not out.exists()


@pytest.mark.parametrize("kind", ["file", "link", "broken link"])
def test_something_else_at_the_place_of_the_folder(
    runtime: Runtime, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "app"
    if kind == "file":
        folder_of(out).write_text("x")
    else:
        folder_of(out).symlink_to(tmp_path if kind == "link" else tmp_path / "nowhere")
    with pytest.raises(OutputError):
        sidecar.write(out, vm_bundles.content(runtime))
    assert folder_of(out).is_symlink() or folder_of(out).read_text() == "x"


def test_a_folder_at_the_place_of_the_executable(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "app"
    out.mkdir()
    with pytest.raises(OutputError):
        sidecar.write(out, vm_bundles.content(runtime))
    assert not folder_of(out).exists()


def test_a_failure_leaves_what_was_there(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "app"
    sidecar.write(out, vm_bundles.content(runtime))
    before = {name: (folder_of(out) / name).read_bytes() for name in names(folder_of(out))}
    executable = out.read_bytes()

    def fail(_: bytes) -> bytes:
        raise X07Error("no key")

    with pytest.raises(X07Error, match="no key"):
        sidecar.write(out, vm_bundles.content(runtime, "other", signer=Signer(KEY, fail)))
    missing = tmp_path / "missing.tar"
    with pytest.raises(OutputError):
        sidecar.write(out, vm_bundles.content(runtime, "other", archive=missing))
    assert {name: (folder_of(out) / name).read_bytes() for name in before} == before
    assert out.read_bytes() == executable
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "app.vm", "frozen"]


def test_a_failure_leaves_no_folder_behind(runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        sidecar.write(
            tmp_path / "dist/deep/app", vm_bundles.content(runtime, archive=tmp_path / "missing")
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frozen"]


def test_a_manifest_of_something_else(runtime: Runtime, tmp_path: Path) -> None:
    out = tmp_path / "app"
    folder_of(out).mkdir()
    (folder_of(out) / "manifest.json").write_text('{"schema_version": "of.something@1"}')
    with pytest.raises(OutputError, match="is no folder of a bundle"):
        sidecar.write(out, vm_bundles.content(runtime))
    assert names(folder_of(out)) == ["manifest.json"]


def test_the_old_half_comes_back_where_the_new_one_cannot_be_placed(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "app"
    sidecar.write(out, vm_bundles.content(runtime))
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if target == out:
            raise OSError(28, "no space")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError):
        sidecar.write(out, vm_bundles.content(runtime, payload="other"))
    assert (folder_of(out) / "payload").read_text() == vm_bundles.PAYLOAD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "app.vm", "frozen"]


def test_a_bundle_of_macos(runtime: Runtime, tmp_path: Path) -> None:
    """Its executable has the digests within. It is looked at from any system."""
    out = tmp_path / "app"
    build = LauncherBuild("0.1.0", "macos-aarch64", "3.13")
    made = runtime._replace(program=b"", within=carrying, build=build)
    sidecar.write(out, vm_bundles.content(made))
    found = bundles.opened(out)
    assert (found.manifest.launcher, verifying.verify(bundles.half(out)).faults) == (build, ())
    assert found.trailer.manifest == sha256_file(folder_of(out) / "manifest.json")
    (folder_of(out) / "payload").write_bytes(b"other")
    changed = verifying.verify(bundles.half(out)).faults
    assert [fault.path for fault in changed] == ["payload"]
    data = out.read_bytes()
    out.write_bytes(data.replace(b"codecode", b"codeCode", 1))
    with pytest.raises(RefusedError, match="it was changed"):
        bundles.opened(out)


def test_nothing_is_written_where_the_executable_cannot_be_made(
    runtime: Runtime, tmp_path: Path
) -> None:
    def fail(_: object) -> bytes:
        raise X07Error("no compiler")

    with pytest.raises(X07Error, match="no compiler"):
        sidecar.write(tmp_path / "app", vm_bundles.content(runtime._replace(within=fail)))
    assert [path.name for path in tmp_path.iterdir()] == ["frozen"]
