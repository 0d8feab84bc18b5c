"""A tool with a small runtime, for every test of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.native.stub_sources import installed, write_stubs


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the tool's own files are in."""
    root = write_stubs(tmp_path / "tool")
    with installed(root, monkeypatch):
        yield root
