"""`x07 image keygen`, `sign` and `verify --key`: what they print, and what they refuse."""

import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fakes import registry as fake
from tests.unit.cli.commands import X07, environment, x07
from tests.unit.image import layouts
from tests.unit.registry import images, signed
from x07bundle import assets
from x07bundle.files import sha256_bytes
from x07bundle.image.debian import lock as locks
from x07bundle.image.layout import open_layout
from x07bundle.registry import keys

PASSWORD: Final = {"X07_KEY_PASSWORD": "word"}
COMMIT: Final = "ab" * 20
ORIGIN: Final = (
    *("--builder", "https://ci.example/builder"),
    *("--source", "git+https://code.example/x07", "--commit", COMMIT),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the key pair `k`."""
    keys.write_pair(tmp_path / "k", signed.KEY, b"word")
    return tmp_path


@pytest.fixture(scope="module")
def server() -> Iterator[fake.Registry]:
    with fake.serving() as started:
        yield started


def image(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {"HOME": str(folder), "X07_CACHE_DIR": str(folder / "cache"), **variables}
    return x07("image", *words, folder=folder, variables=own)


def test_a_key_pair(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a word\n")
    words = ("--out", "release", "--algorithm", "ed25519", "--password-file", "password")
    done = image("keygen", *words, folder=tmp_path)
    key = keys.load_private(tmp_path / "release.key", lambda: b"a word").public_key()
    assert keys.algorithm_of(key) == "ed25519"
    assert (done.returncode, done.stdout) == (0, f"{keys.hint(key)}\n")
    assert "release.key (keep it secret)" in done.stderr


def test_keys_are_not_overwritten(folder: Path) -> None:
    before = (folder / "k.key").read_bytes()
    done = image("keygen", "--out", "k", folder=folder, **PASSWORD)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no key is overwritten" in done.stderr
    assert (folder / "k.key").read_bytes() == before


@pytest.mark.parametrize(
    ("password", "problem"),
    [(None, "no password for the key"), ("", "is empty"), ("x" * 2000, "too long")],
)
def test_passwords_that_are_none(tmp_path: Path, password: str | None, problem: str) -> None:
    variables = {} if password is None else {"X07_KEY_PASSWORD": password}
    done = image("keygen", "--out", "k", folder=tmp_path, **variables)
    assert done.returncode == 2
    assert problem in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hint: ")
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_is_asked_twice(tmp_path: Path) -> None:
    """What it shows is read from stderr; the terminal is stdin, and echoes nothing."""
    own, theirs = pty.openpty()
    command = (*X07, "image", "keygen", "--out", "k")
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(HOME=str(tmp_path)),
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stderr is not None
        for question in (b"Password of the key: ", b"Repeat for confirmation: "):
            shown = b""
            while question not in shown:
                byte = child.stderr.read(1)
                assert byte, shown
                shown += byte
            os.write(own, b"a word\n")
        assert child.stderr.read().count(b"a word") == 0
    os.close(own)
    os.close(theirs)
    assert child.returncode == 0
    keys.load_private(tmp_path / "k.key", lambda: b"a word")


@pytest.mark.parametrize("name", ["image", "image.tar"])
def test_a_layout(folder: Path, name: str) -> None:
    layouts.made(folder / name)
    digest = open_layout(folder / name).top.manifests[0].digest
    done = image("sign", name, "--key", "k.key", folder=folder, X07_OFFLINE="1", **PASSWORD)
    assert (done.returncode, done.stdout) == (0, f"{digest}\n")
    again = image("sign", name, "--key", "k.key", folder=folder, **PASSWORD)
    assert (again.returncode, again.stdout) == (0, "")
    assert "signed by this key already" in again.stderr
    verified = image("verify", name, "--key", "k.pub", "--offline", folder=folder)
    assert verified.returncode == 0, verified.stderr
    lines = verified.stdout.splitlines()
    assert lines[0].endswith(": well")
    assert lines[1:] == [
        f"  {digest[:19]} signed: simple-signing",
        f"  {digest[:19]} signed: https://sigstore.dev/cosign/sign/v1",
    ]


def test_reports(folder: Path) -> None:
    layouts.made(folder / "image")
    key = keys.hint(signed.PUBLIC)
    words = ("--key", "k.key", "--identity", "registry.example/team/app:v1", "--json")
    made = json.loads(image("sign", "image", *words, folder=folder, **PASSWORD).stdout)
    assert made["schema_version"] == "x07.image.sign.report@0.1.0"
    assert made["key"] == key
    assert [set(row) for row in made["made"]] == [{"image", "tag", "type", "digest"}] * 2
    opened = open_layout(folder / "image")
    (payload,) = signed.layers(opened, signed.tagged(opened))
    assert b'"docker-reference":"registry.example/team/app"' in opened.document(payload)
    verified = json.loads(
        image("verify", "image", "--key", "k.pub", "--json", folder=folder).stdout
    )
    assert verified["signatures"]["key"] == key
    assert verified["signatures"]["algorithm"] == "ecdsa-p256"
    assert len(verified["signatures"]["held"]) == 2
    assert verified["signatures"]["passed_over"] == []


def test_what_is_not_signed_is_refused(folder: Path) -> None:
    layouts.made(folder / "image")
    done = image("verify", "image", "--key", "k.pub", "--json", folder=folder)
    assert done.returncode == 125
    said = json.loads(done.stdout)
    assert (said["ok"], len(said["problems"])) == (False, 1)
    assert "error: nothing by this key signs" in done.stderr
    assert image("verify", "image", folder=folder).returncode == 0


def test_what_is_damaged_is_not_signed(folder: Path) -> None:
    layouts.made(folder / "image")
    (folder / "image/blobs/sha256" / ("0" * 64)).write_text("x")
    before = (folder / "image/index.json").read_bytes()
    done = image("sign", "image", "--key", "k.key", folder=folder, **PASSWORD)
    assert done.returncode == 125
    assert "is damaged, or was not well made" in done.stderr
    assert (folder / "image/index.json").read_bytes() == before


def test_a_registry(server: fake.Registry, folder: Path) -> None:
    pushed = images.pushed(images.session(server), images.make(folder / "image"))
    name = f"{server.host}/team/app"
    own = ("--plain-http", "--key")
    made = image("sign", f"{name}:v1", *own, "k.key", folder=folder, **PASSWORD)
    assert (made.returncode, made.stdout) == (0, f"{pushed.root.digest}\n"), made.stderr
    verified = image("verify", f"{name}:v1", *own, "k.pub", folder=folder)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.splitlines()[0] == f"{name}@{pushed.root.digest}"
    row = json.loads(image("verify", f"{name}:v1", *own, "k.pub", "--json", folder=folder).stdout)
    assert row["digest"] == pushed.root.digest
    for command, key in (("sign", "k.key"), ("verify", "k.pub")):
        offline = image(command, f"{name}:v1", *own, key, "--offline", folder=folder, **PASSWORD)
        assert offline.returncode == 2
        assert "needs the network" in offline.stderr


def test_provenance(folder: Path) -> None:
    """By the recipe and the lock of the tool itself."""
    file = assets.find("guest_image/recipe.toml").parent / "lock-amd64.toml"
    lock = locks.read(file)
    contents = layouts.contents()._replace(lock_sha256=sha256_bytes(locks.text(lock)))
    layouts.made(folder / "image", contents)
    done = image("sign", "image", "--key", "k.key", *ORIGIN, folder=folder, **PASSWORD)
    assert done.returncode == 0, done.stderr
    words = ("verify", "image", "--key", "k.pub", "--builder", ORIGIN[1])
    verified = image(*words, folder=folder)
    assert verified.returncode == 0, verified.stderr
    assert f"built by {ORIGIN[1]} from {ORIGIN[3]}@{COMMIT}" in verified.stdout
    rows = json.loads(image(*words, "--json", folder=folder).stdout)["signatures"]["held"]
    assert rows[2]["provenance"]["lock"] == contents.lock_sha256
    assert rows[2]["provenance"]["recipe"] == sha256_bytes(
        assets.find("guest_image/recipe.toml").read_bytes()
    )
    opened = open_layout(folder / "image")
    envelope = signed.json_of(opened, signed.layers(opened, signed.bundles(opened)[-1])[0])
    statement = json.loads(signed.decoded(envelope["dsseEnvelope"]["payload"]))
    resolved = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    digests = [row["digest"].get("sha256") for row in resolved[1:]]
    assert digests == [one.sha256 for one in lock.packages if _is_of_run(one)]


def _is_of_run(one: locks.Locked) -> bool:
    return any(layer.startswith("run/") for layer in one.layers)


def test_provenance_of_another_lock(folder: Path) -> None:
    layouts.made(folder / "image")
    before = (folder / "image/index.json").read_bytes()
    done = image("sign", "image", "--key", "k.key", *ORIGIN, folder=folder, **PASSWORD)
    assert done.returncode == 125
    assert "made with another lock" in done.stderr
    assert (folder / "image/index.json").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("sign", "none", "--key", "k.key"), "neither there nor an image of a registry"),
        (("sign", "image", "--key", "k.pub"), "is a public key"),
        (("sign", "image", "--key", "none"), "cannot read the key"),
        (("sign", "image", "--key", "k.key", "--builder", "x:y"), "needs all three"),
        (("sign", "image", "--key", "k.key"), "what the image is called"),
        (("verify", "image", "--key", "k.key"), "is a private key"),
        (("verify", "image", "--builder", "x:y"), "needs `--key`"),
        (("verify", "registry.example/x:v1"), "signatures alone are verified"),
        (("verify", "none", "--key", "k.pub"), "neither there nor"),
    ],
)
def test_bad_use(folder: Path, words: tuple[str, ...], problem: str) -> None:
    images.make(folder / "image")
    done = image(*words, folder=folder, **PASSWORD)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hint: ")
    assert "Traceback" not in done.stderr


def test_a_wrong_password(folder: Path) -> None:
    layouts.made(folder / "image")
    done = image("sign", "image", "--key", "k.key", folder=folder, X07_KEY_PASSWORD="another")
    assert done.returncode == 2
    assert "the password does not open" in done.stderr
