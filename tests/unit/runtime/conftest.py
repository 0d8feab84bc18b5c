"""Workshops, one for each compiler of the machine, with the runtime under sanitizers."""

import os
from collections.abc import Callable

import pytest

from tests.program_build import Workshop, open_workshop
from tests.unit.runtime.c_program import COMPILERS, CProgram, build


@pytest.fixture(scope="session", params=COMPILERS)
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return open_workshop(shared, sanitize=True, cc=request.param)


@pytest.fixture(scope="session")
def c_program(workshop: Workshop) -> Callable[[str], CProgram]:
    """Builds a program of `programs/` by its name, once."""
    built: dict[str, CProgram] = {}

    def get(name: str) -> CProgram:
        if name not in built:
            built[name] = build(workshop, name)
        return built[name]

    return get
