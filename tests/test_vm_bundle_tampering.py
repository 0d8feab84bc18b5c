"""Whatever is changed in a bundle is seen before the engine is asked anything, and named.

X07_TEST_FLIPS: how many bits, one after the other, in each file. [20]
"""

import json
import os
import random
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests import vm_bundles
from tests.unit.cli.commands import x07
from tests.unit.contract.manifests import MANIFEST
from tests.vm_bundles import Bench
from x07bundle.bundle.sidecar import Signer, folder_of
from x07bundle.contract import launcher_trailer, vm_manifest
from x07bundle.contract.launcher_trailer import PublicKey
from x07bundle.files import sha256_bytes

FLIPS: Final = int(os.environ.get("X07_TEST_FLIPS", "20"))
SEED: Final = 7
RUNTIME: Final = (
    "runtime/launcher",
    "runtime/starter",
    "runtime/base_library.zip",
    "runtime/libpython*",
    "runtime/python*/lib-dynload/_struct*",
)
SIGNATURE: Final = "manifest.json.sig"
FILES: Final = (
    *("manifest.json", SIGNATURE, "policy.json", "payload", "guest.tar", "compile.attest.json"),
    *RUNTIME,
)
"""Patterns: the small libraries of Python stand for each other."""
ATTESTATION: Final = b'{"schema_version": "x07.compile.attest@0.1.0"}\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, x07_cache: Path) -> Bench:
    folder = tmp_path_factory.mktemp("made")
    archive = folder / "image.tar"
    archive.write_bytes(random.Random(SEED).randbytes(100_000))
    bench = vm_bundles.bench(folder / "bench", x07_cache)
    bench.make(archive=archive, signer=Signer(*key_pair("ed25519")), attestation=ATTESTATION)
    return bench


@pytest.fixture
def bench(made: Bench, tmp_path: Path) -> Bench:
    """A copy to spoil."""
    folder = tmp_path / "bench"
    shutil.copytree(made.folder, folder, ignore=shutil.ignore_patterns("fakes"))
    return Bench(folder, vm_bundles.docker(folder / "fakes"), made.runtime)


def assert_refused(bench: Bench, name: str) -> str:
    done = bench.start()
    said = done.stderr.decode()
    assert done.returncode == 125, said
    assert name in said
    assert said.startswith("error: ")
    assert said.splitlines()[-1].startswith("hint: ")
    assert done.stdout == b""
    assert bench.docker.asked == []
    return said


def file_of(bench: Bench, pattern: str) -> Path:
    (found,) = folder_of(bench.app).glob(pattern)
    return found


@pytest.mark.parametrize("pattern", [*FILES, "runtime/python*/lib-dynload/*"])
def test_one_bit_anywhere(bench: Bench, pattern: str) -> None:
    for path in sorted(folder_of(bench.app).glob(pattern)):
        flip_bits(bench, path)
    assert bench.docker.asked == []
    assert bench.start("say", "well").stdout == b"well"


def flip_bits(bench: Bench, path: Path) -> None:
    """Started without a shell or a pipe: it is a great many starts."""
    chance = random.Random(SEED)
    env, said = bench.env(), bench.folder / "said"
    with path.open("r+b", buffering=0) as file, said.open("w+b") as stderr:
        size = path.stat().st_size
        for _ in range(FLIPS):
            at, bit = chance.randrange(size), 1 << chance.randrange(8)
            before = os.pread(file.fileno(), 1, at)
            os.pwrite(file.fileno(), bytes([before[0] ^ bit]), at)
            stderr.truncate(0)
            status = subprocess.call((bench.app,), env=env, stderr=stderr, cwd=bench.folder)
            os.pwrite(file.fileno(), before, at)
            assert (status, path, at) == (125, path, at)
            assert path.name in said.read_text()


@pytest.mark.parametrize("pattern", FILES)
def test_a_file_that_is_removed(bench: Bench, pattern: str) -> None:
    path = file_of(bench, pattern)
    path.unlink()
    assert_refused(bench, path.name)


@pytest.mark.parametrize("pattern", FILES)
def test_a_link_in_the_place_of_a_file(bench: Bench, pattern: str, tmp_path: Path) -> None:
    path = file_of(bench, pattern)
    path.rename(tmp_path / "the same")
    path.symlink_to(tmp_path / "the same")
    assert_refused(bench, path.name)


@pytest.mark.parametrize("pattern", FILES)
def test_a_folder_in_the_place_of_a_file(bench: Bench, pattern: str) -> None:
    path = file_of(bench, pattern)
    path.unlink()
    path.mkdir()
    assert_refused(bench, path.name)


@pytest.mark.parametrize("pattern", FILES)
def test_a_pipe_in_the_place_of_a_file(bench: Bench, pattern: str) -> None:
    path = file_of(bench, pattern)
    path.unlink()
    os.mkfifo(path)
    assert_refused(bench, path.name)


@pytest.mark.parametrize("pattern", FILES)
def test_a_byte_more_or_less(bench: Bench, pattern: str) -> None:
    path = file_of(bench, pattern)
    data = path.read_bytes()
    path.write_bytes(data + b"\n")
    assert_refused(bench, path.name)
    path.write_bytes(data[:-1])
    assert_refused(bench, path.name)
    path.write_bytes(b"")
    assert_refused(bench, path.name)


@pytest.mark.parametrize(
    "name",
    [
        "added",
        ".hidden",
        "runtime/added.so",
        "runtime/libc.so.6",
        "runtime/glibc-hwcaps/x86-64-v3/libpython3.so",
        "runtime/sitecustomize.py",
        "manifest.json.",
        "manifest.json.sig2",
        "payload2",
        "größe",
        "a\nb",
    ],
)
def test_a_file_that_is_added(bench: Bench, name: str) -> None:
    path = folder_of(bench.app) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    assert_refused(bench, name.split("/")[-1].split("\n")[0] if "hwcaps" not in name else "hwcaps")


def test_a_signature_that_is_added(bench: Bench) -> None:
    bench.make()
    (folder_of(bench.app) / SIGNATURE).write_bytes(b"")
    assert_refused(bench, SIGNATURE)


def test_a_folder_that_is_added(bench: Bench) -> None:
    (folder_of(bench.app) / "runtime/python").mkdir()
    assert_refused(bench, "runtime/python` is not of this bundle")


def test_a_link_in_the_place_of_a_folder(bench: Bench, tmp_path: Path) -> None:
    for folder in (folder_of(bench.app) / "runtime", folder_of(bench.app)):
        folder.rename(tmp_path / folder.name)
        folder.symlink_to(tmp_path / folder.name)
        assert_refused(bench, folder.name)
        folder.unlink()
        (tmp_path / folder.name).rename(folder)


def test_names_that_change_places(bench: Bench) -> None:
    folder = folder_of(bench.app)
    (folder / "payload").rename(folder / "other")
    (folder / "policy.json").rename(folder / "payload")
    (folder / "other").rename(folder / "policy.json")
    assert_refused(bench, "is not what the bundle was made with")


# -- somebody who changes the executable as well


Change = Callable[[dict[str, Any]], None]


def finish_again(bench: Bench, change: Change) -> None:
    """The manifest changed, and the executable made to fit, as somebody who has the tool can."""
    manifest = folder_of(bench.app) / "manifest.json"
    document = json.loads(manifest.read_bytes())
    change(document)
    manifest.write_text(json.dumps(document))
    trailer = launcher_trailer.read(bench.app.read_bytes(), "app")
    changed = trailer._replace(
        manifest=sha256_bytes(manifest.read_bytes()), files=document.get("files", {"a": "0" * 64})
    )
    bench.app.write_bytes(launcher_trailer.finished(bench.runtime.program, changed))


@pytest.mark.parametrize("field", MANIFEST)
def test_a_field_that_is_changed(bench: Bench, field: str) -> None:
    path = folder_of(bench.app) / "manifest.json"
    document = json.loads(path.read_bytes())
    document[field] = None if document[field] is not None else "x"
    path.write_text(json.dumps(document))
    assert_refused(bench, "manifest.json")


@pytest.mark.parametrize("field", [name for name in MANIFEST if name != "guest_archive"])
def test_a_field_that_cannot_be(bench: Bench, field: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document[field] = 7

    if field == "files":
        pytest.skip("the executable says the same")
    finish_again(bench, change)
    assert_refused(bench, f"/{field}: ")


def test_limits_that_are_not_those_of_the_policy(bench: Bench) -> None:
    bench.make()
    finish_again(bench, lambda document: document["limits"].update(wall_ms=599_999))
    assert_refused(bench, "name different limits")


def key_pair(kind: str) -> tuple[PublicKey, Callable[[bytes], bytes]]:
    if kind == "ed25519":
        key = Ed25519PrivateKey.generate()
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey(kind, der), key.sign
    curve = ec.generate_private_key(ec.SECP256R1())
    der = curve.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(kind, der), lambda data: curve.sign(data, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("kind", vm_manifest.ALGORITHMS)
def test_signed_bundles(bench: Bench, kind: str) -> None:
    bench.make(signer=Signer(*key_pair(kind)))
    assert bench.start("say", "well").stdout == b"well"
    assert b"signed by the" in bench.start(X07_BUNDLE="verify").stdout
    place = folder_of(bench.app) / "manifest.json.sig"
    signature = place.read_bytes()
    # The guest that ran is looked after for a while by the docker that ran it.
    bench = Bench(bench.folder, vm_bundles.docker(bench.folder / "another"), bench.runtime)
    place.write_bytes(signature[:-1] + bytes([signature[-1] ^ 1]))
    assert_refused(bench, "is no signature of the manifest")
    place.unlink()
    assert_refused(bench, "manifest.json.sig` is missing")
    place.write_bytes(signature)
    finish_again(bench, lambda document: document.update(guest_image="other:1"))
    assert_refused(bench, "is no signature of the manifest")
    finish_again(bench, lambda document: document.update(signature=None))
    assert_refused(bench, "name different keys")


@pytest.mark.parametrize("what", ["cut", "appended", "stub", "length", "mark", "empty"])
def test_an_executable_that_is_changed(bench: Bench, what: str) -> None:
    data = bench.app.read_bytes()
    trailer = data.index(b"x07.vm.launcher@")
    foot = len(data) - 16
    damaged = {
        "cut": data[:-1],
        "appended": data + b"\n",
        "stub": data[: trailer - 1] + bytes([data[trailer - 1] ^ 1]) + data[trailer:],
        "length": data[:foot] + b"ffffffff" + data[foot + 8 :],
        "mark": data[:-1] + b"X",
        "empty": data[:trailer],
    }[what]
    bench.app.write_bytes(damaged)
    assert_refused(bench, "app")


def test_lines_of_the_trailer(bench: Bench) -> None:
    """Each line: without it, twice, and with one digit changed."""
    data = bench.app.read_bytes()
    start = data.index(b"x07.vm.launcher@")
    lines = data[start:-16].splitlines(keepends=True)
    for at, line in enumerate(lines):
        flipped = line.replace(b"0", b"1") if b"0" in line else line.replace(b"a", b"b")
        for instead in (b"", line + line, flipped, line[:-1]):
            if instead == line:
                continue
            text = b"".join([*lines[:at], instead, *lines[at + 1 :]])
            bench.app.write_bytes(data[:start] + text + f"{len(text):08x}".encode() + b"X07.TAIL")
            assert_refused(bench, "refused")


# -- seen from outside


def test_verify_names_everything(bench: Bench) -> None:
    folder = folder_of(bench.app)
    (folder / "payload").write_bytes(b"other")
    (folder / "runtime/starter").unlink()
    (folder / "added").symlink_to("payload")
    (folder / "runtime/more").mkdir()
    done = x07("verify", "--json", str(bench.app), folder=bench.folder)
    document = json.loads(done.stdout)
    assert (done.returncode, document["ok"]) == (125, False)
    assert [fault["path"] for fault in document["problems"]] == [
        "added",
        "payload",
        "runtime/more",
        "runtime/starter",
    ]
    text = x07("verify", str(bench.app), folder=bench.folder)
    assert "payload is not what the bundle was made with" in text.stdout


def test_verify_of_a_whole_bundle_says_the_same_in_both_ways(bench: Bench) -> None:
    outside = x07("verify", str(bench.app), folder=bench.folder)
    inside = bench.start(X07_BUNDLE="verify")
    assert outside.stdout == inside.stdout.decode()
    assert (outside.returncode, inside.returncode) == (0, 0)
    assert bench.docker.asked == []


def test_a_file_whose_digest_the_executable_alone_has(bench: Bench) -> None:
    """A file and its line in the executable, changed; the manifest says what it was."""
    path = file_of(bench, "runtime/python*/lib-dynload/_heapq*")
    path.write_bytes(path.read_bytes() + b"\n")
    trailer = launcher_trailer.read(bench.app.read_bytes(), "app")
    name = str(path.relative_to(folder_of(bench.app)))
    changed = trailer._replace(files={**trailer.files, name: sha256_bytes(path.read_bytes())})
    bench.app.write_bytes(launcher_trailer.finished(bench.runtime.program, changed))
    assert_refused(bench, "name different files")


@pytest.mark.parametrize("pattern", FILES)
def test_a_device_in_the_place_of_a_file(bench: Bench, pattern: str) -> None:
    """One that never ends."""
    path = file_of(bench, pattern)
    path.unlink()
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        path.open("rb").close()
    except OSError:
        pytest.skip("this user makes no devices here")
    assert_refused(bench, path.name)
