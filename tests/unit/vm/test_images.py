"""Images are run by digest: engines that answer as the real ones do, and as broken ones do."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.fakes import engines
from tests.fakes.engines import fails
from tests.unit.vm.conftest import Setting
from tests.unit.vm.samples import CONFIG, MANIFEST, OTHER, REFERENCE
from x07bundle.errors import RefusedError, UsageError, X07Error
from x07bundle.vm import images
from x07bundle.vm.failures import EngineError, GuestError
from x07bundle.vm.job import Digest, Image

OWN: Final = "x07.local/guest@" + MANIFEST.value
REPOSITORY: Final = "host.example/team/x07-guest-runner"
NO_IMAGE: Final = fails("Error response from daemon: No such image: x")
NOT_KNOWN: Final = fails("Error: inspecting object: x: image not known", 125)


# -- docker


def test_docker_runs_by_configuration(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    image = docker.says(engines.docker_image(CONFIG.value))
    docker.engine.answers({f"'image inspect {REFERENCE}'": image})
    assert images.resolve(docker.backend, REFERENCE) == Image(REFERENCE, CONFIG)


def test_docker_with_the_store_of_containerd_runs_by_manifest(
    on: Callable[[str], Setting],
) -> None:
    docker = on("docker")
    for image in (
        engines.docker_image(MANIFEST.value, (f"{REPOSITORY}@{MANIFEST.value}",)),
        engines.docker_image(MANIFEST.value, Descriptor={"digest": MANIFEST.value}),
    ):
        docker.engine.answers({"'image inspect '*": docker.says(image)})
        assert images.resolve(docker.backend, REFERENCE, MANIFEST) == Image(REFERENCE, MANIFEST)


def test_a_manifest_that_docker_pulled_is_run_by_its_configuration(
    on: Callable[[str], Setting],
) -> None:
    docker = on("docker")
    image = engines.docker_image(CONFIG.value, (f"{REPOSITORY}@{MANIFEST.value}",))
    docker.engine.answers(
        {
            f"'image inspect {REFERENCE}'": docker.says(image),
            "'image inspect '*": NO_IMAGE,
        }
    )
    for pinned in (MANIFEST, MANIFEST.value):
        found = images.resolve(docker.backend, REFERENCE, pinned)
        assert found == Image(REFERENCE, CONFIG)


def test_a_pinned_image_is_found_whatever_its_name_leads_to(
    on: Callable[[str], Setting],
) -> None:
    docker = on("docker")
    docker.engine.answers(
        {f"'image inspect {CONFIG.value}'": docker.says(engines.docker_image(CONFIG.value))}
    )
    assert images.resolve(docker.backend, REFERENCE, CONFIG) == Image(REFERENCE, CONFIG)
    assert docker.engine.asked == [f"image inspect {CONFIG.value}"]


def test_digests_of_two_kinds_are_never_compared(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    same_bytes = Digest("manifest", CONFIG.value)
    image = docker.says(engines.docker_image(CONFIG.value))
    docker.engine.answers({"'image inspect '*": image})
    with pytest.raises(RefusedError) as caught:
        images.resolve(docker.backend, REFERENCE, same_bytes)
    assert "knows no digest of a manifest for it" in caught.value.render()


def test_a_name_that_leads_elsewhere_is_refused(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    other = docker.says(engines.docker_image("sha256:" + "9" * 64))
    docker.engine.answers(
        {
            f"'image inspect {CONFIG.value}'": NO_IMAGE,
            f"'image inspect {REFERENCE}'": other,
        }
    )
    with pytest.raises(RefusedError) as caught:
        images.resolve(docker.backend, REFERENCE, CONFIG)
    assert caught.value.brief == (
        f'guest digest mismatch for docker: expected "{CONFIG}", got "sha256:{"9" * 64} (config)"'
    )


def test_an_old_docker_says_null(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    image = docker.says(f'[{{"Id": "{CONFIG.value}", "RepoDigests": null}}]')
    docker.engine.answers({"'image inspect '*": image})
    assert images.resolve(docker.backend, REFERENCE).digest == CONFIG


# -- podman


def test_podman_runs_by_configuration(on: Callable[[str], Setting]) -> None:
    podman = on("podman")
    image = podman.says(engines.podman_image(CONFIG.value, MANIFEST.value))
    podman.engine.answers(
        {
            f"'image inspect {REFERENCE}'": image,
            f"'image inspect {CONFIG.value}'": image,
            "'image inspect '*": NOT_KNOWN,
        }
    )
    for pinned in (None, CONFIG, MANIFEST, CONFIG.value, MANIFEST.value):
        assert images.resolve(podman.backend, REFERENCE, pinned) == Image(REFERENCE, CONFIG)


# -- containerd


def test_containerd_runs_by_a_name_with_the_digest_in_it(on: Callable[[str], Setting]) -> None:
    ctr = on("firecracker-ctr")
    folder = ctr.engine.folder
    named, unnamed = engines.ctr_images((OWN, MANIFEST.value)), engines.ctr_images()
    own = f"if test -e {folder}/tagged; then {ctr.says(named)}; else {ctr.says(unnamed)}; fi"
    listed = ctr.says(engines.ctr_images((REFERENCE, MANIFEST.value)))
    ctr.engine.answers(
        {
            f"*'images ls name=={OWN}'": own,
            f"*'images ls name=={REFERENCE}'": listed,
            f"*'images ls name=={REPOSITORY}@{MANIFEST.value}'": ctr.says(unnamed),
            f"*'images tag --force {REFERENCE} {OWN}'": f": > {folder}/tagged",
        }
    )
    assert images.resolve(ctr.backend, REFERENCE, MANIFEST) == Image(REFERENCE, MANIFEST)
    assert len(ctr.engine.asked) == 6
    assert images.resolve(ctr.backend, REFERENCE, MANIFEST) == Image(REFERENCE, MANIFEST)


def test_a_name_with_a_digest_in_it_may_lie(on: Callable[[str], Setting]) -> None:
    ctr = on("firecracker-ctr")
    lie = ctr.says(engines.ctr_images((OWN, OTHER.value)))
    listed = ctr.says(engines.ctr_images((REFERENCE, MANIFEST.value)))
    ctr.engine.answers(
        {
            f"*'images ls name=={OWN}'": lie,
            f"*'images ls name=={REFERENCE}'": listed,
            f"*'images ls name=={REPOSITORY}@{MANIFEST.value}'": ctr.says(engines.ctr_images()),
            "*'images tag '*": ":",
        }
    )
    for pinned in (MANIFEST, None):
        with pytest.raises(RefusedError, match="guest digest mismatch for firecracker-ctr"):
            images.resolve(ctr.backend, REFERENCE, pinned)


def test_a_name_without_a_host_is_one_of_this_machine(on: Callable[[str], Setting]) -> None:
    ctr = on("firecracker-ctr")
    for given, name in (
        ("guest:1", "localhost/guest:1"),
        ("team/guest:1", "localhost/team/guest:1"),
        ("localhost/guest:1", "localhost/guest:1"),
        ("host:5000/guest:1", "host:5000/guest:1"),
    ):
        assert ctr.backend.digests(given).argv[-1] == f"name=={name}"


# -- apple


@pytest.mark.parametrize("answer", [engines.apple_image, engines.old_apple_image])
def test_apple_runs_by_name_once_the_digest_is_right(
    on: Callable[[str], Setting], answer: Callable[[str], str]
) -> None:
    apple = on("apple-container")
    image = apple.says(answer(MANIFEST.value))
    unknown = fails('Error: notFound: "image with reference x"')
    apple.engine.answers(
        {f"'image inspect {REFERENCE}'": image, "'image inspect '*": unknown},
    )
    assert images.resolve(apple.backend, REFERENCE, MANIFEST) == Image(REFERENCE, MANIFEST)
    with pytest.raises(RefusedError, match="guest digest mismatch for apple-container"):
        images.resolve(apple.backend, REFERENCE, OTHER)


# -- missing, pulled, loaded


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("x07-guest-runner:0.1.0", False),
        ("localhost/x07-guest-runner:0.1.0", False),
        ("team/guest", False),
        ("localhost:5000/guest", True),
        ("host.example/team/guest:1", True),
    ],
)
def test_nobody_is_told_to_ask_a_registry_that_the_name_has_not(
    on: Callable[[str], Setting], name: str, asks: bool
) -> None:
    docker = on("docker")
    docker.engine.answers({"'image inspect '*": NO_IMAGE})
    with pytest.raises(GuestError) as caught:
        images.resolve(docker.backend, name)
    assert ("docker pull" in (caught.value.details or "")) == asks


MISSING: Final = {
    "docker": NO_IMAGE,
    "podman": NOT_KNOWN,
    "firecracker-ctr": "echo 'REF TYPE DIGEST SIZE PLATFORMS LABELS '",
    "apple-container": fails('Error: notFound: "image not found"'),
}


@pytest.mark.parametrize("name", sorted(MISSING))
def test_a_missing_image(on: Callable[[str], Setting], name: str) -> None:
    setting = on(name)
    setting.engine.answers({"*'image'*": MISSING[name]})
    with pytest.raises(GuestError) as caught:
        images.resolve(setting.backend, REFERENCE, MANIFEST)
    text = caught.value.render()
    assert caught.value.exit_code == 127
    assert f"x07 vm load --backend {name} ARCHIVE" in text
    assert "pull" in text
    assert f"{REPOSITORY}@{MANIFEST.value}" in text


def test_a_name_alone_is_never_pulled(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    docker.engine.answers({"'image inspect '*": NO_IMAGE})
    with pytest.raises(GuestError) as caught:
        images.resolve(docker.backend, REFERENCE, pull="missing")
    assert "a name alone is never pulled" in caught.value.render()
    assert not any("pull" in words.split()[0] for words in docker.engine.asked)


def test_a_pull_is_by_digest(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    folder = docker.engine.folder
    image = docker.says(
        engines.docker_image(CONFIG.value, (f"{REPOSITORY}@{MANIFEST.value}",)),
    )
    docker.engine.answers(
        {
            f"'image inspect {MANIFEST.value}'": NO_IMAGE,
            f"'image inspect {REPOSITORY}@{MANIFEST.value}'": f"test -e {folder}/got || "
            f"{{ {NO_IMAGE}; }}; {image}",
            f"'image inspect {REFERENCE}'": NO_IMAGE,
            f"'pull --quiet {REPOSITORY}@{MANIFEST.value}'": f": > {folder}/got",
        }
    )
    found = images.resolve(docker.backend, REFERENCE, MANIFEST, "missing")
    assert found.digest == CONFIG


def test_a_pull_that_brings_something_else(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    folder = docker.engine.folder
    other = docker.says(engines.docker_image("sha256:" + "9" * 64))
    docker.engine.answers(
        {
            f"'image inspect {REFERENCE}'": f"test -e {folder}/got || {{ {NO_IMAGE}; }}; {other}",
            "'image inspect '*": NO_IMAGE,
            "'pull '*": f": > {folder}/got",
        }
    )
    with pytest.raises(RefusedError, match="guest digest mismatch"):
        images.resolve(docker.backend, REFERENCE, CONFIG, "missing")


@pytest.mark.parametrize(
    ("name", "said", "expected"),
    [
        ("docker", "Loaded image: guest:1\n", "guest:1"),
        ("docker", "Loaded image: a:1\nLoaded image: b:1\n", "b:1"),
        ("docker", f"Loaded image ID: {CONFIG.value}\n", CONFIG.value),
        ("podman", "Getting\nLoaded image: localhost/guest:1\n", "localhost/guest:1"),
        ("podman", "Loaded image(s): localhost/guest:1\n", "localhost/guest:1"),
        (
            "firecracker-ctr",
            f"unpacking localhost/guest:1 ({MANIFEST.value})...done\n",
            "localhost/guest:1",
        ),
        ("apple-container", "Loaded images:\nlocalhost/guest:1\n", "localhost/guest:1"),
        ("apple-container", "guest:1\n", "guest:1"),
    ],
)
def test_load(
    on: Callable[[str], Setting], tmp_path: Path, name: str, said: str, expected: str
) -> None:
    setting = on(name)
    archive = tmp_path / "run.tar"
    archive.write_bytes(b"x")
    setting.engine.answers({f"*' {archive}'": setting.says(said)})
    assert images.load(setting.backend, archive) == expected


@pytest.mark.parametrize("name", sorted(MISSING))
def test_nothing_was_loaded(on: Callable[[str], Setting], tmp_path: Path, name: str) -> None:
    """`ctr` takes an archive whose image has no name, registers nothing, and exits 0."""
    setting = on(name)
    (tmp_path / "run.tar").write_bytes(b"x")
    setting.engine.answers({"*": engines.NOTHING})
    with pytest.raises(EngineError):
        images.load(setting.backend, tmp_path / "run.tar")


def test_no_archive(on: Callable[[str], Setting], tmp_path: Path) -> None:
    docker = on("docker")
    docker.engine.answers({"*": engines.NOTHING})
    for wrong in (tmp_path / "missing.tar", tmp_path):
        with pytest.raises(X07Error, match="no image archive"):
            images.load(docker.backend, wrong)
    assert docker.engine.asked == []


# -- what people write


@pytest.mark.parametrize(
    "text", ["sha256:12", "a" * 64, "sha256:" + "A" * 64, f"{CONFIG.value} x", "manifest"]
)
def test_no_digest(text: str) -> None:
    with pytest.raises(UsageError, match="X07_VM_GUEST_IMAGE_DIGEST"):
        images.read_pin(text)


def test_digests_of_variables() -> None:
    assert images.read_pin(f" {CONFIG.value}\n") == CONFIG.value
    assert images.read_pin("  ") is None


@pytest.mark.parametrize("reference", ["", "-v", "--help", "a b", "a,b", "/abs", "a\nb", "{{.}}"])
def test_no_reference(on: Callable[[str], Setting], reference: str) -> None:
    docker = on("docker")
    docker.engine.answers({"*": engines.NOTHING})
    with pytest.raises(UsageError, match="is no reference of an image"):
        images.resolve(docker.backend, reference)
    assert docker.engine.asked == []


def test_a_digest_in_a_reference_is_a_pin(on: Callable[[str], Setting]) -> None:
    docker = on("docker")
    docker.engine.answers({"*": docker.says(engines.docker_image(CONFIG.value))})
    whole = f"{REFERENCE}@{CONFIG.value}"
    assert images.resolve(docker.backend, whole) == Image(REFERENCE, CONFIG)
    assert images.resolve(docker.backend, whole, CONFIG) == Image(REFERENCE, CONFIG)
    with pytest.raises(RefusedError, match="is pinned to another digest"):
        images.resolve(docker.backend, whole, OTHER)
    with pytest.raises(UsageError, match="is no digest"):
        images.resolve(docker.backend, f"{REFERENCE}@sha256:12")
