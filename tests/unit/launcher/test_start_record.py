"""Records of starts: what is in them, and when there is none."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.fakes import docker_guests
from tests.unit.launcher import benches, starts
from tests.unit.launcher.benches import Bench
from tests.unit.launcher.starts import BACKENDS, ENV, ROOTS
from tests.unit.vm.test_argv import compare
from tests.vm_bundles import RUN
from x07bundle.launcher import start_record, start_templates
from x07bundle.launcher.start_conditions import Start
from x07bundle.vm.backends.firecracker_ctr import FirecrackerCtr
from x07bundle.vm.folder import host_name
from x07bundle.vm.job import Mount
from x07bundle.vm.state import State

GOLDEN: Final = Path(__file__).resolve().parents[2] / "golden/start_records"


def fields(data: bytes) -> list[tuple[str, str]]:
    """Words and values; the first line and the last have none."""
    assert data.endswith(b"\0")
    texts = data[:-1].decode().split("\0")
    found = [text.partition(" ") for text in texts]
    return [(word, value) for word, _, value in found]


def every(data: bytes, word: str) -> list[str]:
    return [value for found, value in fields(data) if found == word]


def made(name: str, start: Start) -> bytes:
    data = start_record.made(start, starts.here(name))
    assert data is not None
    return data


@pytest.mark.parametrize("name", sorted(BACKENDS))
def test_a_whole_record(name: str) -> None:
    """As in tests/unit/vm/test_argv.py, X07_UPDATE_GOLDEN=1 writes them again."""
    env = {"GREETING": "good day"} if name != "firecracker-ctr" else {}
    data = made(name, starts.start(name, env))
    text = data.decode().replace(f'"host": "{host_name()}"', '"host": "a-machine"')
    lines = text.replace("\n", "\\n").replace("\1", "\\1").split("\0")
    compare(GOLDEN / f"{name}.txt", "\n".join(lines))


def test_its_words_are_those_of_every_start() -> None:
    """Filled in, they are what a job is started with, but for the caller's arguments."""
    start = starts.start("docker")
    launch = start.guest.backend.launch(
        start.job._replace(argv=start.job.argv[:4], labels=labels(start))
    )
    values = {
        "\1R": start.job.run_id,
        "\1C": str(start.job.created_unix_ms),
        "\1D": str(start.job.deadline_unix_ms),
    }
    words = every(made("docker", start), "argument")
    for hole, value in values.items():
        words = [word.replace(hole, value) for word in words]
    assert tuple(words) == launch.argv


def labels(start: Start) -> dict[str, str]:
    from x07bundle.vm import labels as known

    return known.of(start.job, start.guest.backend.name, start.jobs.instance)


def test_the_situation_is_the_bundle_the_machine_the_user_and_the_variables() -> None:
    data = made("docker", starts.start("docker"))
    names = every(data, "reads")
    assert {"PATH", "DOCKER_HOST", "X07_VM_BACKEND"} < set(names)
    assert "UNRELATED" not in names
    variables = [f"{name}={ENV[name]}" if name in ENV else name for name in names]
    told = "".join(f"{text}\0" for text in ("a-machine", "1000 1001", *variables))
    digest = hashlib.sha256(b"what it carries\n\0" + told.encode()).hexdigest()
    assert every(data, "situation") == [digest]


@pytest.mark.parametrize(
    "env",
    [
        {"X07_VM_BACKEND": "docker"},
        {"DOCKER_CONTEXT": ""},
        {"PATH": "/bin:/usr/bin"},
        {"X07_NEW": "1"},
    ],
)
def test_other_variables_are_another_situation(env: dict[str, str]) -> None:
    found = [made("docker", starts.start("docker", each)) for each in ({}, env)]
    assert every(found[0], "situation") != every(found[1], "situation")


def test_another_bundle_user_or_machine_is_another_situation() -> None:
    start, here = starts.start("docker"), starts.here("docker")
    others = [
        (start._replace(bundle=start.bundle._replace(carried=b"another\n")), here),
        (start, here._replace(user=0)),
        (start, here._replace(group=0)),
        (start, here._replace(node="elsewhere")),
    ]
    records = [start_record.made(*each) for each in ((start, here), *others)]
    found = {every(data, "situation")[0] for data in records if data is not None}
    assert len(found) == 1 + len(others)


def test_values_of_a_program_are_not_in_it() -> None:
    data = made("docker", starts.start("docker", {"GREETING": "s3cr3t", "UNRELATED": "0th3r"}))
    assert b"s3cr3t" not in data
    assert b"0th3r" not in data
    assert every(data, "pass") == ["GREETING"]
    assert every(data, "has") == ["GREETING"]
    assert every(data, "lacks") == ["LANG_OF_PROGRAM"]


def test_a_variable_that_the_client_has_anyway_has_its_value() -> None:
    start = starts.start("docker", env__allow_keys=["HOME"])
    data = made("docker", start)
    assert every(data, "pass") == []
    assert every(data, "has") == ["HOME"]
    assert "HOME=/home/user" in every(data, "variable")


def test_it_is_the_same_each_time() -> None:
    start = starts.start("podman", {"GREETING": "x"})
    later = start.job._replace(
        run_id="1800000000000-43",
        created_unix_ms=start.job.created_unix_ms + 1,
        deadline_unix_ms=start.job.deadline_unix_ms + 1,
        argv=(*start.job.argv, "more"),
    )
    assert made("podman", start) == made("podman", start._replace(job=later))


STANDING_IN: Final = (start_templates.STAND_INS[0].run_id, start_templates.STAND_INS[1].run_id)


def with_root(path: str) -> Start:
    root = Mount(path, path, masked=())
    return starts.start("docker", roots=(root,), fs__read_roots=[path], fs__write_roots=[])


def with_link() -> Start:
    """What is mounted is not what the policy names."""
    elsewhere = Mount("/elsewhere", "/x07/work/out", writable=True)
    return starts.start("docker", roots=(*ROOTS[:1], *ROOTS[2:], elsewhere))


def with_snapshotter(name: str) -> Start:
    start = starts.start("firecracker-ctr")
    backend = start.guest.backend
    assert isinstance(backend, FirecrackerCtr)
    return start._replace(guest=start.guest._replace(backend=backend._replace(snapshotter=name)))


NONE: Final[dict[str, Callable[[], Start]]] = {
    "a mark in a root": lambda: with_root("/data/a\1b"),
    "a mark in a variable": lambda: starts.start("docker", {"DOCKER_HOST": "a\1b"}),
    "a mark in a word": lambda: with_snapshotter("a\1b"),
    "the first id that stands in": lambda: with_root(f"/data/{STANDING_IN[0]}"),
    "the other id that stands in": lambda: with_root(f"/data/{STANDING_IN[1]}"),
    "a time that stands in": lambda: starts.start(
        "docker", {"DOCKER_HOST": str(start_templates.STAND_INS[0].deadline_unix_ms)}
    ),
    "a link to a root": with_link,
    "variables through a file": lambda: starts.start("firecracker-ctr", {"GREETING": "x"}),
    "a long line": lambda: starts.start("docker", {"DOCKER_HOST": "x" * (32 << 10)}),
    "many roots": lambda: starts.start(
        "docker",
        roots=tuple(Mount(f"/{n:0{2000}}", f"/{n:0{2000}}") for n in range(100)),
        fs__read_roots=[f"/{n:0{2000}}" for n in range(100)],
        fs__write_roots=[],
    ),
}


@pytest.mark.parametrize("what", sorted(NONE))
def test_values_that_cannot_be_in_a_record(what: str) -> None:
    start = NONE[what]()
    assert start_record.made(start, starts.here(start.guest.backend.name)) is None


def test_what_is_beside_them_can() -> None:
    """The ways to make those starts are none of the reasons."""
    assert start_record.made(with_root("/data/ab"), starts.here("docker")) is not None
    asked = with_snapshotter("ab")
    assert start_record.made(asked, starts.here("firecracker-ctr")) is not None


# What is written


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = benches.bench(tmp_path / "bench")
    (made.folder / "data").mkdir()
    return made


def test_a_start_leaves_one(bench: Bench) -> None:
    bench.make(fs__enabled=True, fs__read_roots=["data"], fs__write_roots=["out"])
    assert bench.start("say", "x", TEST_STATUS="7").stdout == b"x"
    (record,) = bench.records()
    told = f"{bench.app}\0{bench.folder}".encode()
    assert record.name == f".start-{hashlib.sha256(told).hexdigest()}"
    assert record.stat().st_mode & 0o777 == 0o600
    data = record.read_bytes()
    assert every(data, "root") == [
        str(path)
        for path in (bench.state, bench.folder, bench.folder / "data", bench.folder / "out")
    ]
    assert every(data, "sealed") == [str(bench.folder / "data")]
    assert all(Path(path).is_file() for path in every(data, "present"))
    instance = bench.state.parent / "runner_instance"
    assert every(data, "same") == [f"{instance}\1{instance.read_text()}"]
    assert every(data, "program") == [f"{bench.docker.path}/docker"]


def test_a_client_that_comes_earlier_on_path(bench: Bench) -> None:
    """One that appears there would be found at a start that is decided."""
    bench.make()
    earlier = bench.folder / "earlier"
    earlier.mkdir()
    path = f"{earlier}:relative:{bench.docker.path}:/usr/bin:/bin"
    assert bench.start("say", "x", PATH=path).returncode == 0
    (record,) = bench.records()
    places = [path for path in every(record.read_bytes(), "absent") if path.endswith("/docker")]
    assert places == [f"{earlier}/docker", f"{bench.folder}/relative/docker"]
    record.unlink()
    (earlier / "docker").touch(0o644)
    assert bench.start("say", "x", PATH=path).returncode == 0
    assert bench.records() == []


def test_a_program_that_failed_was_started(bench: Bench) -> None:
    bench.make(env__enabled=True, env__allow_keys=["TEST_STATUS"])
    assert bench.start("say", "x", TEST_STATUS="7").returncode == 7
    assert len(bench.records()) == 1


def test_each_folder_has_its_own(bench: Bench) -> None:
    bench.make()
    for folder in (bench.folder, bench.folder / "data"):
        assert bench.start("say", "x", cwd=folder).returncode == 0
    assert len(bench.records()) == 2


def test_a_mask_is_a_condition(bench: Bench) -> None:
    (bench.folder / "data/.x07").mkdir()
    bench.make(fs__enabled=True, fs__read_roots=["data"], fs__write_roots=["out"])
    assert bench.start("say", "x").returncode == 0
    (record,) = bench.records()
    assert every(record.read_bytes(), "folder") == [f"{bench.folder}/data/.x07"]
    assert every(record.read_bytes(), "absent") == [f"{bench.folder}/out/.x07"]


def test_a_guest_that_did_not_start_leaves_none(tmp_path: Path) -> None:
    """Though the engine had the image once."""
    broken = tmp_path / "broken"
    bench = benches.bench(
        tmp_path / "bench", {"'run '*": f"if test -e '{broken}'; then exit 125; fi\n{RUN}"}
    )
    bench.make()
    assert bench.start("say", "x").returncode == 0
    for record in bench.records():
        record.unlink()
    broken.touch()
    assert bench.start("say", "x").returncode == 127
    assert bench.records() == []


def test_an_instance_that_was_made_anew_meanwhile_leaves_none(bench: Bench) -> None:
    bench.make(payload='#!/bin/sh\necho ri-another >"$1"\n')
    assert bench.start(str(bench.state.parent / "runner_instance")).returncode == 0
    assert bench.records() == []


def test_another_image_leaves_none(bench: Bench) -> None:
    bench.make()
    digest = "sha256:" + "d" * 64
    bench.docker.engine.answers(
        {
            f"'image inspect {digest}'": f'echo \'[{{"Id": "{digest}"}}]\'',
            "'run '*": RUN,
            **docker_guests.USUAL,
        }
    )
    variables = {"X07_VM_GUEST_IMAGE_DIGEST": digest}
    assert bench.start("say", "x", variables=variables).stdout == b"x"
    assert bench.records() == []


@pytest.mark.parametrize("kind", ["link", "file"])
def test_roots_that_take_a_decision_each_time_leave_none(bench: Bench, kind: str) -> None:
    root = bench.folder / "root"
    if kind == "link":
        root.symlink_to("data")
    else:
        root.touch()
    bench.make(fs__enabled=True, fs__read_roots=["root"])
    assert bench.start("say", "x").stdout == b"x"
    assert bench.records() == []


def test_a_state_that_is_reached_through_a_link_leaves_none(bench: Bench) -> None:
    bench.make()
    (bench.folder / "linked").symlink_to("real")
    (bench.folder / "real").mkdir(0o700)
    variables = {"X07_VM_STATE_DIR": str(bench.folder / "linked/jobs")}
    assert bench.start("say", "x", variables=variables).stdout == b"x"
    assert list((bench.folder / "real/jobs").glob(".start-*")) == []
    assert list((bench.folder / "real/jobs").glob(".image-*")) != []


def test_the_oldest_go(bench: Bench) -> None:
    bench.make()
    bench.state.mkdir(0o700, parents=True)
    old = [bench.state / f".start-{number:064}" for number in range(70)]
    for number, path in enumerate(old):
        path.touch()
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    other = bench.state / ".start-of-something"
    other.touch()
    os.utime(other, (1, 1))
    assert bench.start("say", "x").returncode == 0
    kept = bench.records()
    assert len(kept) == start_record.MOST_KEPT
    assert [path for path in old if path in kept] == old[-(start_record.MOST_KEPT - 1) :]
    assert other.exists()


def test_a_disk_that_does_not_take_it_is_no_failure(bench: Bench) -> None:
    bench.make()
    place = start_record.place(State(bench.state, ""), bench.app, str(bench.folder))
    place.mkdir(parents=True)
    bench.state.chmod(0o700)
    done = bench.start("say", "x")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x", b"")
