"""docker runs the image `full`: the toolchain in it compiles, runs and bundles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import engines, full_image
from tests.live.engines import Engine

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.docker(tmp_path_factory.mktemp("docker")) as engine:
        yield engine


def test_in_docker(docker: Engine, full: Path) -> None:
    assert f"Loaded image: {full_image.NAME}" in docker("load", "-i", str(full))
    full_image.check(docker, full_image.NAME)
