"""Images of engines that are broken, slow, or not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.fakes import engines
from tests.fakes.engines import fails
from tests.unit.vm.conftest import Setting
from tests.unit.vm.samples import CONFIG, MANIFEST, REFERENCE
from x07bundle.vm import asking, images
from x07bundle.vm.failures import EngineError

FOUND: Final = {
    "docker": (engines.docker_image(CONFIG.value), CONFIG),
    "podman": (engines.podman_image(CONFIG.value, MANIFEST.value), CONFIG),
    "firecracker-ctr": (engines.ctr_images((REFERENCE, MANIFEST.value)), MANIFEST),
    "apple-container": (engines.apple_image(MANIFEST.value), MANIFEST),
}


@pytest.mark.parametrize("name", sorted(FOUND))
@pytest.mark.parametrize(
    "script",
    [
        engines.GARBAGE,
        "echo '[1, 2]'",
        "echo '[{\"Id\": 1}]'",
        'echo \'[{"Id": "sha256:short"}]\'',
        "echo REF",
        "printf 'REF TYPE DIGEST\\nshort row\\n'",
        "printf 'REF TYPE DIGEST\\na b sha256:12 c\\n'",
        fails("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"),
        fails(""),
        "kill -9 $$",
        r"/usr/bin/head -c 100000 /dev/zero | /usr/bin/tr '\0' '['",
    ],
)
def test_broken_engines(on: Callable[[str], Setting], name: str, script: str) -> None:
    setting = on(name)
    setting.engine.answers({"*": script})
    with pytest.raises(EngineError) as caught:
        images.resolve(setting.backend, REFERENCE, MANIFEST)
    assert caught.value.exit_code == 126
    assert "\ufffd" not in caught.value.render() or script == engines.GARBAGE


@pytest.mark.parametrize("name", sorted(FOUND))
def test_no_engine(on: Callable[[str], Setting], name: str) -> None:
    with pytest.raises(EngineError) as caught:
        images.resolve(on(name).backend, REFERENCE)
    assert "program not found" in caught.value.render()


@pytest.mark.parametrize("name", sorted(FOUND))
def test_an_engine_that_hangs(on: Callable[[str], Setting], name: str) -> None:
    setting = on(name)
    setting.engine.answers({"*": engines.HANGS})
    with pytest.raises(EngineError, match="no answer within"):
        asking.ask(setting.backend.digests(REFERENCE), 200)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_an_engine_that_hangs_over_an_image(
    on: Callable[[str], Setting], tmp_path: Path, name: str
) -> None:
    setting = on(name)
    setting.engine.answers({"*": engines.HANGS})
    (tmp_path / "image.tar").write_bytes(b"x")
    with pytest.raises(EngineError) as caught:
        images.load(setting.backend, tmp_path / "image.tar", wall_ms=200)
    said = caught.value.render()
    assert said.startswith(f"error: {name} does not take the image of `{tmp_path}/image.tar`\n")
    assert "no answer within 0.2 s" in said
    assert "hint: " in said


def test_a_large_image_has_more_time(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"x")
    least = images.load_wall_ms(archive)
    with archive.open("wb") as stream:
        stream.truncate(500 << 20)
    assert images.load_wall_ms(archive) - least == 500_000


@pytest.mark.parametrize("name", sorted(FOUND))
def test_a_slow_engine_is_waited_for(on: Callable[[str], Setting], name: str) -> None:
    setting = on(name)
    said, digest = FOUND[name]
    setting.engine.answers({"*": f"/bin/sleep 0.3; {setting.says(said)}"})
    assert images.resolve(setting.backend, REFERENCE).digest == digest
