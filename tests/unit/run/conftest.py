"""A project, and one cache for the whole session: the runtime is compiled once."""

import os
from pathlib import Path

import click
import pytest

from tests.unit.run.tool import Refused, Tool, refusal
from x07bundle.project.init import create


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "x07-cache"


@pytest.fixture
def tool(tmp_path: Path, cache_folder: Path) -> Tool:
    """The commands, in the default project of `x07 init`."""
    create(tmp_path / "hello")
    return Tool(tmp_path / "hello", {"X07_CACHE_DIR": str(cache_folder)})


@pytest.fixture
def refused(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refused:
    """What a command says that fails before it prints or writes anything."""

    def call(command: click.Command, arguments: tuple[str, ...]) -> str:
        monkeypatch.chdir(tool.folder)
        before = sorted(tool.folder.rglob("*"))
        said = refusal(command, arguments)
        assert capsys.readouterr() == ("", "")
        assert sorted(tool.folder.rglob("*")) == before
        return said

    return call
