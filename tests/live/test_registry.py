"""Pushes to and pulls from docker-registry, beside skopeo."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.registry import PASSWORD, USER
from tests.live import registries
from tests.live.certificates import Authority
from tests.live.registries import Live, need, skopeo
from tests.unit.cli.commands import X07, environment, x07
from tests.unit.registry import images
from x07bundle.image import oci
from x07bundle.image.layout import open_layout
from x07bundle.image.layout_writing import writing
from x07bundle.registry.push import Choices, push
from x07bundle.registry.reference import parse
from x07bundle.registry.selection import select
from x07bundle.registry.session import Session
from x07bundle.registry.settings import Options, settings_for
from x07bundle.registry.upload import CHUNK_BYTES
from x07bundle.registry.watching import Unwatched

pytestmark = pytest.mark.live

LARGE_BYTES: Final = 60 << 20
STARTED_BYTES: Final = 17 << 20
KILL_SECONDS: Final = 60


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return images.make(tmp_path / "image")


def image(command: str, *words: str, folder: Path, **variables: str) -> str:
    """stdout of one that ends well. Uploads are kept in the folder."""
    finished = ended(command, *words, folder=folder, **variables)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def ended(
    command: str, *words: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    own = {"HOME": str(folder), "X07_CACHE_DIR": str(folder / "cache"), **variables}
    return x07("image", command, *words, folder=folder, variables=own)


def root(layout: Path) -> str:
    return open_layout(layout).top.manifests[0].digest


def digests(layout: Path) -> set[str]:
    return set(open_layout(layout).spans)


@pytest.mark.parametrize("out", ["out", "out.tar"])
def test_there_and_back(registry: Live, layout: Path, tmp_path: Path, out: str) -> None:
    name = f"{registry.host}/a/{out}:v1"
    said = image("push", name, "--from", "image", "--plain-http", folder=tmp_path)
    assert said == f"{registry.host}/a/{out}@{root(layout)}\n"
    image("pull", said.strip(), "--out", out, "--plain-http", folder=tmp_path)
    assert digests(tmp_path / out) == digests(layout)


def test_skopeo_reads_what_we_push(registry: Live, layout: Path, tmp_path: Path) -> None:
    name = f"{registry.host}/b/ours:v1"
    image("push", name, "--from", "image", "--plain-http", folder=tmp_path)
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}")
    assert oci.digest_of(raw) == root(layout)
    copy = tmp_path / "copy"
    words = ("-q", "--preserve-digests", "--src-tls-verify=false")
    skopeo("copy", *words, f"docker://{name}", f"oci:{copy}:v1")
    assert root(copy) == root(layout)


def test_we_read_what_skopeo_pushes(registry: Live, layout: Path, tmp_path: Path) -> None:
    name = f"{registry.host}/b/theirs:v1"
    preserve = ("--preserve-digests", "--dest-tls-verify=false")
    skopeo("copy", "-q", *preserve, f"oci:{layout}:v1", f"docker://{name}")
    report = json.loads(
        image("pull", name, "--out", "out", "--plain-http", "--json", folder=tmp_path)
    )
    assert report["digest"] == root(layout) == root(tmp_path / "out")


def test_two_architectures(registry: Live, tmp_path: Path) -> None:
    for architecture in ("amd64", "arm64"):
        images.make(tmp_path / architecture, architecture, seed=len(architecture))
    both = ("--from", "amd64", "--from", "arm64", "--plain-http")
    said = image("push", f"{registry.host}/c/both:v1", *both, folder=tmp_path)
    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{said.strip()}")
    members = json.loads(raw)["manifests"]
    assert [one["platform"]["architecture"] for one in members] == ["amd64", "arm64"]
    image("pull", said.strip(), "--out", "out", "--plain-http", folder=tmp_path)
    both_digests = digests(tmp_path / "amd64") | digests(tmp_path / "arm64")
    assert both_digests < digests(tmp_path / "out")


def test_again_and_from_another_repository(registry: Live, layout: Path, tmp_path: Path) -> None:
    common = ("--from", str(layout), "--plain-http", "--json")
    outcomes = []
    for words in (("d/one:v1",), ("d/one:v1",), ("d/two:v1", "--mount-from", "d/one")):
        name = f"{registry.host}/{words[0]}"
        report = json.loads(image("push", name, *common, *words[1:], folder=tmp_path))
        outcomes.append({one["outcome"] for one in report["parts"] if one["kind"] == "blob"})
    assert outcomes == [{"pushed"}, {"there"}, {"mounted"}]


def test_passwords(tmp_path: Path, layout: Path) -> None:
    folder = tmp_path / "registry"
    section = registries.basic_section(folder.with_name("passwords"))
    with registries.serving(folder, section) as live:
        _refused_then_let_in(live, layout, tmp_path)


def test_tokens(tmp_path: Path, layout: Path, authority: Authority) -> None:
    with (
        registries.token_section(authority) as section,
        registries.serving(tmp_path / "registry", section) as live,
    ):
        _refused_then_let_in(live, layout, tmp_path)


def _refused_then_let_in(live: Live, layout: Path, folder: Path) -> None:
    """With the file that `skopeo login` writes."""
    name, words = f"{live.host}/team/app:v1", ("--from", str(layout), "--plain-http")
    refused = ended("push", name, *words, folder=folder)
    assert refused.returncode == 2
    assert "hint: log in with" in refused.stderr
    login = (need("skopeo"), "login", "--tls-verify=false", "--authfile", f"{folder}/auth.json")
    secret = ("--username", USER, "--password-stdin", live.host)
    subprocess.run([*login, *secret], input=PASSWORD.encode(), check=True, capture_output=True)
    known = {"REGISTRY_AUTH_FILE": f"{folder}/auth.json"}
    image("push", name, *words, folder=folder, **known)
    mounted = f"{live.host}/team/other:v1"
    said = image("push", mounted, *words, "--mount-from", "team/app", folder=folder, **known)
    image("pull", said.strip(), "--out", "out", "--plain-http", folder=folder, **known)
    assert digests(folder / "out") == digests(layout)


def test_certificates(tmp_path: Path, layout: Path, authority: Authority) -> None:
    authority.context("DNS:localhost")
    stem = f"{authority.folder}/DNS_localhost-2"
    tls = f", tls: {{certificate: {stem}.pem, key: {stem}.key}}"
    with registries.serving(tmp_path / "registry", tls=tls) as live:
        name, words = f"{live.host}/team/app:v1", ("--from", str(layout))
        untrusted = ended("push", name, *words, folder=tmp_path)
        assert untrusted.returncode == 2
        assert "is not trusted" in untrusted.stderr
        assert "--ca-file" in untrusted.stderr
        image("push", name, *words, "--ca-file", str(authority.file), folder=tmp_path)
        trusted = {"X07_CA_FILE": str(authority.file)}
        image("pull", name, "--out", "out", folder=tmp_path, **trusted)
        plain = ended("push", name, *words, "--plain-http", folder=tmp_path)
        assert plain.returncode == 2
    assert digests(tmp_path / "out") == digests(layout)


def test_a_push_that_was_killed(registry: Live, tmp_path: Path) -> None:
    """In the middle of its large blob, when the registry has a chunk of it."""
    _large(tmp_path / "large")
    name = f"{registry.host}/e/large:v1"
    words = ("image", "push", name, "--from", "large", "--plain-http")
    own = environment(HOME=str(tmp_path), X07_CACHE_DIR=str(tmp_path / "cache"))
    child = subprocess.Popen(
        [*X07, *words], cwd=tmp_path, env=own, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    end_s = time.monotonic() + KILL_SECONDS
    while _uploaded_bytes(registry) < STARTED_BYTES and child.poll() is None:
        assert time.monotonic() < end_s
    child.send_signal(signal.SIGKILL)
    child.wait()
    image("push", name, "--from", "large", "--plain-http", folder=tmp_path)
    image("pull", name, "--out", "out", "--plain-http", folder=tmp_path)
    assert digests(tmp_path / "out") == digests(tmp_path / "large")


def test_a_push_goes_on_after_its_last_chunk(registry: Live, tmp_path: Path) -> None:
    _large(tmp_path / "large")
    reference = parse(f"{registry.host}/f/large:v1")
    settings = settings_for(reference, Options(plain_http=True), {"HOME": str(tmp_path)})
    selection = select((open_layout(tmp_path / "large"),), None)
    choices = Choices(unfinished=tmp_path / "uploads")
    with pytest.raises(KeyboardInterrupt):
        push(Session(reference, settings), selection, choices, _Stopping())
    done = push(Session(reference, settings), selection, choices, Unwatched())
    assert [one.outcome for one in done.done if one.size_bytes == LARGE_BYTES] == ["resumed"]


class _Stopping(Unwatched):
    """As Ctrl-C does when the second chunk is whole."""

    def begin(self, name: str, size_bytes: int) -> "_Stopping":
        return self

    def moved(self, done_bytes: int) -> None:
        if done_bytes > 2 * CHUNK_BYTES:
            raise KeyboardInterrupt

    def end(self, outcome: str) -> None:
        """Goes on."""


def _large(path: Path) -> None:
    with writing(path) as writer:
        layer = writer.add(oci.LAYER_GZIP, bytes(LARGE_BYTES - 9) + b"different")
        config = oci.ImageConfig(oci.Platform("linux", "amd64"), (layer.digest,))
        described = writer.add(oci.CONFIG, oci.config_bytes(config))
        manifest = oci.Manifest(described, (layer,))
        top = writer.add(oci.MANIFEST, oci.manifest_bytes(manifest))
        writer.finish(oci.Index((top,)), None)


def _uploaded_bytes(registry: Live) -> int:
    sizes = [0]
    for path in (registry.folder).rglob("_uploads/*/data"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue
    return max(sizes)
