"""The scripts that build, load and publish guest images, with engines and a tool that are fakes."""

import os
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.program_build import ROOT

BUILD: Final = ROOT / "scripts" / "build_guest_runner_image.sh"
STEPS: Final = ROOT / "scripts" / "ci" / "guest_images.sh"
TOOL: Final = """#!/bin/sh
echo "x07 $*" >>"$LOG"
case $1 in --version) echo "x07 9.8.7 (language 0.2.17)"; exit 0 ;; esac
previous=
for word in "$@"; do
    case $previous in --out) mkdir -p "$(dirname "$word")"; echo "${BYTES:-image}" >"$word" ;; esac
    previous=$word
done
echo "said by x07 $2"
exit "${STATUS:-0}"
"""
ENGINE: Final = """#!/bin/sh
test "$1" != info || exit %d
echo "%s $*" >>"$LOG"
test "$1" != load || test -f "$3"
"""


class Place(NamedTuple):
    """A folder to work in, with fakes on its own PATH."""

    folder: Path

    def engine(self, name: str, *, is_up: bool = True) -> None:
        self.program(name, ENGINE % (0 if is_up else 1, name))

    def program(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.write_text(text)
        file.chmod(0o755)

    def run(self, script: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": f"{self.folder}/bin", "HOME": str(self.folder), "LOG": str(self.log)}
        own |= {"X07": str(self.folder / "bin" / "x07"), "TMPDIR": str(self.folder / "tmp")}
        return subprocess.run(
            ["/bin/sh", str(script), *words],
            cwd=self.folder,
            env={**own, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "bin").mkdir()
    (tmp_path / "tmp").mkdir()
    for tool in "cat chmod cmp cut dirname env grep ln mkdir mktemp mv rm sed sh".split():
        found = next(folder for folder in ("/usr/bin", "/bin") if Path(folder, tool).exists())
        (tmp_path / "bin" / tool).symlink_to(Path(found, tool))
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    made = Place(tmp_path)
    made.program("x07", TOOL)
    return made


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_built_and_loaded(place: Place, engine: str) -> None:
    place.engine("docker", is_up=engine == "docker")
    place.engine("podman")
    done = place.run(BUILD, "--image", "host.example/guest", "--tag", "vm-smoke")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "export X07_VM_GUEST_IMAGE=host.example/guest:vm-smoke\n"
    built, loaded = place.calls()
    archive = loaded.removeprefix(f"{engine} load -i ")
    assert built == (
        f"x07 image build --flavour full --tag host.example/guest:vm-smoke --out {archive}"
    )
    assert list((place.folder / "tmp").iterdir()) == []


def test_without_an_engine_the_archive_stays(place: Place) -> None:
    place.engine("docker", is_up=False)
    done = place.run(BUILD, "--image", "host.example/team/guest", "--offline")
    assert done.stdout == "export X07_VM_GUEST_IMAGE=host.example/team/guest:9.8.7\n"
    archive = "dist/guest-9.8.7.tar"
    assert (place.folder / archive).exists()
    assert f"`docker load -i {archive}`" in done.stderr
    assert place.calls()[-1].endswith(f"--out {archive} --offline")


def test_an_archive_that_is_asked_for_is_kept(place: Place) -> None:
    place.engine("docker")
    done = place.run(BUILD, "--tag", "v1", "--out", "my image.tar")
    assert done.returncode == 0, done.stderr
    assert (place.folder / "my image.tar").exists()
    assert place.calls()[-1] == "docker load -i my image.tar"


def test_a_build_that_fails_loads_nothing(place: Place) -> None:
    place.engine("docker")
    done = place.run(BUILD, "--tag", "v1", STATUS="125")
    assert (done.returncode, done.stdout) == (125, "")
    assert len(place.calls()) == 1
    assert list((place.folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("variable", ["X07", "TMPDIR"])
def test_wrong_variables(place: Place, variable: str) -> None:
    place.engine("docker")
    done = place.run(BUILD, "--tag", "v1", **{variable: str(place.folder / "none")})
    assert (done.returncode, done.stdout, place.calls()) == (2, "", [])
    assert done.stderr.startswith("error: ")
    assert "\nhint: " in done.stderr


@pytest.mark.parametrize("words", [["--tag"], ["--tag", ""], ["--frob"], ["x"], ["--out", "x"]])
def test_wrong_options(place: Place, words: list[str]) -> None:
    done = place.run(BUILD, *words)
    assert (done.returncode, done.stdout, place.calls()) == (2, "", [])
    assert done.stderr.startswith("error: ")
    assert "\nhint: " in done.stderr


def test_help(place: Place) -> None:
    done = place.run(BUILD, "--help")
    assert done.returncode == 0
    assert "--image NAME" in done.stdout
    assert "set -eu" not in done.stdout


# -- the steps of CI


def test_two_builds_are_compared(place: Place) -> None:
    variables = {"FLAVOUR": "run", "ARCH": "arm64"}
    assert place.run(STEPS, "build", **variables).returncode == 0
    assert (place.folder / "dist/guest-run-arm64.json").read_text() == "said by x07 build\n"
    assert place.run(STEPS, "again", **variables).returncode == 0
    other = place.run(STEPS, "again", **variables, BYTES="other")
    assert other.returncode == 2
    assert "two builds of run for arm64 differ" in other.stderr
    assert "x07 image diff dist/guest-run-arm64.tar" in place.calls()[-1]
    assert list((place.folder / "tmp").iterdir()) == []


def test_pushed_signed_and_verified(place: Place) -> None:
    """What is signed and verified is what the push said, for both flavours and architectures."""
    (place.folder / "dist").mkdir()
    for name in ("full-amd64", "full-arm64", "run-amd64", "run-arm64"):
        (place.folder / f"dist/guest-{name}.tar").touch()
    variables = {"REPOSITORY": "h/a", "TAG": "v1", "KEY": "k", "PUBLIC_KEY": "p"}
    variables |= {"BUILDER": "b:", "SOURCE": "s:", "COMMIT": "c", "REGISTRY_FLAGS": "--plain-http"}
    for step in ("push", "sign", "verify"):
        done = place.run(STEPS, step, **variables)
        assert done.returncode == 0, done.stderr
    froms = [f"--from dist/guest-{one}-amd64.tar --from dist/guest-{one}-arm64.tar" for one in
             ("full", "run")]  # fmt: skip
    sign = "x07 image sign said by x07 push --key k --builder b: --source s: --commit c"
    verify = "x07 image verify said by x07 push --key p --builder b:"
    assert place.calls() == [
        f"x07 image push h/a:v1 {froms[0]} --plain-http",
        f"x07 image push h/a:v1-run {froms[1]} --plain-http",
        *[f"{sign} --plain-http"] * 2,
        *[f"{verify} --plain-http"] * 2,
    ]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("push", "`REPOSITORY` is not set"),
        ("sign", "`KEY` is not set"),
        ("verify", "`PUBLIC_KEY` is not set"),
        ("smoke", "neither docker nor podman is up"),
        ("frob", "unknown step `frob`"),
    ],
)
def test_what_a_step_lacks(place: Place, step: str, problem: str) -> None:
    done = place.run(STEPS, step)
    assert done.returncode == 2
    assert problem in done.stderr
    assert place.calls() == []


def test_a_push_that_fails_stops_there(place: Place) -> None:
    (place.folder / "dist").mkdir()
    for flavour in ("full", "run"):
        (place.folder / f"dist/guest-{flavour}-amd64.tar").touch()
    done = place.run(STEPS, "push", REPOSITORY="h/a", TAG="v1", STATUS="2")
    assert done.returncode == 2
    assert len(place.calls()) == 1
    assert not list((place.folder / "dist").glob("*.ref*"))


def test_a_report_is_that_of_a_build_that_went_well(place: Place) -> None:
    assert place.run(STEPS, "build").returncode == 0
    report = place.folder / "dist/guest-full-amd64.json"
    report.write_text("before\n")
    assert place.run(STEPS, "build", STATUS="2").returncode == 2
    assert report.read_text() == "before\n"
    assert not list((place.folder / "dist").glob("*.part"))


def test_what_is_no_file_stays(place: Place) -> None:
    (place.folder / "dist").mkdir()
    os.mkfifo(place.folder / "dist/guest-full-amd64.json")
    done = place.run(STEPS, "build")
    assert (done.returncode, place.calls()) == (2, [])
    assert "is there and is no file" in done.stderr
    assert (place.folder / "dist/guest-full-amd64.json").is_fifo()


def test_steps_in_a_wrong_order(place: Place) -> None:
    """Nothing is compared with what is not there, nor is the folder that `` is signed."""
    variables = {"KEY": "k", "PUBLIC_KEY": "p", "BUILDER": "b:", "SOURCE": "s:", "COMMIT": "c"}
    for step, before in (("again", "guest-image"), ("sign", "push"), ("verify", "push")):
        done = place.run(STEPS, step, **variables)
        assert (done.returncode, place.calls()) == (2, [])
        assert before in done.stderr.splitlines()[-1]
