"""podman runs the image `full`: the toolchain in it compiles, runs and bundles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import engines, full_image
from tests.live.engines import Engine

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.podman(tmp_path_factory.mktemp("podman")) as engine:
        yield engine


def test_in_podman(podman: Engine, full: Path) -> None:
    assert f"Loaded image: {full_image.LOCAL}" in podman("load", "-i", str(full))
    full_image.check(podman, full_image.LOCAL)
