"""What live tests share: a sanitized client, servers, a certificate authority."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import (
    certificates,
    engines,
    full_image,
    guest_tool,
    http_program,
    http_server,
    registries,
    vm_engines,
)
from tests.live.engines import Engine
from tests.live.guest_tool import Tool
from tests.live.nginx import Nginx
from tests.live.nginx import serving as serving_nginx
from tests.needs import missing
from tests.program_build import Workshop, open_workshop


@pytest.fixture(scope="session")
def sanitized(workshop: Workshop) -> Workshop:
    """Where programs with sanitizers, and with guards that can be taken out, are built."""
    return open_workshop(workshop.folder.parent, sanitize=True)


@pytest.fixture(scope="session")
def http_client(sanitized: Workshop) -> Path:
    headers = Path("/usr/include").rglob("curl/curl.h")
    if next(headers, None) is None:
        missing("no headers of libcurl (`apt-get install libcurl4-openssl-dev`)")
    return http_program.build_client(sanitized)


@pytest.fixture
def client(http_client: Path, tmp_path: Path) -> http_program.Client:
    return http_program.open_client(http_client, tmp_path)


@pytest.fixture(scope="module")
def server() -> Iterator[http_server.Server]:
    with http_server.serving() as started:
        yield started


@pytest.fixture(scope="module")
def other() -> Iterator[http_server.Server]:
    """Beside `server`."""
    with http_server.serving() as started:
        yield started


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> certificates.Authority:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on PATH")
    return certificates.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def nginx(
    tmp_path_factory: pytest.TempPathFactory, authority: certificates.Authority
) -> Iterator[Nginx]:
    """For tests that are marked with `needs_nginx`."""
    with serving_nginx(tmp_path_factory.mktemp("nginx"), authority) as started:
        yield started


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the image `full`; the processes of one session share it."""
    base = tmp_path_factory.getbasetemp()
    return full_image.build(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Live]:
    """One that is open to all."""
    with registries.serving(tmp_path_factory.mktemp("registry") / "open") as live:
        yield live


@pytest.fixture(scope="module", params=engines.STARTERS)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    with engines.STARTERS[request.param](tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture(scope="session", params=vm_engines.NAMES)
def tool(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, full: Path
) -> Iterator[Tool]:
    """`x07` on each engine that has the image `full`."""
    folder = tmp_path_factory.mktemp(f"full-{request.param}")
    with guest_tool.started(request.param, folder, full) as started:
        yield started
