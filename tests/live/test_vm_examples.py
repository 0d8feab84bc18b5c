"""A VM bundle of each example does what its cases say, as the native one does (test_examples).

Those that write files come first; docker gets a few cases of each, the other engines one.
"""

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from tests.live.guest_tool import STREAM, Tool, without_notes
from tests.test_examples import EXAMPLES, content_of, name_of
from tests.unit.contract.policies import policy

pytestmark = pytest.mark.live

AT_ONCE: Final = 4
IN_GUEST: Final = "greet"
"""The one whose payload is compiled in a guest; those of the others, here."""


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy for programs that read and write in the folder that they start in."""
    path = tmp_path_factory.mktemp("policy") / "policy.json"
    roots = {"fs__read_roots": ["."], "fs__write_roots": ["."]}
    document = policy("cli", **roots, language__allow_unsafe=True, language__allow_ffi=True)
    path.write_text(json.dumps(document))
    return path


def bundled(tool: Tool, project: Path, granted: Path, folder: Path) -> Path:
    words = ("--world", "run-os-sandboxed", "--policy", str(granted), "--out", "dist/app")
    where = ("--payload-build", "guest" if project.name == IN_GUEST else "host")
    report = tool.report(folder, "bundle", "--project", str(project / "x07.json"), *words, *where)
    assert report["bundle"]["kind"] == "vm"
    return folder / "dist/app"


def cases(project: Path, most: int = 1) -> list[Path]:
    found = sorted((project / "cases").glob("*.json"))
    found.sort(key=lambda path: "writes" not in json.loads(path.read_bytes()))
    return found[:most]


def links(project: Path) -> bool:
    """With libraries of this machine."""
    return bool(json.loads((project / "x07.json").read_bytes()).get("link", {}).get("libs"))


PORTABLE: Final = [each for each in EXAMPLES if not links(each)]


@pytest.mark.parametrize("project", PORTABLE, ids=name_of)
def test_example(tool: Tool, project: Path, granted: Path, tmp_path: Path) -> None:
    app = bundled(tool, project, granted, tmp_path)
    chosen = cases(project, AT_ONCE if tool.engine.name == "docker" else 1)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda path: check_case(tool, app, path, tmp_path / path.stem), chosen))


def test_files_as_a_stream(tool: Tool, granted: Path, tmp_path: Path) -> None:
    """The same where nothing is mounted."""
    project = next(each for each in EXAMPLES if each.name == "keep")
    app = bundled(tool, project, granted, tmp_path)
    [path] = cases(project)
    check_case(tool, app, path, tmp_path / "case", more=STREAM)


def test_an_example_with_a_library_of_this_machine(
    tool: Tool, granted: Path, tmp_path: Path
) -> None:
    project = next(each for each in EXAMPLES if links(each))
    words = ("--world", "run-os-sandboxed", "--policy", str(granted), "--out", "dist/app")
    done = tool.x07(tmp_path, "bundle", "--project", str(project / "x07.json"), *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"names libraries of this machine" in done.stderr
    assert not (tmp_path / "dist").exists()


def check_case(
    tool: Tool, app: Path, path: Path, folder: Path, more: Mapping[str, str] = {}
) -> None:
    case: Mapping[str, Any] = json.loads(path.read_bytes())
    folder.mkdir()
    for name, content in case.get("files", {}).items():
        (folder / name).write_bytes(content_of(content))
    done = tool.start(app, *case["args"], folder=folder, more=more)
    said = without_notes(done.stderr).decode()
    assert (done.returncode, done.stdout.decode()) == (case["exit_code"], case["stdout"]), said
    assert case.get("stderr", "") in said
    assert bool(said) is ("stderr" in case), said
    for name, content in case.get("writes", {}).items():
        assert (folder / name).read_bytes() == content_of(content), path.name
    left = {entry.name for entry in os.scandir(folder)}
    assert left <= {*case.get("files", {}), *case.get("writes", {})}, left
