"""Engines run the image `full`: the toolchain in it compiles, runs and bundles."""

from pathlib import Path

import pytest

from tests.live import full_image
from tests.live.engines import Engine

pytestmark = pytest.mark.live


def test_in_a_guest(engine: Engine, full: Path) -> None:
    said = engine.load(full)
    assert engine.name == "ctr" or f"Loaded image: {engine.named(full_image.NAME)}" in said
    full_image.check(engine)
