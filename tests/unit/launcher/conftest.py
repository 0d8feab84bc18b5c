"""The program that asks containerd, and a containerd for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import containerd
from tests.fakes.containerd import Containerd


@pytest.fixture(scope="session", params=["plain", "sanitized"])
def question(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("question")
    return containerd.build(folder, is_sanitized=request.param == "sanitized")


@pytest.fixture(scope="session")
def server(question: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containerd]:
    """In a folder with a short name: the path of a socket has 107 bytes at most."""
    folder = tmp_path_factory.mktemp("c")
    with containerd.listening(question, str(folder / "s")) as started:
        yield started
