"""`x07 run` in guests: what is refused before one is started, and what fails in them."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fakes import engines
from tests.unit.run import guests
from tests.unit.run.guests import BUILD, CONFIG, INSPECT, PROGRAM, SEED, SOLVED, Guests


@pytest.fixture
def room(tmp_path: Path) -> Guests:
    return guests.guests(tmp_path)


# -- what goes wrong in a guest


def test_a_program_that_does_not_compile(room: Guests) -> None:
    """The guest's report, as it stands; nothing is kept."""
    said = guests.refusal("Typing: no")
    room.answers(said, None, before="echo 'main: no' >&2")
    for _ in range(2):
        ran = room.run(*SOLVED)
        assert (ran.status, ran.report) == (1, said)
        assert ran.stderr == "main: no\n"
    assert room.started == ["seed", "build", "build"]


GARBAGE: Final = {
    "nothing": ("", "invalid run-os runner report JSON: "),
    "no JSON": ("{[", "invalid run-os runner report JSON: "),
    "another schema": (
        guests.report(schema_version="x07-os-runner.report@9.0.0"),
        "runner report schema_version mismatch",
    ),
    "another mode": (guests.report(mode="run-os"), "runner report mode mismatch"),
    "no compile": (guests.report(compile=7), "invalid run-os runner report: "),
}


@pytest.mark.parametrize(("said", "trap"), GARBAGE.values(), ids=GARBAGE)
def test_what_cannot_be_used(room: Guests, said: object, trap: str) -> None:
    text = said if isinstance(said, str) else json.dumps(said)
    room.answers(text or " ", before="echo 'it broke' >&2")
    ran = room.run(*SOLVED)
    report = ran.report
    assert (ran.status, report["exit_code"], report["solve"]) == (1, 1, None)
    assert report["compile"]["trap"].startswith(trap)
    assert (report["compile"]["ok"], report["compile"]["lang_id"]) == (False, "")
    assert base64.b64decode(report["compile"]["stderr_b64"]) == b"it broke\n"
    assert report["sandbox_backend"] == "vm"
    assert "it broke" in ran.stderr
    assert "program" not in room.started


def test_a_guest_does_not_write_to_the_terminal(room: Guests) -> None:
    """People get the text, the report the bytes."""
    room.answers(" ", before="printf 'a\\033[31m\\tb\\377\\n' >&2")
    ran = room.run(*SOLVED)
    assert base64.b64decode(ran.report["compile"]["stderr_b64"]) == b"a\x1b[31m\tb\xff\n"
    said, _, told = ran.stderr.partition("error: ")
    assert said == "a?[31m\tb\N{REPLACEMENT CHARACTER}\n"
    assert told.startswith("the guest compiled nothing\n")


def test_a_guest_that_compiles_nothing(room: Guests) -> None:
    """An image that is not for it: its agent finds no program to start."""
    room.answers("", before="echo 'x07-guestd: cannot start it' >&2")
    ran = room.run(*SOLVED)
    first, *_, last = ran.stderr.splitlines()
    assert (ran.status, first) == (1, "x07-guestd: cannot start it")
    assert "error: the guest compiled nothing" in ran.stderr
    assert last.startswith("hint: its image has to be one of the flavour `full`")


LINKS: Final = {
    "nothing": None,
    "a link": '/bin/ln -s /etc/passwd "$out/compiled-out"',
    "a folder": '/bin/mkdir "$out/compiled-out"',
    "a pipe": '/usr/bin/mkfifo "$out/compiled-out"',
}


@pytest.mark.parametrize("instead", LINKS.values(), ids=LINKS)
def test_a_report_without_a_program(room: Guests, instead: str | None) -> None:
    room.answers(program=None, before=instead or "")
    ran = room.run(*SOLVED)
    trap = ran.report["compile"]["trap"]
    assert (ran.status, trap) == (1, "invalid run-os runner report: no executable came")
    assert "program" not in room.started
    assert room.left() == []


def test_a_program_that_is_too_large(room: Guests) -> None:
    room.answers(program=None, before='/usr/bin/truncate -s 1T "$out/compiled-out"')
    ran = room.run(*SOLVED)
    trap = ran.report["compile"]["trap"]
    assert ran.status == 1
    assert trap == "invalid run-os runner report: the executable has more than 67108864 bytes"


def test_a_seed_that_is_none(room: Guests) -> None:
    """Then the guest compiles its runtime itself."""
    room.answers(cases={SEED: "exit 1"})
    assert room.run(*SOLVED).output == b"hello"


# -- what a program does


FAILURES: Final = {
    "nothing": ("/bin/cat >/dev/null", 0, "native stdout too short for length prefix"),
    "a trap": ("echo '  in a.b' >&2; echo 'no ptr=/a' >&2; exit 132", 132, "no ptr=/a"),
    "a code": ("/bin/cat; exit 3", 3, None),
    "killed": ("kill -KILL $$", 137, "signal 9"),
}


@pytest.mark.parametrize(("program", "status", "trap"), FAILURES.values(), ids=FAILURES)
def test_a_program_that_fails(room: Guests, program: str, status: int, trap: str | None) -> None:
    room.answers(program=program)
    ran = room.run(*SOLVED)
    assert (ran.status, ran.report["exit_code"], ran.report["solve"]["ok"]) == (1, 1, False)
    assert ran.report["solve"]["exit_status"] == status
    assert (trap or "") in (ran.report["solve"]["trap"] or "")
    assert ran.report["compile"]["ok"] is True


ASKED: Final = "kill -TERM $PPID; exec /bin/sleep 60"
FAILING: Final = "trap 'exit 1' TERM; kill -TERM $PPID; while :; do /bin/sleep 0.05; done"


@pytest.mark.parametrize("phase", ["seed", "build", "program"])
def test_a_signal_ends_a_run(room: Guests, phase: str) -> None:
    """Whichever guest it comes to, and no other is started."""
    room.answers(
        program=ASKED if phase == "program" else guests.ECHO,
        before=FAILING if phase == "build" else "",
        cases={SEED: ASKED} if phase == "seed" else {},
    )
    ran = room.run(*SOLVED)
    assert (ran.status, ran.stdout) == (143, b"")
    assert room.started[-1] == phase
    assert room.left() == []


def test_its_deadline(room: Guests) -> None:
    room.edit("limits", wall_ms=300)
    room.answers(program="exec /bin/sleep 60")
    ran = room.run(*SOLVED)
    assert ran.status == 1
    assert ran.report["solve"]["trap"] == "timed out"
    assert "`limits.wall_ms` of the policy, 300," in ran.report["solve"]["trap_help"]
    assert room.left() == []


# -- refused before anything is compiled


ACCEPT: Final = "X07_I_ACCEPT_WEAKER_ISOLATION"


@pytest.mark.parametrize("without", [(ACCEPT,), (ACCEPT, "X07_VM_BACKEND")])
def test_without_consent_no_container(room: Guests, without: tuple[str, ...]) -> None:
    """Not even to ask what is there."""
    ran = room.run(*SOLVED, without=without)
    assert ran.status == 1
    assert ran.report["compile"]["trap"].startswith("vm backend failure: ")
    assert ran.report["solve"] is None
    assert room.engine.asked == []
    assert ran.stderr.splitlines()[-1].startswith("hint: ")


@pytest.mark.parametrize("text", ["0", "no", "false", ""])
def test_consent_that_is_none(room: Guests, text: str) -> None:
    assert room.run(*SOLVED, X07_I_ACCEPT_WEAKER_ISOLATION=text).status == 1
    assert room.engine.asked == []


def test_consent_that_nobody_understands(room: Guests) -> None:
    ran = room.run(*SOLVED, X07_I_ACCEPT_WEAKER_ISOLATION="perhaps")
    assert (ran.status, ran.stdout, room.engine.asked) == (2, b"", [])


def test_consent_on_the_command_line(room: Guests) -> None:
    flag = "--i-accept-weaker-isolation"
    assert room.run(flag, *SOLVED, without=(ACCEPT,)).output == b"hello"


def test_a_policy_that_cannot_be(room: Guests) -> None:
    room.edit("fs", read_roots=["missing"])
    ran = room.run(*SOLVED)
    assert ran.status == 1
    assert "`fs.read_roots[0]`" in ran.report["compile"]["trap"]
    assert "root does not exist" in ran.stderr
    assert room.started == []


def test_libraries_of_this_machine(room: Guests) -> None:
    path = room.folder / "x07.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "link": {"libs": ["z"]}}))
    ran = room.run(*SOLVED)
    assert (ran.status, ran.stdout, room.started) == (2, b"", [])
    assert "`link` of x07.json" in ran.stderr


# -- the image


MISSING: Final = engines.fails("Error: No such image: x07-guest-runner:0.1.0")


def test_an_image_that_is_not_there(room: Guests) -> None:
    room.answers(cases={INSPECT: MISSING})
    ran = room.run(*SOLVED)
    assert (ran.status, room.started) == (1, [])
    assert "has no image" in ran.report["compile"]["trap"]
    assert "x07 vm load --backend docker" in ran.stderr
    assert "pull" not in room.asked


def test_another_image_than_the_pinned(room: Guests) -> None:
    ran = room.run(*SOLVED, X07_VM_GUEST_IMAGE_DIGEST="sha256:" + "e" * 64)
    assert (ran.status, room.started) == (1, [])
    assert "guest digest mismatch for docker" in ran.report["compile"]["trap"]


def test_the_pinned_image(room: Guests) -> None:
    assert room.run(*SOLVED, X07_VM_GUEST_IMAGE_DIGEST=CONFIG).output == b"hello"


def test_an_image_is_pulled_by_digest_alone(room: Guests, tmp_path: Path) -> None:
    there = room.engine.says(engines.docker_image(CONFIG, ("r.test/x@sha256:" + "e" * 64,)))
    pulled = tmp_path / "pulled"
    cases = {
        "'image inspect '*": f"if test -e {pulled}; then {there}; else {MISSING}; fi",
        "'pull '*": f": >{pulled}",
    }
    room.answers(cases=cases)
    ran = room.run("--pull", "missing", *SOLVED)
    assert (ran.status, "pull" in room.asked) == (1, False)
    ran = room.run(
        "--pull",
        "missing",
        *SOLVED,
        X07_VM_GUEST_IMAGE="r.test/x:1",
        X07_VM_GUEST_IMAGE_DIGEST="sha256:" + "e" * 64,
    )
    assert ran.output == b"hello", ran.stderr
    assert [line for line in room.engine.asked if line.startswith("pull ")] != []


# -- the engine


def test_an_engine_that_is_down(room: Guests) -> None:
    room.answers(cases={"*": engines.fails("Cannot connect to the Docker daemon at unix:///x")})
    ran = room.run(*SOLVED)
    assert (ran.status, ran.report["solve"]) == (1, None)
    assert "Cannot connect to the Docker daemon" in ran.stderr


@pytest.mark.parametrize("phase", [BUILD, PROGRAM])
def test_a_guest_that_is_not_started(room: Guests, phase: str) -> None:
    room.answers(cases={phase: engines.fails("docker: it will not", 125)})
    ran = room.run(*SOLVED)
    assert ran.status == 1
    assert ran.report["exit_code"] == 1
    assert "docker: it will not" in json.dumps(ran.report) + ran.stderr + said(ran.report)
    assert room.left() == []


def said(report: dict[str, Any]) -> str:
    found = [
        base64.b64decode((report[key] or {}).get("stderr_b64", "")) for key in ("compile", "solve")
    ]
    return b"".join(found).decode()
