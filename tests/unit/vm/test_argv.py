"""Golden command lines: what each backend is told, for every kind of job (tests/golden/argv).

After a change that is meant, X07_UPDATE_GOLDEN=1 lets the tests write them again, to be read as
text.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.vm.samples import IDENTITY, JOBS, MADE, MANIFEST, PATH, REFERENCE, image_of
from x07bundle.vm.backend import Backend, Query
from x07bundle.vm.job import Image, Launch

GOLDEN: Final = Path(__file__).resolve().parents[2] / "golden/argv"


def compare(file: Path, text: str) -> None:
    if os.environ.get("X07_UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def lines_of(argv: tuple[str, ...]) -> Iterator[str]:
    """A word each; an option shares its line with its value where that is its own word."""
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        takes = word.startswith("--") and rest and not rest[0].startswith("-")
        yield f"{word} {rest.pop(0)!r}" if takes and word not in ALONE else word


ALONE: Final = frozenset(
    "--rm --read-only --interactive --tty --cni --seccomp --read-only-tmpfs=false --no-hosts"
    " --http-proxy=false --all --force --quiet --no-trunc".split()
)


def shown(launch: Launch) -> str:
    lines = [*lines_of(launch.argv), ""]
    lines += [f"env {key}={launch.env[key]}" for key in sorted(launch.env)]
    lines += [f"file {path} {data!r}" for path, data in sorted(launch.files.items())]
    lines += [f"ready {launch.ready_file}"] if launch.ready_file else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", sorted(JOBS))
@pytest.mark.parametrize("name", sorted(MADE))
def test_launch(name: str, kind: str) -> None:
    job = JOBS[kind]._replace(image=image_of(name))
    compare(GOLDEN / name / f"{kind}.txt", shown(MADE[name](PATH).launch(job)))


def queries(backend: Backend, image: Image) -> Mapping[str, Query[Any] | None]:
    return {
        "digests": backend.digests(REFERENCE),
        "pin": backend.pin(image),
        "load": backend.load("/images/run.tar"),
        "pull": backend.pull(REFERENCE, MANIFEST),
        "pull by name": backend.pull(REFERENCE, image.digest),
        "orphans": backend.orphans(),
        "labels": backend.labels(f"x07-{IDENTITY}"),
    }


@pytest.mark.parametrize("name", sorted(MADE))
def test_commands(name: str) -> None:
    """Everything but starting: a line for each command."""
    backend = MADE[name](PATH)
    lines = [f"run as: {backend.image_name(image_of(name))}"]
    for what, query in queries(backend, image_of(name)).items():
        lines.append(f"{what}: {'-' if query is None else ' '.join(query.argv)}")
    plan = backend.kill_plan(f"x07-{IDENTITY}", 1000)
    for what, commands in (("soft", plan.soft), ("hard", plan.hard), ("cleanup", plan.cleanup)):
        lines += [f"{what}: {' '.join(argv)}" for argv in commands]
    lines.append(f"probe: {' '.join(plan.probe)}")
    lines += [f"env {key}={plan.env[key]}" for key in sorted(plan.env)]
    compare(GOLDEN / name / "commands.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize("name", sorted(MADE))
@pytest.mark.parametrize(("grace_ms", "seconds"), [(1, "1"), (1000, "1"), (1001, "2")])
def test_grace_is_rounded_up(name: str, grace_ms: int, seconds: str) -> None:
    soft = MADE[name](PATH).kill_plan("x07-1", grace_ms).soft
    if name in ("docker", "podman"):
        assert soft == ((name, "stop", "-t", seconds, "x07-1"),)
    else:
        assert "SIGTERM" in soft[0]


@pytest.mark.parametrize("name", sorted(MADE))
def test_values_of_variables_are_on_no_command_line(name: str) -> None:
    secret = "s3cr3t value"
    job = JOBS["captured"]._replace(image=image_of(name), env={"TOKEN": secret})
    launch = MADE[name](PATH).launch(job)
    assert not any(secret in word for word in launch.argv)
    carried = [value.encode() for value in launch.env.values()] + list(launch.files.values())
    assert any(secret.encode() in data for data in carried)


@pytest.mark.parametrize("name", sorted(MADE))
def test_nothing_of_our_environment_reaches_a_client(name: str) -> None:
    env = {**PATH, "DOCKER_HOST": "unix:///run/d.sock", "LD_PRELOAD": "/x", "TOKEN": "x"}
    launch = MADE[name](env).launch(JOBS["captured"]._replace(image=image_of(name)))
    assert launch.env == {**PATH, "DOCKER_HOST": "unix:///run/d.sock"}
