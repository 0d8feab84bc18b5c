"""Bundles every project of `examples/` and runs its cases (`examples/NAME/cases/*.json`).

A case has `args`, the `files` that are there (text, or `{"hex": …}`), and what must come of it:
`stdout`, `exit_code`, the files that it `writes`, and a part of `stderr`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.program_build import compiler
from x07bundle.lang import canonical, load
from x07bundle.lang.modules import SourceFile

ROOT: Final = Path(__file__).parent.parent
EXAMPLES: Final = sorted(path.parent for path in (ROOT / "examples").glob("*/x07.json"))
SOURCES: Final = [path for each in EXAMPLES for path in sorted(each.rglob("*.x07.json"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "examples").as_posix()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of all bundling here; the processes of one session share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return shared / "x07-cache"


def bundle(project: Path, out: Path, cache: Path) -> None:
    command = [sys.executable, "-m", "x07bundle.cli.main", "bundle", "--profile", "os"]
    command += ["--project", str(project / "x07.json"), "--out", str(out)]
    env = {**os.environ, "X07_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["schema_version"].startswith("x07.bundle.report@")


def missing_library(project: Path, folder: Path) -> str | None:
    """A library that the project links and this machine lacks."""
    manifest = json.loads((project / "x07.json").read_bytes())
    source = folder / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    for library in manifest.get("link", {}).get("libs", []):
        command = [compiler(), str(source), f"-l{library}", "-o", str(folder / "empty")]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return str(library)
    return None


@pytest.mark.parametrize("project", EXAMPLES, ids=name_of)
def test_example_does_what_its_cases_say(project: Path, tmp_path: Path, cache: Path) -> None:
    missing = missing_library(project, tmp_path)
    if missing:
        pytest.skip(f"the C library `{missing}` is not installed")
    executable = tmp_path / "dist" / project.name
    executable.parent.mkdir()
    bundle(project, executable, cache)
    cases = sorted((project / "cases").glob("*.json"))
    assert cases
    for path in cases:
        folder = tmp_path / "cases" / path.stem
        folder.mkdir(parents=True)
        check_case(executable, json.loads(path.read_bytes()), folder)


def check_case(executable: Path, case: Mapping[str, Any], folder: Path) -> None:
    for name, content in case.get("files", {}).items():
        (folder / name).write_bytes(content_of(content))
    done = subprocess.run(
        [executable, *case["args"]],
        cwd=folder,
        env={},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.decode() == case["stdout"], (folder.name, done)
    assert done.returncode == case["exit_code"], (folder.name, done)
    assert case.get("stderr", "") in done.stderr.decode(), (folder.name, done)
    assert bool(done.stderr) is ("stderr" in case), (folder.name, done)
    for name, content in case.get("writes", {}).items():
        assert (folder / name).read_bytes() == content_of(content), folder.name


def content_of(content: str | Mapping[str, str]) -> bytes:
    return content.encode() if isinstance(content, str) else bytes.fromhex(content["hex"])


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_source_is_canonical(path: Path) -> None:
    data = path.read_bytes()
    _, found = load.load(SourceFile(path.name, data))
    assert found == []
    assert canonical.dump(canonical.canonical(json.loads(data))) == data


def test_examples_read_their_arguments_in_the_same_way() -> None:
    copies = {(each / "src" / "args.x07.json").read_bytes() for each in EXAMPLES}
    assert len(copies) == 1


def test_every_example_is_listed() -> None:
    listed = (ROOT / "examples" / "README.md").read_text()
    assert len(EXAMPLES) >= 12
    for each in EXAMPLES:
        assert f"[{each.name}]({each.name})" in listed
        assert (each / "README.md").read_text().startswith(f"# {each.name}\n")
