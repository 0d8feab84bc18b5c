"""Fixtures that tests of several rooms share."""

import os
from pathlib import Path

import pytest

from tests.program_build import Workshop, open_workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Where programs are built; the processes of one session share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    sanitize = os.environ.get("X07_SANITIZE") == "1"
    return open_workshop(shared, sanitize=sanitize, cc=os.environ.get("X07_TEST_CC"))


@pytest.fixture(scope="session")
def x07_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of the tool under test; the processes of one session share it."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "x07-cache"
