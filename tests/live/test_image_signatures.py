"""Signed images in docker-registry, and what skopeo makes of them."""

import json
from pathlib import Path

import pytest

from tests.live.registries import Live, skopeo
from tests.unit.cli.commands import x07
from tests.unit.image import layouts
from tests.unit.registry import signed
from x07bundle.registry import keys, simple_signing

pytestmark = pytest.mark.live


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the key pair `k` and an image for two architectures."""
    keys.write_pair(tmp_path / "k", signed.KEY, b"word")
    layouts.made(tmp_path / "image.tar", layouts.contents(), layouts.contents("arm64"))
    return tmp_path


def image(*words: str, folder: Path) -> str:
    own = {
        "HOME": str(folder),
        "X07_CACHE_DIR": str(folder / "cache"),
        "X07_KEY_PASSWORD": "word",
    }
    done = x07("image", *words, folder=folder, variables=own)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_signed_here_pushed_pulled_verified(registry: Live, folder: Path) -> None:
    name = f"{registry.host}/team/one"
    image("sign", "image.tar", "--key", "k.key", folder=folder)
    pushed = image("push", f"{name}:v1", "--from", "image.tar", "--plain-http", folder=folder)
    verify = ("--key", "k.pub", "--plain-http")
    there = image("verify", f"{name}:v1", *verify, folder=folder)
    assert there.splitlines()[0] == pushed.strip()
    image("pull", f"{name}:v1", "--out", "pulled", "--plain-http", folder=folder)
    here = image("verify", "pulled", "--key", "k.pub", "--offline", folder=folder)
    assert here.count(" signed: ") == there.count(" signed: ") == 6


def test_signed_where_it_is(registry: Live, folder: Path) -> None:
    """skopeo finds the signature at its tag, and all tags that a registry without the API needs."""
    name = f"{registry.host}/team/two"
    image("push", f"{name}:v1", "--from", "image.tar", "--plain-http", folder=folder)
    digests = image("sign", f"{name}:v1", "--key", "k.key", "--plain-http", folder=folder).split()
    assert len(digests) == 3
    listed = json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{name}"))["Tags"]
    for digest in digests:
        tag = simple_signing.tag(digest)
        assert {tag, tag.removesuffix(".sig")} <= set(listed)
        raw = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}:{tag}"))
        (layer,) = raw["layers"]
        assert layer["mediaType"] == "application/vnd.dev.cosign.simplesigning.v1+json"
    image("verify", f"{name}:v1", "--key", "k.pub", "--plain-http", folder=folder)


def test_a_signed_layout_is_still_an_image(folder: Path) -> None:
    image("sign", "image.tar", "--key", "k.key", folder=folder)
    found = json.loads(skopeo("inspect", f"oci-archive:{folder}/image.tar:test"))
    assert found["Os"] == "linux"
