"""`x07 pkg` with an index on a server of loopback: good, bad, and killed half way."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.cli.commands import X07, environment, x07
from tests.unit.cli.test_pkg import error, files, report
from tests.unit.project.packages import server as answers
from tests.unit.project.packages.server import Handler, Server, serving
from tests.unit.project.packages.sources import IndexFolder
from tests.unit.project.projects import write
from x07bundle.project.packages import tar

ARCHIVE = "/dl/a/1.0.0/download"


class Place(NamedTuple):
    """A project, and the index that it uses: named in its configuration."""

    project: Path
    served: IndexFolder
    server: Server


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    index = IndexFolder(tmp_path / "served")
    index.add("a", "1.0.0", ["b@>=1.0.0"])
    index.add("b", "1.0.0")
    project = tmp_path / "project"
    project.mkdir()
    write(project)
    with serving(index.folder) as server:
        index.config(f"{server.url}/dl")
        config = {"schema_version": "x07.config@0.1.0", "pkg": {"index": f"{server.url}/index/"}}
        (project / "x07.config.json").write_text(json.dumps(config))
        yield Place(project, index, server)


def packages_in(project: Path) -> list[str]:
    return sorted(path.parent.name for path in project.glob(".x07/deps/*/*"))


def test_add(place: Place) -> None:
    result = report("add", "a", "--sync", folder=place.project)["result"]
    assert [one["name"] for one in result["lock"]["fetched"]] == ["a", "b"]
    assert list(result["lock"]["fetched"][0]) == ["name", "version", "path", "sha256"]
    assert result["lock"]["index"] == f"{place.server.url}/index/"
    assert [one["name"] for one in result["transitive_added"]] == ["b"]
    first = files(place.project)
    report("add", "a", "--sync", folder=place.project)
    assert files(place.project) == first
    report("lock", "--check", "--offline", folder=place.project)
    done = x07("pkg", "list", folder=place.project)
    assert json.loads(done.stdout)["error"]["code"] == "X07PKG_LIST_UNSUPPORTED"


def refused(place: Place, code: str, words: str) -> None:
    """Adding fails, and leaves nothing but what was whole."""
    before = files(place.project)
    found, told = error("add", "a", "--sync", folder=place.project)
    assert found == code
    assert words in told
    kept = {name: data for name, data in files(place.project).items() if "/cache/" not in name}
    assert {name: data for name, data in kept.items() if ".x07/deps/b" not in name} == before
    assert "a" not in packages_in(place.project)


@pytest.mark.parametrize("name", ["../../../evil", "/tmp/evil", "modules/../../../evil"])
def test_archives_that_lead_elsewhere(place: Place, name: str) -> None:
    place.served.publish(tar.write({name: b"x", "x07-package.json": b"{}"}), "a", "1.0.0")
    refused(place, "X07PKG_DOWNLOAD_FAILED", "is no package archive that can be used")
    assert not list(place.project.parent.rglob("evil"))


def test_bad_servers(place: Place) -> None:
    odd = place.server.odd
    data = place.served.folder / ARCHIVE[1:]
    data.write_bytes(data.read_bytes()[:-1] + b"x")
    refused(place, "X07PKG_DOWNLOAD_FAILED", "wrong checksum")
    odd[ARCHIVE] = answers.huge
    refused(place, "X07PKG_DOWNLOAD_FAILED", "more than")
    odd[ARCHIVE] = answers.status(404)
    refused(place, "X07PKG_DOWNLOAD_FAILED", "has no archive of it")
    odd["/index/1/a"] = answers.status(401)
    refused(place, "X07PKG_INDEX_FETCH", "credentials.json")


def test_a_conflict(place: Place) -> None:
    place.served.add("c", "1.0.0", ["b@2.0.0"])
    place.served.add("b", "2.0.0")
    report("add", "a@1.0.0", folder=place.project)
    report("add", "b@1.0.0", folder=place.project)
    before = (place.project / "x07.json").read_bytes()
    done = x07("pkg", "add", "c", "--sync", folder=place.project)
    assert (done.returncode, done.stdout) == (2, "")
    assert "dependency version conflict: two versions of `b`" in done.stderr
    assert "c@1.0.0 needs b@2.0.0" in done.stderr
    assert "hint: " in done.stderr
    assert (place.project / "x07.json").read_bytes() == before


def test_killed_while_it_downloads(place: Place) -> None:
    """Half of an archive was sent when the command dies; the next one starts again."""
    is_sent, may_end = threading.Event(), threading.Event()

    def half_and_wait(handler: Handler, data: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        is_sent.set()
        may_end.wait(60)

    place.server.odd[ARCHIVE] = half_and_wait
    before = files(place.project)
    command = (*X07, "pkg", "add", "a", "--sync")
    with subprocess.Popen(command, cwd=place.project, env=environment()) as running:
        assert is_sent.wait(60)
        os.kill(running.pid, signal.SIGKILL)
    may_end.set()
    assert files(place.project) == before
    del place.server.odd[ARCHIVE]
    report("add", "a", "--sync", folder=place.project)
    assert packages_in(place.project) == ["a", "b"]


def test_two_at_once(place: Place) -> None:
    """Neither loses what the other adds."""
    for name in "cdef":
        place.served.add(name, "1.0.0")
    running = [
        subprocess.Popen(
            (*X07, "pkg", "add", name, "--sync"),
            cwd=place.project,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name in "cdef"
    ]
    assert [each.wait(60) for each in running] == [0, 0, 0, 0]
    document = json.loads((place.project / "x07.json").read_bytes())
    assert [one["name"] for one in document["dependencies"]] == ["c", "d", "e", "f"]
    report("lock", "--check", folder=place.project)


def test_a_token(place: Place, tmp_path: Path) -> None:
    """It is sent, and never said."""
    url = f"{place.server.url}/index/"
    document = {"schema_version": "x07.credentials@0.1.0", "tokens": {url: "very-secret"}}
    (tmp_path / "credentials.json").write_text(json.dumps(document))
    place.server.odd["/index/1/a"] = answers.status(403)
    variables = {"X07_PKG_HOME": str(tmp_path)}
    done = x07("pkg", "add", "a", "--sync", folder=place.project, variables=variables)
    assert done.returncode == 20
    assert "very-secret" not in done.stdout + done.stderr
    sent = [headers.get("Authorization") for _, headers in place.server.requests]
    assert sent == ["Bearer very-secret"]


def test_an_index_that_is_down(place: Place) -> None:
    report("add", "a", "--sync", folder=place.project)
    place.server.shutdown()
    place.server.server_close()
    report("lock", "--check", "--offline", folder=place.project)
    code, told = error("versions", "a", folder=place.project)
    assert code == "X07PKG_INDEX_FETCH"
    assert "connection refused" in told
