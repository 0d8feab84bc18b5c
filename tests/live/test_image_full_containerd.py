"""containerd runs the image `full`: the toolchain in it compiles, runs and bundles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import engines, full_image
from tests.live.engines import Engine

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def containerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with engines.containerd(tmp_path_factory.mktemp("containerd")) as engine:
        yield engine


def test_in_containerd(containerd: Engine, full: Path) -> None:
    containerd("images", "import", str(full))
    full_image.check(containerd, full_image.LOCAL)
