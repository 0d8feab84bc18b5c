"""`x07 image push` and `x07 image pull`: what they print, and what they refuse."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import registry as fake
from tests.unit.cli.commands import environment, x07
from tests.unit.registry import images
from x07bundle.cli.image_registry import Bars
from x07bundle.image.layout import open_layout


@pytest.fixture(scope="module")
def server() -> Iterator[fake.Registry]:
    with fake.serving() as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images.make(tmp_path / "image")
    return tmp_path


def variables(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "X07_CACHE_DIR": str(folder / "cache")}


def test_stdout_is_the_image_by_its_digest(server: fake.Registry, folder: Path) -> None:
    push = ("image", "push", f"{server.host}/a/b:v1", "--from", "image", "--plain-http")
    done = x07(*push, folder=folder, variables=variables(folder))
    digest = open_layout(folder / "image").top.manifests[0].digest
    assert (done.returncode, done.stdout) == (0, f"{server.host}/a/b@{digest}\n")
    lines = done.stderr.splitlines()
    assert lines[-1] == "tagged v1"
    assert not any("\x1b" in line or "\r" in line for line in lines)
    assert f"{digest[:19]} " in done.stderr


def test_reports(server: fake.Registry, folder: Path) -> None:
    common = ("--plain-http", "--json")
    push = ("image", "push", f"{server.host}/c/d:v1", "--from", "image", *common)
    pushed = json.loads(x07(*push, folder=folder, variables=variables(folder)).stdout)
    pull = ("image", "pull", f"{server.host}/c/d:v1", "--out", "out.tar", *common)
    pulled = json.loads(x07(*pull, folder=folder, variables=variables(folder)).stdout)
    assert pushed["schema_version"] == "x07.image.push.report@0.1.0"
    assert pulled["schema_version"] == "x07.image.pull.report@0.1.0"
    assert pushed["digest"] == pulled["digest"]
    assert pushed["tags"] == ["v1"]
    assert pulled["out"] == "out.tar"
    keys = {"kind", "media_type", "digest", "size_bytes", "outcome"}
    assert all(part.keys() == keys for part in pushed["parts"] + pulled["parts"])
    assert pushed["moved_bytes"] > images.LAYER_BYTES


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("push", "app", "--from", "image"), "it names no registry"),
        (("push", "localhost/a", "--from", "none"), "none"),
        (("push", "localhost/a", "--from", "image", "--offline"), "needs the network"),
        (("pull", "localhost/a", "--out", "out", "--offline"), "needs the network"),
        (("push", "reg.example/a", "--from", "image", "--plain-http"), "for registries of this"),
        (("pull", "localhost/a", "--out", "out", "--ca-file", "none"), "cannot read the certif"),
        (("pull", "localhost/a", "--out", "out", "--auth-file", "none"), "no such file"),
        (("pull", "localhost/a", "--out", "out", "--proxy", "x://"), "is no proxy"),
        (("push", "localhost/a", "--from", "image", "--image", "v9"), "no image is called"),
        (("push", "localhost/a", "--from", "image", "--mount-from", "A"), "is no repository"),
        (("push", "localhost/a"), "--from"),
        (("pull", "localhost/a"), "--out"),
        (("pull", "localhost/a", "--out", "file.txt"), "file.txt"),
    ],
)
def test_what_is_refused(folder: Path, words: tuple[str, ...], problem: str) -> None:
    (folder / "file.txt").write_text("mine")
    before = sorted(path.name for path in folder.iterdir())
    done = x07("image", *words, folder=folder, variables=variables(folder))
    assert done.returncode == 2
    assert done.stdout == ""
    assert problem in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hint: ")
    assert sorted({path.name for path in folder.iterdir()} - {"cache"}) == before


def test_offline_by_the_environment(folder: Path) -> None:
    words = ("image", "pull", "localhost/a", "--out", "out")
    done = x07(*words, folder=folder, variables={**variables(folder), "X07_OFFLINE": "1"})
    assert (done.returncode, "X07_OFFLINE" in done.stderr) == (2, True)


def test_false_success_has_an_exit_code_of_its_own(folder: Path) -> None:
    with fake.serving() as server:
        server.faults.forgets = "manifests"
        words = ("image", "push", f"{server.host}/a/b:v1", "--from", "image", "--plain-http")
        done = x07(*words, folder=folder, variables=variables(folder))
    assert (done.returncode, done.stdout) == (125, "")
    assert "does not have it" in done.stderr


def test_help_needs_no_http_library(folder: Path) -> None:
    """It is slow to import, and not installed where only programs are compiled."""
    (folder / "oras").mkdir()
    (folder / "oras" / "__init__.py").write_text("raise ImportError('oras is imported')")
    path = f"{folder}:{environment()['PYTHONPATH']}"
    done = x07("image", "push", "--help", folder=folder, variables={"PYTHONPATH": path})
    assert (done.returncode, "--from DIR|TAR" in done.stdout) == (0, True)


def test_bars_of_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    bars = Bars()
    bars.is_terminal = True
    one, two = bars.begin("sha256:" + "1" * 64, 4 << 20), bars.begin("sha256:" + "2" * 64, 0)
    one.moved(1 << 20)
    assert "sha256:111111111111 ######··················" in capsys.readouterr().err
    two.end("there")
    assert capsys.readouterr().err.startswith("\x1b[2F\x1b[Jsha256:222222222222 0 bytes there\n")
    one.end("pushed")
    assert capsys.readouterr().err == "\x1b[1F\x1b[Jsha256:111111111111 4.0 MiB pushed\n"
    bars.note("tagged v1")
    assert capsys.readouterr().err == "tagged v1\n"


def test_waits_are_said(folder: Path) -> None:
    with fake.serving() as server:
        server.faults.statuses = [503]
        words = ("image", "push", f"{server.host}/a/b:v1", "--from", "image", "--plain-http")
        done = x07(*words, folder=folder, variables=variables(folder))
    assert done.returncode == 0
    assert "the registry answered 503: once more in 0.5 s" in done.stderr
