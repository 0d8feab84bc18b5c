"""Workflows of CI: they are YAML, whole in themselves, and run what is here."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS: Final = sorted((ROOT / "scripts").rglob("*.sh"))
TARGET: Final = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
MAKE: Final = re.compile(r"^make((?: +[^\s&|;]+)*)", re.MULTILINE)
EXPRESSION: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
PINNED: Final = re.compile(r"actions/[a-z-]+@v\d+")


def jobs(path: Path) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document["permissions"] == {"contents": "read"}
    assert True in document, "a workflow without `on`, which YAML reads as true"
    found: dict[str, Any] = document["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job["steps"]]


def targets() -> set[str]:
    return set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_make_target_is_there(path: Path) -> None:
    words = [words for step in steps(path) for words in MAKE.findall(step.get("run", ""))]
    named = {word for each in words for word in each.split() if "=" not in word and word[0] != "-"}
    assert named
    assert named <= targets()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_fit_together(path: Path) -> None:
    found = jobs(path)
    for job in found.values():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(found)
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert "uses" not in step or PINNED.fullmatch(step["uses"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_expressions_name_what_is_there(path: Path) -> None:
    contexts = {"matrix", "github", "inputs", "secrets", "vars", "runner"}
    for job in jobs(path).values():
        matrix = job.get("strategy", {}).get("matrix", {})
        keys = set(matrix) | {key for one in matrix.get("include", []) for key in one}
        for expression in EXPRESSION.findall(yaml.safe_dump(job, width=10_000)):
            for context, key in re.findall(r"\b([a-z]+)\.(\w+)", expression):
                assert context in contexts, expression
                assert context != "matrix" or key in keys, expression


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_of_others_is_put_into_scripts(path: Path) -> None:
    """An expression is text of a script before a shell reads it; variables are not."""
    assert not [step["run"] for step in steps(path) if EXPRESSION.search(step.get("run", ""))]


def test_what_publishing_takes_is_set() -> None:
    """By the names that the script asks for."""
    script = (ROOT / "scripts" / "ci" / "guest_images.sh").read_text(encoding="utf-8")
    needed = {name for line in re.findall(r"^    need (.*)$", script, re.MULTILINE)
              for name in line.split()}  # fmt: skip
    job = jobs(ROOT / ".github" / "workflows" / "guest-image.yml")["publish"]
    assert needed <= set(job["env"])


def test_the_vm_boundary_is_tried_where_there_is_one() -> None:
    """On machines of one's own that have these labels, each with its backend."""
    workflow = ROOT / ".github" / "workflows" / "ci-vm.yml"
    (job,) = jobs(workflow).values()
    rows = job["strategy"]["matrix"]["include"]
    assert {row["runner"]: row["backend"] for row in rows} == {
        "x07-vm-linux-firecracker": "firecracker-ctr",
        "x07-vm-macos": "apple-container",
    }
    assert job["runs-on"] == ["self-hosted", "${{ matrix.runner }}"]
    assert job["env"]["X07_VM_BACKEND"] == "${{ matrix.backend }}"
    commands = [step["run"] for step in job["steps"] if "run" in step and "if" not in step]
    assert commands == ["make vm-smoke"]
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nvm-smoke:")[2]
    assert "bash scripts/ci/check_vm_sandbox_smoke.sh\n" in recipe.partition("\n\n")[0] + "\n"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_scripts(path: Path) -> None:
    shell = path.read_text(encoding="utf-8").splitlines()[0].rpartition("/")[2].split()[-1]
    subprocess.run([shell, "-n", str(path)], check=True)
    assert path.stat().st_mode & 0o111


def test_help_lists_what_make_has() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^make ([a-z-]+)", said.stdout, re.MULTILINE))
    assert listed <= targets() | {"guest-image-"}
