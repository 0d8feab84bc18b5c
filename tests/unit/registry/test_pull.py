"""Pulls: every byte is checked, what breaks goes on, and the output is whole or as it was."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import registry as fake
from tests.unit.registry import images
from x07bundle.errors import OutputError
from x07bundle.image import oci
from x07bundle.image.layout import open_layout
from x07bundle.registry.failure import RegistryError, UntrueError
from x07bundle.registry.pull import state_folder


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return images.make(tmp_path / "image")


@pytest.fixture
def server(layout: Path) -> Iterator[fake.Registry]:
    """With the image as `team/app:v1`."""
    with fake.serving() as started:
        images.pushed(images.session(started), layout)
        started.seen.clear()
        yield started


def blobs(layout: Path) -> dict[str, bytes]:
    opened = open_layout(layout)
    found = {}
    for digest, span in opened.spans.items():
        data = span.file.read_bytes()[span.offset_bytes : span.offset_bytes + span.size_bytes]
        assert digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
        found[digest] = data
    return found


def large(layout: Path) -> str:
    return max(blobs(layout), key=lambda digest: len(blobs(layout)[digest]))


@pytest.mark.parametrize("name", ["out", "out.tar"])
def test_what_was_pushed_comes_back(
    server: fake.Registry, layout: Path, tmp_path: Path, name: str
) -> None:
    images.pulled(images.session(server), tmp_path / name)
    assert blobs(tmp_path / name) == blobs(layout)
    found = [one.digest for one in open_layout(tmp_path / name).top.manifests]
    assert found == [one.digest for one in open_layout(layout).top.manifests]
    assert not state_folder(tmp_path / name).exists()


def test_an_index_comes_with_all_it_names(tmp_path: Path) -> None:
    one, two = images.make(tmp_path / "one"), images.make(tmp_path / "two", "arm64", 2)
    with fake.serving(has_referrers=True) as server:
        done = images.pushed(images.session(server), one, two)
        images.pulled(images.session(server), tmp_path / "out")
    assert {**blobs(one), **blobs(two)}.items() <= blobs(tmp_path / "out").items()
    assert open_layout(tmp_path / "out").top.manifests[0].digest == done.root.digest


def test_signatures_by_tag_come_along(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    root = open_layout(layout).top.manifests[0].digest
    other = images.make(tmp_path / "signature", seed=9, referrer=False)
    tag = root.replace(":", "-") + ".sig"
    images.pushed(images.session(server, f"team/app:{tag}"), other)
    images.pulled(images.session(server), tmp_path / "out")
    assert blobs(other).items() <= blobs(tmp_path / "out").items()
    again = tmp_path / "again"
    with fake.serving() as second:
        images.pushed(images.session(second), tmp_path / "out")
        assert ("team/app", tag) in second.manifests
        images.pulled(images.session(second), again)
    assert blobs(again) == blobs(tmp_path / "out")


def test_what_was_pulled_is_not_got_again(server: fake.Registry, tmp_path: Path) -> None:
    out = tmp_path / "out"
    images.pulled(images.session(server), out)
    server.seen.clear()
    done = images.pulled(images.session(server), out)
    assert set(images.outcomes(done)) == {"there"}
    assert server.methods("/blobs/") == []


def test_damage_of_what_was_pulled_is_mended(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    images.pulled(images.session(server), out)
    file = out / "blobs/sha256" / large(layout).removeprefix("sha256:")
    file.write_bytes(b"x" * images.LAYER_BYTES)
    done = images.pulled(images.session(server), out)
    assert sorted(images.outcomes(done)).count("pulled") == 1
    assert blobs(out) == blobs(layout)


def test_cuts_go_on_where_they_were(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    server.faults.cut_get = [100_000, 70_000, 1]
    images.pulled(images.session(server), tmp_path / "out")
    assert blobs(tmp_path / "out") == blobs(layout)
    ranges = [one.range for one in server.seen if one.range]
    assert ranges == ["bytes=100000-", "bytes=170000-", "bytes=170001-"]


def test_the_next_process_goes_on(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    server.faults.cut_get = [200_000, *([0] * 20)]
    with pytest.raises(RegistryError):
        images.pulled(images.session(server), out)
    assert not out.exists()
    server.faults.cut_get.clear()
    server.seen.clear()
    done = images.pulled(images.session(server), out)
    assert "resumed" in images.outcomes(done)
    assert [one.range for one in server.seen if one.range] == ["bytes=200000-"]
    assert blobs(out) == blobs(layout)


def test_a_wrong_part_of_an_earlier_process(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    state_folder(out).mkdir()
    part = state_folder(out) / (large(layout).removeprefix("sha256:") + ".part")
    part.write_bytes(b"x" * 1000)
    images.pulled(images.session(server), out)
    assert blobs(out) == blobs(layout)


def test_a_wrong_whole_of_an_earlier_process(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    """A crash of the machine may leave a file with its name and size, and other bytes."""
    out = tmp_path / "out"
    state_folder(out).mkdir()
    whole = state_folder(out) / large(layout).removeprefix("sha256:")
    whole.write_bytes(b"x" * images.LAYER_BYTES)
    images.pulled(images.session(server), out)
    assert blobs(out) == blobs(layout)


@pytest.mark.parametrize("fault", ["no_range", "wrong_range"])
def test_a_range_that_is_not_kept(
    server: fake.Registry, layout: Path, tmp_path: Path, fault: str
) -> None:
    server.faults.cut_get = [100_000]
    setattr(server.faults, fault, True)
    if fault == "no_range":
        images.pulled(images.session(server), tmp_path / "out")
        assert blobs(tmp_path / "out") == blobs(layout)
        return
    with pytest.raises(RegistryError, match="another part"):
        images.pulled(images.session(server), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["blob", "manifest"])
def test_wrong_bytes_are_refused(
    server: fake.Registry, layout: Path, tmp_path: Path, kind: str
) -> None:
    root = open_layout(layout).top.manifests[0].digest
    server.faults.wrong_bytes = large(layout) if kind == "blob" else root
    with pytest.raises(UntrueError, match="wrong bytes"):
        images.pulled(images.session(server), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_not_there(server: fake.Registry, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="there is no") as caught:
        images.pulled(images.session(server, "team/app:none"), tmp_path / "out")
    assert caught.value.hint is not None


@pytest.mark.parametrize("every", [2, 3, 5])
def test_500_now_and_then(server: fake.Registry, layout: Path, tmp_path: Path, every: int) -> None:
    server.faults.every_500 = every
    images.pulled(images.session(server, patience=images.STUBBORN), tmp_path / "out")
    assert blobs(tmp_path / "out") == blobs(layout)


def test_what_is_no_layout_is_not_replaced(server: fake.Registry, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="is no image layout"):
        images.pulled(images.session(server), tmp_path / "out")
    assert server.seen == []
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


def test_lists_of_referrers_stay_at_the_registry(layout: Path, tmp_path: Path) -> None:
    with fake.serving(has_referrers=True) as server, fake.serving() as other:
        images.pushed(images.session(server), layout)
        server.faults.link = f'<http://{other.host}/v2/next>; rel="next"'
        with pytest.raises(RegistryError, match="continues its list"):
            images.pulled(images.session(server), tmp_path / "out")
        assert other.seen == []


def test_a_list_without_end(layout: Path, tmp_path: Path) -> None:
    with fake.serving(has_referrers=True) as server:
        done = images.pushed(images.session(server), layout)
        server.faults.link = f'</v2/team/app/referrers/{done.root.digest}>; rel="next"'
        with pytest.raises(RegistryError, match="without end"):
            images.pulled(images.session(server), tmp_path / "out")


def test_two_pulls_to_one_output(server: fake.Registry, tmp_path: Path) -> None:
    folder = state_folder(tmp_path / "out")
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="another pull writes"):
            images.pulled(images.session(server), tmp_path / "out")
    finally:
        os.close(handle)
    images.pulled(images.session(server), tmp_path / "out")
    assert (tmp_path / "out").is_dir()


def test_a_folder_that_another_could_have_made_is_not_used(
    server: fake.Registry, tmp_path: Path
) -> None:
    """Its name is known before: a link there would have blobs written to where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    state_folder(tmp_path / "out").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="cannot write"):
        images.pulled(images.session(server), tmp_path / "out")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder away needs root")
def test_a_folder_of_another_user_is_not_used(server: fake.Registry, tmp_path: Path) -> None:
    folder = state_folder(tmp_path / "out")
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(OutputError, match="is of another user"):
        images.pulled(images.session(server), tmp_path / "out")
    assert list(folder.iterdir()) == []


def test_the_folder_beside_the_output_is_for_its_owner(
    server: fake.Registry, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    server.faults.cut_get = [0] * 20
    with pytest.raises(RegistryError):
        images.pulled(images.session(server), out)
    assert state_folder(out).stat().st_mode & 0o777 == 0o700


def test_a_folder_in_the_place_of_a_blob(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (state_folder(out) / large(layout).removeprefix("sha256:")).mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot write"):
        images.pulled(images.session(server), out)


def test_referrers_of_unknown_kinds_are_left_out(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    tag = open_layout(layout).top.manifests[0].digest.replace(":", "-")
    odd = b'{"mediaType":"application/odd+json","digest":"sha256:' + b"5" * 64 + b'","size":2},'
    kind, data = server.manifests["team/app", tag]
    changed = data.replace(b'"manifests":[', b'"manifests":[' + odd)
    server.manifests["team/app", tag] = (kind, changed)
    images.pulled(images.session(server), tmp_path / "out")
    assert blobs(tmp_path / "out") == blobs(layout)


def test_an_index_of_nothing_is_no_image(server: fake.Registry, tmp_path: Path) -> None:
    document = {"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": []}
    server.manifests["team/app", "v1"] = (oci.INDEX, json.dumps(document).encode())
    with pytest.raises(RegistryError, match="names no image") as caught:
        images.pulled(images.session(server), tmp_path / "out")
    assert caught.value.hint
    assert not (tmp_path / "out").exists()
