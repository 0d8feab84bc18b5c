"""`x07 run` in guests: what each of them is asked, and what is believed of it."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fakes import engines
from tests.unit.run import guests
from tests.unit.run.guests import CONFIG, INSPECT, METRICS, POLICY, SOLVED, Guests


@pytest.fixture
def room(tmp_path: Path) -> Guests:
    return guests.guests(tmp_path)


# -- what goes well


def test_two_guests_and_one_report(room: Guests) -> None:
    ran = room.run(*SOLVED)
    assert (ran.status, ran.stderr, ran.output) == (0, "", b"hello")
    assert room.started == ["seed", "build", "program"]
    assert room.left() == []


def test_the_report(room: Guests) -> None:
    """contract/reports.md §1: `compile` of the first guest, `solve` of the program's."""
    document = room.run(*SOLVED).report
    assert document["compile"] == guests.report()["compile"]
    assert document["compile"]["compiled_exe"] == "/x07/out/compiled-out"
    members = ("mode", "world", "exit_code", "sandbox_backend")
    assert [document[member] for member in members] == [
        "project-compile-run",
        "run-os-sandboxed",
        0,
        "vm",
    ]
    assert (document["solve"]["ok"], document["solve"]["exit_status"]) == (True, 0)
    assert base64.b64decode(document["solve"]["stdout_b64"]) == b"\5\0\0\0hello"
    assert list(document) == sorted(document)


def test_a_program_without_a_project(room: Guests) -> None:
    words = ("--program", "src/main.x07.json", "--module-root", "src", "--policy", POLICY)
    ran = room.run(*words, *SOLVED)
    assert ran.report["mode"] == "compile-run"


def test_wrapped(room: Guests) -> None:
    report = room.run("--report", "wrapped", *SOLVED).report
    assert report["schema_version"] == "x07.run.report@0.3.0"
    assert report["report"]["sandbox_backend"] == "vm"


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_input_of_a_file(room: Guests, tmp_path: Path, size: int) -> None:
    (tmp_path / "in.bin").write_bytes(b"x" * size)
    assert room.run("--input", str(tmp_path / "in.bin")).output == b"x" * size


def test_the_first_guest_only_compiles(room: Guests) -> None:
    room.run(*SOLVED)
    seed, build, program = (line for line in room.engine.asked if line.startswith("run "))
    assert "--compile-only" in seed
    assert "--compile-only" in build
    assert "/x07/work" not in build.replace("--workdir /x07/work", "")
    for line in (seed, build, program):
        assert f" {CONFIG} /" in line
        assert "--network none" in line
        assert "--read-only" in line
    assert "target=/x07/work,readonly" in program


def test_the_project_comes_without_its_secrets(room: Guests, tmp_path: Path) -> None:
    (room.folder / ".git").mkdir()
    (room.folder / ".git/config").write_text("secret")
    (room.folder / ".env").write_text("secret")
    (room.folder / "src/notes.txt").write_text("secret")
    room.answers(before=f'cd "$in"; /usr/bin/find . -type f >{tmp_path}/seen')
    room.run(*SOLVED)
    assert sorted((tmp_path / "seen").read_text().split()) == [
        "./module_roots/0/app.x07.json",
        "./module_roots/0/main.x07.json",
        "./policy.json",
        "./program/main.x07.json",
        "./seed/made",
        "./wanted",
    ]


SAYS: Final = (
    'text=$(/usr/bin/env); printf "\\\\$(printf %o $((${#text} % 256)))'
    '\\\\$(printf %o $((${#text} / 256)))\\\\0\\\\0%s" "$text"'
)


def test_what_a_program_sees(room: Guests) -> None:
    room.edit("env", enabled=True, allow_keys=["GREETING"])
    room.answers(program=f"{METRICS}/bin/cat >/dev/null; {SAYS}")
    ran = room.run("--collect-denials", GREETING="good day", TOKEN="secret")
    assert b"GREETING=good day\n" in ran.output
    assert b"X07_OS_DENIALS=collect\n" in ran.output
    assert b"X07_OS_SANDBOXED=1\n" in ran.output
    assert ran.report["policy_denials_collected"] is True
    for word in ("good day", "secret"):
        assert not any(word in line for line in room.engine.asked)
    assert "--env TOKEN" not in "".join(room.engine.asked)


def test_what_a_program_tells(room: Guests) -> None:
    told = {"operation": "os.fs.stat_v1", "target": "a", "field": "fs.read_roots", "grant": "add"}
    line = json.dumps({"policy_denials": [told]})
    room.answers(program=f"printf '%s\\n' '{line}' >&2; {guests.ECHO}")
    ran = room.run(*SOLVED)
    assert (ran.output, ran.report["policy_denials"]) == (b"hello", [told])


def test_the_program_is_left_where_it_was_asked_for(room: Guests) -> None:
    ran = room.os_runner("--compiled-out", "dist/app", "--compile-only")
    assert (ran.status, ran.stderr, ran.report["solve"]) == (0, "", None)
    assert (room.folder / "dist/app").read_text() == f"#!/bin/sh\n{guests.ECHO}\n"
    assert (room.folder / "dist/app").stat().st_mode & 0o111
    assert room.started == ["seed", "build"]
    assert room.run("--compiled-out", "other", *SOLVED).output == b"hello"
    assert (room.folder / "other").read_bytes() == (room.folder / "dist/app").read_bytes()


# -- the cache


def test_what_was_compiled_is_kept(room: Guests) -> None:
    first = room.run(*SOLVED)
    second = room.run("--input-b64", base64.b64encode(b"again").decode())
    assert room.started == ["seed", "build", "program", "program"]
    assert second.output == b"again"
    assert second.report["compile"] == first.report["compile"]


def change_source(room: Guests) -> tuple[str, ...]:
    path = room.folder / "src/app.x07.json"
    path.write_text(path.read_text() + "\n")
    return ()


def change_policy(room: Guests) -> tuple[str, ...]:
    room.edit("limits", cpu_ms=1234)
    return ()


def change_image(room: Guests) -> tuple[str, ...]:
    other = room.engine.says(engines.docker_image("sha256:" + "d" * 64))
    room.answers(cases={INSPECT: other})
    return ()


CHANGES: Final = {
    "source": change_source,
    "policy": change_policy,
    "image": change_image,
    "fuel": lambda _: ("--solve-fuel", "77"),
    "memory": lambda _: ("--max-memory-bytes", "123456789"),
    "profile of the compiler": lambda _: ("--cc-profile", "size"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_a_program_is_in_its_key(room: Guests, change: Any) -> None:  # noqa: ANN401
    room.run(*SOLVED)
    flags = change(room)
    before = len(room.started)
    assert room.run(*SOLVED, *flags).status == 0
    assert room.started[before:][-2:] == ["build", "program"]


def test_what_is_kept_is_read_with_suspicion(room: Guests) -> None:
    room.run(*SOLVED)
    for path in (room.folder.parent / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert room.run(*SOLVED).output == b"hello"
    assert room.started[3:] == ["seed", "build", "program"]
