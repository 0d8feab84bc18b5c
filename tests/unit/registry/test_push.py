"""Pushes: what is there is not sent, what breaks goes on, and success is never false."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import registry as fake
from tests.unit.registry import images
from x07bundle.errors import UsageError, X07Error
from x07bundle.registry import upload
from x07bundle.registry.failure import RegistryError, UntrueError
from x07bundle.registry.push import Choices


@pytest.fixture
def server() -> Iterator[fake.Registry]:
    with fake.serving() as started:
        yield started


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return images.make(tmp_path / "image")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The large layer goes in four pieces."""
    monkeypatch.setattr(upload, "CHUNK_BYTES", 90_000)


def test_all_of_it_is_there(server: fake.Registry, layout: Path) -> None:
    done = images.pushed(images.session(server), layout)
    names = {path.name for path in (layout / "blobs/sha256").iterdir()}
    kept = {digest for _, digest in server.blobs} | {digest for _, digest in server.manifests}
    assert {f"sha256:{name}" for name in names} <= kept
    assert server.manifests["team/app", "v1"][1] == done.root.data


def test_what_is_there_is_not_sent_again(server: fake.Registry, layout: Path) -> None:
    images.pushed(images.session(server), layout)
    server.seen.clear()
    done = images.pushed(images.session(server), layout)
    assert set(images.outcomes(done)) == {"there"}
    assert server.methods("uploads") == []


def test_blobs_are_mounted_from_another_repository(server: fake.Registry, layout: Path) -> None:
    images.pushed(images.session(server, "base/one:v1"), layout)
    server.seen.clear()
    choices = Choices(mount_from=("base/other", "base/one"))
    done = images.pushed(images.session(server), layout, choices=choices)
    assert set(images.outcomes(done)) == {"mounted"}
    assert "PUT" not in server.methods("uploads") + server.methods("PATCH")


def test_no_referrers_api_gives_the_tag(server: fake.Registry, layout: Path) -> None:
    done = images.pushed(images.session(server), layout)
    tag = done.root.digest.replace(":", "-")
    assert images.outcomes(done, "referrer") == ["tag"]
    assert b"application/spdx+json" in server.manifests["team/app", tag][1]


def test_the_tag_of_referrers_keeps_those_of_others(server: fake.Registry, layout: Path) -> None:
    done = images.pushed(images.session(server), layout)
    tag = done.root.digest.replace(":", "-")
    other = server.manifests["team/app", tag][1].replace(
        b'"digest":"sha256:', b'"digest":"sha256:0'
    )
    digest = b"sha256:" + b"7" * 64
    first = other.index(b'"sha256:') + 1
    other = other[:first] + digest + other[other.index(b'"', first) :]
    server.manifests["team/app", tag] = (fake.INDEX, other)
    images.pushed(images.session(server), layout)
    written = server.manifests["team/app", tag][1]
    assert digest in written
    assert written.count(b'"digest"') == 2


def test_a_referrers_api_that_lists_needs_no_tag(layout: Path) -> None:
    with fake.serving(has_referrers=True) as server:
        done = images.pushed(images.session(server), layout)
        assert images.outcomes(done, "referrer") == ["api"]
        assert ("team/app", done.root.digest.replace(":", "-")) not in server.manifests


def test_a_promise_of_the_api_alone_is_not_believed(server: fake.Registry, layout: Path) -> None:
    server.faults.promises_subject = True
    assert images.outcomes(images.pushed(images.session(server), layout), "referrer") == ["tag"]


def test_two_architectures_become_an_index(server: fake.Registry, tmp_path: Path) -> None:
    one, two = images.make(tmp_path / "one"), images.make(tmp_path / "two", "arm64", 2)
    done = images.pushed(images.session(server), one, two)
    assert done.root.media_type == fake.INDEX
    assert b'"architecture":"amd64"' in done.root.data
    assert b'"architecture":"arm64"' in done.root.data
    again = images.pushed(images.session(server), two, one)
    assert again.root.digest == done.root.digest
    assert len(images.outcomes(done, "referrer")) == 2


def test_two_images_for_one_platform_are_ambiguous(server: fake.Registry, tmp_path: Path) -> None:
    one, two = images.make(tmp_path / "one"), images.make(tmp_path / "two", seed=2)
    with pytest.raises(UsageError, match="several images for linux/amd64"):
        images.pushed(images.session(server), one, two)
    assert server.seen == []


@pytest.mark.parametrize("every", [2, 3, 4, 5])
def test_500_now_and_then(server: fake.Registry, layout: Path, every: int) -> None:
    server.faults.every_500 = every
    done = images.pushed(images.session(server, patience=images.STUBBORN), layout)
    assert server.manifests["team/app", "v1"][1] == done.root.data


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_statuses_are_waited_for(server: fake.Registry, layout: Path, status: int) -> None:
    server.faults.statuses = [status, status]
    server.faults.retry_after = "7"
    pauses: list[float] = []
    images.pushed(images.session(server, pause=pauses.append), layout)
    assert [seconds for seconds in pauses if seconds] == [7.0, 7.0]


def test_an_endless_wait_is_not_waited(server: fake.Registry, layout: Path) -> None:
    server.faults.statuses, server.faults.retry_after = [429], "3600"
    with pytest.raises(RegistryError, match="429") as caught:
        images.pushed(images.session(server), layout)
    assert "3600 seconds" in (caught.value.hint or "")


def test_a_refusal_is_not_tried_again(server: fake.Registry, layout: Path) -> None:
    server.faults.statuses = [403]
    with pytest.raises(RegistryError, match="403") as caught:
        images.pushed(images.session(server), layout)
    assert caught.value.hint is not None
    assert len(server.seen) == 1


@pytest.mark.usefixtures("small_chunks")
def test_a_cut_in_a_blob_goes_on_where_it_was(server: fake.Registry, layout: Path) -> None:
    server.faults.cut_put = [50_000, 20_000]
    done = images.pushed(images.session(server), layout)
    sent = sum(one.body_bytes for one in server.seen if "/uploads/" in one.path)
    assert "resumed" in images.outcomes(done)
    assert sent < images.LAYER_BYTES + 2000


@pytest.mark.usefixtures("small_chunks")
def test_the_next_process_goes_on(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    choices = Choices(unfinished=tmp_path / "uploads")
    server.faults.cut_put = [90_000, *([0] * 20)]
    with pytest.raises(RegistryError):
        images.pushed(images.session(server), layout, choices=choices)
    server.faults.cut_put.clear()
    server.seen.clear()
    done = images.pushed(images.session(server), layout, choices=choices)
    sent = sum(one.body_bytes for one in server.seen if "/uploads/" in one.path)
    assert "resumed" in images.outcomes(done)
    assert sent < images.LAYER_BYTES - 80_000
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.usefixtures("small_chunks")
def test_a_lost_upload_is_begun_anew(server: fake.Registry, layout: Path) -> None:
    server.faults.loses_uploads = 1
    done = images.pushed(images.session(server), layout)
    assert set(images.outcomes(done)) == {"pushed"}


@pytest.mark.usefixtures("small_chunks")
def test_uploads_that_are_always_lost_are_an_error(server: fake.Registry, layout: Path) -> None:
    server.faults.loses_uploads = 1000
    with pytest.raises(RegistryError, match="again and again"):
        images.pushed(images.session(server), layout)


@pytest.mark.parametrize("what", ["blobs", "manifests"])
def test_success_without_storing_is_seen(server: fake.Registry, layout: Path, what: str) -> None:
    server.faults.forgets = what
    with pytest.raises(UntrueError, match="does not have it"):
        images.pushed(images.session(server), layout)
    assert ("team/app", "v1") not in server.manifests


def test_what_is_seen_late_is_there(server: fake.Registry, layout: Path) -> None:
    """As stores do that are made of several."""
    server.faults.late = 2
    pauses: list[float] = []
    done = images.pushed(images.session(server, pause=pauses.append), layout)
    assert set(images.outcomes(done)) == {"pushed"}
    assert max(pauses) == 1.0


def test_other_bytes_than_were_pushed_are_seen(server: fake.Registry, layout: Path) -> None:
    large = max((layout / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    server.faults.wrong_bytes = f"sha256:{large.name}"
    with pytest.raises(UntrueError, match="has other bytes"):
        images.pushed(images.session(server), layout)


def test_another_digest_is_not_accepted(server: fake.Registry, layout: Path) -> None:
    server.faults.said_digest = "sha256:" + "0" * 64
    with pytest.raises(UntrueError, match="in the place of"):
        images.pushed(images.session(server), layout)


@pytest.mark.parametrize(
    "location",
    [
        "http://192.0.2.1/up",
        "file:///etc/passwd",
        "//192.0.2.1/up",
        "http://[",
        "http://a@127.0.0.1/",
    ],
)
def test_lying_locations(server: fake.Registry, layout: Path, location: str) -> None:
    server.faults.location = location
    with pytest.raises(RegistryError, match="the registry leads to"):
        images.pushed(images.session(server), layout)


def test_a_location_elsewhere_gets_no_password(layout: Path, tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_text(
        f'{{"auths": {{"127.0.0.1": {{}}, "HOST": {{"auth": "{fake.BASIC[6:]}"}}}}}}'
    )
    with fake.serving("basic") as server, fake.serving() as other:
        file = tmp_path / "auth.json"
        file.write_text(file.read_text().replace("HOST", server.host))
        server.faults.location = f"http://{other.host}/v2/x/blobs/uploads/0"
        opened = images.session(server, env={"REGISTRY_AUTH_FILE": str(file)})
        with pytest.raises(X07Error):
            images.pushed(opened, layout)
        assert any(one.authorization == fake.BASIC for one in server.seen)
        assert other.seen
        assert {one.authorization for one in other.seen} == {""}


def test_damage_of_our_own_is_not_pushed(server: fake.Registry, layout: Path) -> None:
    large = max((layout / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    large.write_bytes(b"x" * large.stat().st_size)
    with pytest.raises(X07Error, match="another digest"):
        images.pushed(images.session(server), layout)
    assert ("team/app", "v1") not in server.manifests


def test_a_digest_in_the_reference_is_checked(server: fake.Registry, layout: Path) -> None:
    with pytest.raises(UsageError, match="the image is not"):
        images.pushed(images.session(server, "team/app@sha256:" + "0" * 64), layout)
    assert server.seen == []
