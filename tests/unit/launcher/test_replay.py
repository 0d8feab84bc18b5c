"""Starts that are as one before (stubs/launcher/replay.c): the same, and never where anything
differs from what was decided for."""

import os
import random
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.unit.launcher import small_bundle
from tests.unit.launcher.small_bundle import SmallBundle, sha256
from x07bundle.contract import launcher_trailer
from x07bundle.contract.launcher_trailer import Trailer
from x07bundle.host import read as read_host
from x07bundle.native import launcher_stub
from x07bundle.native.toolchain import open_toolchain

Fields = list[tuple[str, str]]

DAMAGED: Final = int(os.environ.get("X07_TEST_DAMAGED_RECORDS", "100"))
ADOPTED: Final = re.compile(
    r"run=(?P<run>(?P<created>\d+)-(?P<pid>\d+)) client=(?P<client>\d+)"
    r" line=(?P<line>\d+) lock=(?P<lock>\d+) feed=(?P<feed>-1|\d+)(?P<arguments>.*)",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def program(x07_cache: Path) -> bytes:
    env = {**os.environ, "X07_CACHE_DIR": str(x07_cache)}
    return launcher_stub.program(open_toolchain(env), "launcher", read_host().arch)


@pytest.fixture
def made(tmp_path: Path, program: bytes) -> SmallBundle:
    return small_bundle.make(tmp_path / "a bundle", program)


def test_without_a_record_the_launcher_decides(made: SmallBundle) -> None:
    assert made.start("one", "two words") == "decide one two words"
    assert not made.was_asked()


def test_a_start_as_before(made: SmallBundle) -> None:
    made.note(made.fields())
    found = ADOPTED.fullmatch(made.start("one", "two words"))
    assert found is not None
    deadline = int(found["created"]) + 60_000
    assert (found["arguments"], found["feed"]) == (" one two words", "-1")
    times = f"--times={found['created']},{deadline}"
    assert made.arguments() == [f"--name=x07-{found['run']}", times, "one", "two words"]
    variables = Path(f"{made.log}.variables").read_text().splitlines()
    expected = {"GIVEN=x", f"LOG={made.log}", "PATH=/usr/bin:/bin", "READY="}
    assert {each for each in variables if not each.startswith(("PWD=", "_=", "SHLVL="))} == expected
    folder = made.state / found["run"]
    assert f"PWD={folder}" in variables
    _check_folder(Path(f"{made.log}.folder"), found["run"])
    assert made.heard() == [
        f"folder {found['run']}",
        "made",
        f'job {{"run_id": "{found["run"]}", "deadline": {deadline}}}',
        "starting",
        f"client {found['client']}",
        f"3 {made.state}",
    ]
    assert not any("X07_" in each for each in variables)


def _check_folder(folder: Path, run_id: str) -> None:
    assert (folder / "job.json").read_text() == f'{{\n  "run_id": "{run_id}"\n}}\n'
    assert (folder / "input").read_bytes() == b"to the program"
    found = {path: (folder / path).read_text() for path in ("bundle/payload", "in/policy.json")}
    assert found == {"bundle/payload": "program", "in/policy.json": "{}"}
    assert (folder / "bundle/payload").stat().st_mode & 0o777 == 0o755
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [
        "bundle",
        "in",
        "out",
    ]


def test_folders_are_for_us_alone_whatever_the_umask_is(made: SmallBundle) -> None:
    made.note(made.fields())
    before = os.umask(0)
    try:
        found = ADOPTED.fullmatch(made.start())
    finally:
        os.umask(before)
    assert found is not None
    folder = made.state / found["run"]
    for place in (folder, folder / "in", folder / "out", folder / "bundle"):
        assert place.stat().st_mode & 0o777 == 0o700
    assert (folder / "in/policy.json").stat().st_mode & 0o777 == 0o644
    made.arguments()


def test_input_that_has_to_be_held_open(made: SmallBundle) -> None:
    fields = [each for each in made.fields() if each != ("variable", "READY=")]
    made.note([*fields, ("variable", "READY=1"), ("ready", "pid")])
    found = ADOPTED.fullmatch(made.start())
    assert found is not None
    assert int(found["feed"]) > 2


def test_lines_for_people_are_said(made: SmallBundle) -> None:
    made.note([*made.fields(), ("say", "note: not enforced"), ("say", "note: again")])
    done = subprocess.run(
        (made.app,), env=made.env(), cwd=made.work, capture_output=True, input=b"", check=True
    )
    assert ADOPTED.fullmatch(done.stdout.decode().rstrip("\n"))
    assert done.stderr == b"note: not enforced\nnote: again\n"
    made.arguments()


# -- what differs


def _link(path: Path, target: Path) -> None:
    path.rename(target)
    path.symlink_to(target)


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _not_executable(path: Path) -> None:
    path.chmod(0o644)


def _file_instead(path: Path) -> None:
    path.rmdir()
    path.touch()


CHANGES: Final[dict[str, Callable[[SmallBundle], object]]] = {
    "a root is a link": lambda made: _link(made.folder / "root", made.folder / "elsewhere"),
    "a root is missing": lambda made: (made.folder / "root").rename(made.folder / "gone"),
    "a folder above is a link": lambda made: _link(made.folder, Path(f"{made.folder} too")),
    "something appeared": lambda made: (made.folder / "root/.x07").mkdir(),
    "a link appeared": lambda made: (made.folder / "root/.x07").symlink_to("nowhere"),
    "a masked folder is gone": lambda made: (made.folder / "root/masked").rmdir(),
    "a masked folder is a file": lambda made: _file_instead(made.folder / "root/masked"),
    "another instance": lambda made: _write(made.state.parent / "runner_instance", "ri-2\n"),
    "no instance": lambda made: (made.state.parent / "runner_instance").unlink(),
    "others may write it": lambda made: (made.state.parent / "runner_instance").chmod(0o666),
    "the image is not known": lambda made: (made.state / ".image-1").unlink(),
    "others may know it": lambda made: (made.state / ".image-1").chmod(0o622),
    "no client": lambda made: (made.folder / "client").unlink(),
    "a client that is none": lambda made: _not_executable(made.folder / "client"),
    "others may write the record": lambda made: made.record.chmod(0o602),
    "the group may write the record": lambda made: made.record.chmod(0o620),
    "the record is a link": lambda made: _link(made.record, made.state / "record"),
    "others may write the jobs": lambda made: made.state.chmod(0o777),
    "the jobs are a link": lambda made: _link(made.state, made.folder / "jobs"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_where_something_changed_the_launcher_decides(change: str, made: SmallBundle) -> None:
    made.note(made.fields())
    CHANGES[change](made)
    assert made.start() == "decide"
    assert not made.was_asked()


VARIABLES: Final[dict[str, dict[str, str]]] = {
    "another value": {"PATH": "/bin:/usr/bin"},
    "one more that is read": {"X07_BUNDLE": "run"},
    "one of ours that nobody has heard of": {"X07_VM_NEW": "1"},
    "one that was not granted": {"NOT_GIVEN": ""},
    "a name that is ours, without a value": {"X07_": ""},
}


@pytest.mark.parametrize("change", VARIABLES)
def test_with_other_variables_the_launcher_decides(change: str, made: SmallBundle) -> None:
    made.note(made.fields())
    assert made.start(env=made.env(**VARIABLES[change])) == "decide"
    without = {name: value for name, value in made.env().items() if name != "GIVEN"}
    assert made.start(env=without) == "decide"
    assert not made.was_asked()


def test_with_words_that_are_no_text_the_launcher_decides(made: SmallBundle) -> None:
    made.note(made.fields())
    assert made.start("\udcff") == "decide \ufffd"
    assert made.start(env=made.env(GIVEN="\udcff")) == "decide"
    assert not made.was_asked()


def test_what_is_not_read_may_differ(made: SmallBundle) -> None:
    made.note(made.fields())
    assert ADOPTED.fullmatch(made.start(env=made.env(GIVEN="another", LANG="C", SHLVL="7")))
    made.arguments()
    assert "GIVEN=another\n" in Path(f"{made.log}.variables").read_text()


def test_in_another_folder_the_launcher_decides(made: SmallBundle) -> None:
    made.note(made.fields())
    elsewhere = made.folder / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        (made.app,), env=made.env(), cwd=elsewhere, capture_output=True, input=b"", check=True
    )
    assert done.stdout == b"decide\n"
    assert not made.was_asked()


SHELL: Final = {
    "a folder that was removed": 'rmdir "$PWD"',
    "other limits": "ulimit -S -n 100 && ulimit -H -n 100",
}


@pytest.mark.parametrize("before", SHELL)
def test_after_something_that_shells_do_the_launcher_decides(
    before: str, made: SmallBundle
) -> None:
    made.note(made.fields())
    done = subprocess.run(
        ("sh", "-c", f'{SHELL[before]} && exec "$0"', made.app),
        env=made.env(),
        cwd=made.work,
        capture_output=True,
        check=True,
        input=b"",
    )
    assert done.stdout == b"decide\n"


def test_without_input_the_launcher_decides(made: SmallBundle) -> None:
    made.note(made.fields())
    assert made.start(stdin=subprocess.DEVNULL) == "decide"
    fields = [each for each in made.fields() if each[0] != "input"]
    made.note([*fields, ("input", "no")])
    assert made.start() == "decide"
    assert ADOPTED.fullmatch(made.start(stdin=subprocess.DEVNULL))
    made.arguments()


def test_at_a_terminal_the_launcher_decides(made: SmallBundle) -> None:
    made.note(made.fields())
    ours, its = os.openpty()
    try:
        assert made.start(stdin=its) == "decide"
    finally:
        os.close(ours)
        os.close(its)


def test_another_bundle_in_its_place_decides(made: SmallBundle, program: bytes) -> None:
    made.note(made.fields())
    payload = made.folder / "app.vm" / "payload"
    payload.write_text("another program")
    made.app.unlink()
    sidecar = made.folder / "app.vm"
    names = ("payload", "policy.json", "runtime/launcher")
    digests = {name: sha256(sidecar / name) for name in names}
    trailer = Trailer(sha256(sidecar / "manifest.json"), digests)
    made.app.write_bytes(launcher_trailer.finished(program, trailer))
    made.app.chmod(0o755)
    assert made.start() == "decide"


@pytest.mark.parametrize("offset", [64, 2457, -1])
def test_a_changed_executable_is_refused(offset: int, made: SmallBundle) -> None:
    made.note(made.fields())
    data = bytearray(made.app.read_bytes())
    text = launcher_trailer.carried(bytes(data), "app")
    program_bytes = len(data) - len(text) - launcher_trailer.FOOT_BYTES
    data[offset if offset > 0 else program_bytes + offset] ^= 1
    made.app.unlink()
    made.app.write_bytes(data)
    made.app.chmod(0o755)
    done = subprocess.run((made.app,), env=made.env(), cwd=made.work, capture_output=True)
    assert not made.was_asked()
    assert done.returncode == 125 or done.returncode < 0  # code that is changed may crash
    assert b"run=" not in done.stdout


def test_what_cannot_be_looked_at_is_not_absent(made: SmallBundle) -> None:
    made.note([*made.fields(), ("absent", str(made.folder / "root" / ("x" * 300)))])
    assert made.start() == "decide"


def test_nobody_goes_on_with_a_guest(made: SmallBundle) -> None:
    made.note(made.fields())
    (made.folder / "app.vm/runtime/launcher").chmod(0o644)
    done = subprocess.run((made.app,), env=made.env(), cwd=made.work, capture_output=True)
    assert done.returncode == 127
    assert not made.was_asked()


def test_a_folder_for_input(made: SmallBundle) -> None:
    folder = os.open(made.folder, os.O_RDONLY)
    try:
        done = subprocess.run((made.app,), stdin=folder, capture_output=True)
    finally:
        os.close(folder)
    assert done.returncode == 125
    assert b"standard input, `stdin`, is a folder" in done.stderr


def test_a_root_with_a_mount_in_it_decides(made: SmallBundle) -> None:
    """A file system below a folder that is mounted read-only stays as writable as it was."""
    mounted = made.folder / "root" / "masked"
    made.note(made.fields())
    if b"run=" not in _in_mounts_of_its_own(made, "true"):
        pytest.skip("no mounts of one's own here")
    made.arguments()
    assert _in_mounts_of_its_own(made, f"mount -t tmpfs none '{mounted}'") == b"decide\n"


def _in_mounts_of_its_own(made: SmallBundle, before: str) -> bytes:
    command = f"{before} && cd '{made.work}' && exec '{made.app}'"
    words = ("unshare", "--mount", "sh", "-c", command)
    return subprocess.run(words, env=made.env(), capture_output=True, input=b"", check=False).stdout


# -- records that are none


BROKEN: Final[dict[str, Callable[[Fields], Fields]]] = {
    "no situation": lambda fields: fields[1:],
    "an unknown word": lambda fields: [*fields, ("unless", "x")],
    "no client": lambda fields: [each for each in fields if each[0] != "program"],
    "no time": lambda fields: [each for each in fields if each[0] != "wall"],
    "nothing for the reaper": lambda fields: [each for each in fields if each[0] != "line"],
    "no job": lambda fields: [each for each in fields if each[0] != "job"],
    "a hole of no kind": lambda fields: [*fields, ("argument", "\1X")],
    "a file that is not of the bundle": lambda fields: [*fields, ("copy", "x\x01644\1in/x")],
    "a file outside": lambda fields: [*fields, ("copy", "../work\x01644\1in/x")],
    "a target twice": lambda fields: [*fields, ("copy", "payload\x01644\1in/policy.json")],
}


@pytest.mark.parametrize("change", BROKEN)
def test_a_broken_record_starts_nothing(change: str, made: SmallBundle) -> None:
    made.note(BROKEN[change](made.fields()))
    assert made.start() == "decide"
    assert not made.was_asked()


def test_every_shortening_of_a_record_starts_nothing(made: SmallBundle) -> None:
    made.note(made.fields())
    whole = made.record.read_bytes()
    for length in range(0, len(whole), 7):
        made.record.write_bytes(whole[:length])
        assert made.start() == "decide", length
    assert not made.was_asked()


def test_damaged_records_never_crash(made: SmallBundle) -> None:
    """Whatever becomes of a start by one, it is no signal: `start` looks at the exit status."""
    made.note(made.fields())
    whole = made.record.read_bytes()
    chance = random.Random(7)
    for _ in range(DAMAGED):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 30))):
            data[chance.randrange(len(data))] = chance.choice(
                (0, 1, 32, 255, chance.randrange(256))
            )
        made.record.write_bytes(data)
        assert made.start().startswith(("decide", "run=")), bytes(data)


def test_a_socket_in_the_place_of_the_record(made: SmallBundle) -> None:
    os.chdir(made.state)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(made.record.name)
        made.record.chmod(0o600)
        assert made.start() == "decide"
