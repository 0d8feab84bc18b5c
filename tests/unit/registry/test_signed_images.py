"""Signatures in a registry: pushed with the image, or made there; pulled; verified there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import registry as fake
from tests.unit.registry import images, signed
from tests.unit.registry.signed import KEY, KEYS, PUBLIC
from x07bundle.registry import keys, signature_checks, signing
from x07bundle.registry.failure import RegistryError, UntrueError
from x07bundle.registry.push import Pushed
from x07bundle.registry.signature_checks import Checked
from x07bundle.registry.signature_failure import NotSignedError, OtherKeyError
from x07bundle.registry.signed_sources import InRegistry
from x07bundle.registry.watching import Unwatched


@pytest.fixture(params=[True, False], ids=["api", "tag"])
def server(request: pytest.FixtureRequest) -> Iterator[fake.Registry]:
    """One that knows referrers, and one that does not."""
    with fake.serving(has_referrers=request.param) as started:
        yield started


def checked(
    server: fake.Registry, name: str = "team/app:v1", key: keys.PublicKey = PUBLIC
) -> Checked:
    return signature_checks.check(InRegistry(images.session(server, name)), key)


def sign_there(server: fake.Registry, folder: Path, key: keys.PrivateKey = KEY) -> Pushed:
    source = InRegistry(images.session(server))
    made = signing.sign(source, key, signed.NAME)
    pinned = images.session(server, f"team/app@{source.root.digest}")
    folder.mkdir(exist_ok=True)
    return signing.into_registry(pinned, source.root, made, folder, Unwatched())


def test_signatures_are_pushed_with_the_image(server: fake.Registry, tmp_path: Path) -> None:
    path = signed.layout(tmp_path / "image")
    pushed = images.pushed(images.session(server), path)
    assert f"{pushed.root.digest.replace(':', '-')}.sig" in pushed.tags
    assert [one.form for one in checked(server).held] == ["simple-signing", "sigstore-bundle"]
    images.pulled(images.session(server), tmp_path / "pulled")
    assert len(signed.checked(tmp_path / "pulled").held) == 2


def test_an_image_is_signed_where_it_is(server: fake.Registry, tmp_path: Path) -> None:
    root = images.pushed(images.session(server), images.make(tmp_path / "image")).root
    with pytest.raises(NotSignedError):
        checked(server)
    sign_there(server, tmp_path / "one")
    sign_there(server, tmp_path / "two", KEYS["other"])
    for key in (KEY, KEYS["other"]):
        assert len(checked(server, key=key.public_key()).held) == 2
    assert server.manifests["team/app", "v1"][1] == root.data
    images.pulled(images.session(server), tmp_path / "pulled")
    found = signed.checked(tmp_path / "pulled")
    assert (len(found.held), len(found.passed_over)) == (2, 2)


def test_signing_again_makes_nothing(server: fake.Registry, tmp_path: Path) -> None:
    images.pushed(images.session(server), signed.layout(tmp_path / "image"))
    assert signing.sign(InRegistry(images.session(server)), KEY, signed.NAME) == []


def test_an_index_of_two_layouts_is_signed_there(server: fake.Registry, tmp_path: Path) -> None:
    """Each was signed by itself; the index, which the push makes, by nobody."""
    paths = (
        signed.layout(tmp_path / "one"),
        signed.layout(tmp_path / "two", architecture="arm64", seed=2),
    )
    images.pushed(images.session(server), *paths)
    with pytest.raises(NotSignedError):
        checked(server)
    sign_there(server, tmp_path / "index")
    assert len({one.digest for one in checked(server).held}) == 3


def test_another_image_under_the_tag(server: fake.Registry, tmp_path: Path) -> None:
    images.pushed(images.session(server), signed.layout(tmp_path / "image"))
    images.pushed(images.session(server), images.make(tmp_path / "other", seed=2))
    with pytest.raises(NotSignedError):
        checked(server)


def test_another_key(server: fake.Registry, tmp_path: Path) -> None:
    images.pushed(images.session(server), signed.layout(tmp_path / "image"))
    with pytest.raises(NotSignedError) as caught:
        checked(server, key=KEYS["other"].public_key())
    assert not isinstance(caught.value, OtherKeyError)


def test_no_such_image(server: fake.Registry) -> None:
    with pytest.raises(RegistryError, match="there is no"):
        checked(server, "team/none:v1")


def test_a_payload_of_other_bytes(server: fake.Registry, tmp_path: Path) -> None:
    path = signed.layout(tmp_path / "image")
    images.pushed(images.session(server), path)
    key = next(key for key, data in server.blobs.items() if b"docker-reference" in data)
    server.blobs[key] = server.blobs[key].replace(b"team", b"TEAM")
    with pytest.raises(UntrueError, match="wrong bytes"):
        checked(server)


def test_a_registry_that_keeps_nothing(server: fake.Registry, tmp_path: Path) -> None:
    images.pushed(images.session(server), images.make(tmp_path / "image"))
    server.faults.forgets = "manifests"
    with pytest.raises(UntrueError, match="does not have it"):
        sign_there(server, tmp_path / "one")
