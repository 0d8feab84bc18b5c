"""Workshops, one for each compiler of the machine, with the runtime under sanitizers."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.program_build import INCLUDE, WARNINGS, Workshop, open_workshop
from tests.unit.runtime import policies
from tests.unit.runtime.c_program import COMPILERS, PROGRAMS, CProgram, build
from tests.unit.runtime.confinement import NOBODY, Confined
from tests.unit.runtime.file_calls import WAYS, Files, Sandbox


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


# -- programs that use files


@pytest.fixture(params=WAYS)
def fs(
    request: pytest.FixtureRequest, c_program: Callable[[str], CProgram], tmp_path: Path
) -> Files:
    """Files of an empty folder: without a sandbox, and in one that allows all that is asked."""
    return Files(c_program("files"), tmp_path, WAYS[request.param])


@pytest.fixture
def sandbox(c_program: Callable[[str], CProgram], tmp_path: Path) -> Sandbox:
    """Files of a folder with `data`, `out` and `secret`; a file in each holds its name."""
    for name in ("data", "out", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(name.encode())
    return lambda **fields: Files(c_program("files"), tmp_path, policies.files(**fields))


# -- programs that confine themselves

LIBRARIES = [name for name in ("cc", "musl-gcc") if shutil.which(name)]
"""Compilers, each with a C library of its own."""


@pytest.fixture(scope="session", params=LIBRARIES)
def executable(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without sanitizers, which need memory and calls of their own."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    workshop = open_workshop(shared, sanitize=False, cc=request.param, testing=True)
    built = workshop.folder / f"confined-{os.getpid()}"
    words = (workshop.cc, *WARNINGS, *workshop.flags, f"-I{INCLUDE}")
    words += (str(PROGRAMS / "confined.c"), str(workshop.archive), "-lm", "-lpthread", "-o")
    subprocess.run((*words, str(built)), check=True)
    return built


@pytest.fixture
def confined(executable: Path, tmp_path: Path) -> Confined:
    return Confined(executable, tmp_path)


@pytest.fixture
def unprivileged(executable: Path) -> Iterator[Confined]:
    """A user without power over the system, in a folder of its own, which anybody can reach."""
    with tempfile.TemporaryDirectory(prefix="x07-confine-") as name:
        program = Path(shutil.copy(executable, name))
        user = NOBODY if os.getuid() == 0 else None
        if user is not None:
            os.chown(name, user, user)
        Path(name).chmod(0o755)
        yield Confined(program, Path(name), user)
