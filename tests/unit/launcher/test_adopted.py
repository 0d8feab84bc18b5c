"""A guest that was started by a record: whoever goes on with it, and whoever reaps it."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests import vm_bundles
from tests.fakes import engines, install
from tests.unit.launcher import benches
from tests.unit.launcher.benches import Bench
from tests.unit.vm.conftest import soon
from tests.vm_bundles import REFERENCE
from x07bundle.bundle import sidecar
from x07bundle.launcher import adopted

EVERY_BYTE: Final = bytes(range(256)) * 300
WAITS: Final = """#!/bin/sh
trap 'echo asked; exit 9' INT TERM HUP QUIT
echo $$ >"$1"
while :; do /bin/sleep 0.05; done
"""
MISSING: Final = engines.fails("Error: No such image: x")
MANIFEST: Final = "sha256:" + "a" * 64

MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path) -> MakeBench:
    """A bundle that was started once, so that there is a record."""

    def make(cases: dict[str, str] | None = None, **given: object) -> Bench:
        bench = benches.bench(tmp_path / "bench", cases)
        bench.make(**{"env__enabled": True, "env__allow_keys": ["TEST_STATUS"], **given})
        assert bench.start("say", "x", TEST_STATUS="0").returncode == 0
        return bench

    return make


@pytest.fixture
def waiting(tmp_path: Path) -> tuple[Bench, Path]:
    """A bundle whose program waits, and says who it is in a file; killing it is for the engine."""
    here = tmp_path / "here"
    kills = f"kill -KILL $(cat '{here}')"
    bench = benches.bench(tmp_path / "bench", {"'kill '*": kills})
    bench.make(payload="#!/bin/sh\n", limits__wall_ms=60_000)
    assert bench.start().returncode == 0
    return bench, here


def with_payload(bench: Bench, payload: str) -> None:
    """Another program, under the record of the one that was there."""
    (sidecar.folder_of(bench.app) / "payload").write_text(payload)


def finish(process: subprocess.Popen[bytes], data: bytes | None = None) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(data, timeout=60)
    return process.returncode, out, err


def test_bytes_of_all_streams_and_the_status_are_the_programs(make_bench: MakeBench) -> None:
    bench = make_bench()
    assert finish(bench.replay("copy"), EVERY_BYTE) == (0, EVERY_BYTE, b"")
    assert finish(bench.replay("say", "a", "b", TEST_STATUS="7")) == (7, b"a", b"b")
    assert soon(lambda: not bench.left())
    assert bench.docker.asked.count("run") == 3
    assert bench.docker.asked.count("image") == 1


def test_exit_statuses_where_nobody_hears_of_children(make_bench: MakeBench) -> None:
    """SIGCHLD is ignored by whoever started us, and is for those whom we start."""
    bench = make_bench()
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        decided = subprocess.Popen(
            bench.words("say", "x"), env=bench.variables(TEST_STATUS="7"), cwd=bench.folder
        )
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert decided.wait(timeout=60) == 7


def test_its_record_stays_as_it_is(make_bench: MakeBench) -> None:
    bench = make_bench()
    (record,) = bench.records()
    before = (record.read_bytes(), record.stat().st_mtime_ns)
    assert finish(bench.replay("say", "x"))[0] == 0
    assert (record.read_bytes(), record.stat().st_mtime_ns) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_that_came_before_there_was_anybody(
    waiting: tuple[Bench, Path], number: signal.Signals
) -> None:
    bench, here = waiting
    with_payload(bench, WAITS)
    options = {"signal": str(int(number)), "after": str(here)}
    assert finish(bench.replay(str(here), options=options)) == (9, b"asked\n", b"")
    assert soon(lambda: not bench.left())


EXITS: Final = r"""
for word; do
    case $word in
    type=bind,source=*,target=/x07/out)
        outputs=${word#type=bind,source=}
        outputs=${outputs%,target=*} ;;
    esac
done
if test -e 'FIRST'; then
    : >"$outputs/started"
    trap 'exit 0' TERM
    while :; do /bin/sleep 0.05; done
fi
"""


def test_a_client_that_exits_in_the_name_of_a_program_that_has_not(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    first = tmp_path / "first"
    bench = make_bench({"'run '*": EXITS.replace("FIRST", str(first)) + vm_bundles.RUN})
    first.touch()
    process = bench.replay("say", "x")
    assert soon(lambda: any(bench.state.glob("*/out/started")))
    process.send_signal(signal.SIGTERM)
    assert finish(process) == (128 + signal.SIGTERM, b"", b"")
    assert soon(lambda: not bench.left())


SLOW: Final = """
: >'CLIENT'
trap ": >'EARLY'" TERM
for each in 1 2 3 4 5 6; do /bin/sleep 0.05; done
trap - TERM
"""


def test_a_signal_that_comes_before_the_guest_is_there_waits_for_it(tmp_path: Path) -> None:
    """A client that is asked to end while it starts a guest may leave half of one."""
    client, early, here = tmp_path / "client", tmp_path / "early", tmp_path / "here"
    slow = SLOW.replace("CLIENT", str(client)).replace("EARLY", str(early))
    bench = benches.bench(tmp_path / "bench", {"'run '*": slow + vm_bundles.RUN})
    bench.make(payload="#!/bin/sh\n", limits__wall_ms=60_000)
    assert bench.start().returncode == 0
    client.unlink()
    with_payload(bench, WAITS)
    process = bench.replay(str(here))
    assert soon(client.exists)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] in (9, 128 + signal.SIGTERM)  # its program may not have its trap yet
    assert not early.exists()
    assert soon(lambda: not bench.left())


def test_signals_that_come_later(waiting: tuple[Bench, Path]) -> None:
    """The second one kills, as the program ignores the first."""
    bench, here = waiting
    with_payload(bench, WAITS.replace("exit 9", ":"))
    process = bench.replay(str(here))
    assert soon(here.exists)
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert process.stdout.readline() == b"asked\n"
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 128 + signal.SIGTERM
    assert soon(lambda: not bench.left())


def test_the_deadline(tmp_path: Path) -> None:
    here = tmp_path / "here"
    kills = f"kill -KILL $(cat '{here}')"
    bench = benches.bench(tmp_path / "bench", {"'kill '*": kills})
    bench.make(payload="#!/bin/sh\n", limits__wall_ms=4000)
    assert bench.start().returncode == 0
    with_payload(bench, WAITS)
    status, _, err = finish(bench.replay(str(here)))
    assert status == 124
    assert err.startswith(b"error: the program was ended at its deadline: `limits.wall_ms` is 4000")
    assert {"stop", "kill", "rm"} <= {*bench.docker.asked}
    assert soon(lambda: not bench.left())


def test_a_deadline_before_the_program_began(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    waits = f"if test -e '{slow}'; then echo $$ >\"$folder/guest\"; {engines.HANGS}; fi"
    bench = benches.bench(tmp_path / "bench", {"'run '*": f"{waits}\n{vm_bundles.RUN}"})
    bench.make(limits__wall_ms=4000)
    assert bench.start("say", "x").returncode == 0
    slow.touch()
    status, _, err = finish(bench.replay("say", "x"))
    assert status == 124
    assert err.startswith(b"error: docker had not started the program at its deadline: ")
    assert b"hint: `X07_BUNDLE=doctor` says whether docker answers; " in err
    assert soon(lambda: not bench.left())


def test_an_engine_that_is_stuck(make_bench: MakeBench) -> None:
    """The deadline is far away."""
    bench = make_bench(limits__wall_ms=600_000)
    docker = bench.docker.engine.bin / "docker"
    answers = docker.read_bytes()
    install(docker.parent, docker.name, engines.HANGS)
    status, out, err = finish(bench.replay("say", "x", options={"patience": "300"}))
    docker.write_bytes(answers)
    assert (status, out) == (126, b"")
    assert b"docker" in err
    assert soon(lambda: not bench.left())


def test_an_engine_that_begins_while_it_is_asked(tmp_path: Path) -> None:
    """It is too busy to answer."""
    busy, asked = tmp_path / "busy", tmp_path / "asked"
    waits = f"while test -e '{busy}' && ! test -e '{asked}'; do /bin/sleep 0.05; done"
    no_guest = engines.fails("Error: No such container: x")
    inspect = f"if test -e '{busy}'; then : >'{asked}'; {engines.HANGS}; else {no_guest}; fi"
    cases = {"'container inspect '*": inspect, "'run '*": f"{waits}\n{vm_bundles.RUN}"}
    bench = benches.bench(tmp_path / "bench", cases)
    bench.make(limits__wall_ms=600_000)
    assert bench.start("say", "x").returncode == 0
    busy.touch()
    done = finish(bench.replay("say", "x", options={"patience": "2000"}))
    busy.unlink()
    assert asked.exists()
    assert done == (0, b"x", b"")
    assert soon(lambda: not bench.left())


def test_without_a_reaper_nobody_is_waited_for(make_bench: MakeBench) -> None:
    bench = make_bench()
    done = finish(bench.replay("say", "x", TEST_STATUS="3", options={"reaper": "none"}))
    assert done == (3, b"x", b"")
    assert bench.left() == []


def test_an_image_that_the_engine_has_lost(make_bench: MakeBench, tmp_path: Path) -> None:
    """It is loaded again, the guest still has all of its input, and notes are said once."""
    archive, there = tmp_path / "image.tar", tmp_path / "there"
    archive.write_bytes(b"an image")
    bench = make_bench(
        vm_bundles.losing(there),
        archive=archive,
        net__enabled=True,
        net__allow_hosts=[{"host": "example.com", "ports": [443]}],
    )
    (record,) = bench.records()
    there.unlink()
    status, out, err = finish(bench.replay("copy"), EVERY_BYTE)
    assert (status, out) == (0, EVERY_BYTE)
    assert err.count(b"note: net.allow_hosts") == 1
    assert b"loading the guest image" in err
    assert bench.docker.asked.count("load") == 2
    assert bench.records() == [record]
    assert soon(lambda: not bench.left())


def test_a_guest_that_does_not_start_though_the_image_is_there(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    """It is not tried twice; and the next start decides anew."""
    broken = tmp_path / "broken"
    fails = f"if test -e '{broken}'; then echo 'no room' >&2; exit 125; fi"
    bench = make_bench({"'run '*": f"{fails}\n{vm_bundles.RUN}"})
    broken.touch()
    status, _, err = finish(bench.replay("say", "x"))
    assert (status, err.count(b"no room")) == (127, 1)
    assert b"docker did not start the guest (exit status 125)" in err
    assert bench.docker.asked.count("run") == 2
    assert bench.records() == []


def test_a_client_that_holds_its_input_open(tmp_path: Path) -> None:
    """The end of it comes when the guest is there, and nothing of it is lost."""
    bench = benches.bench(tmp_path / "bench")
    made = engines.engine(bench.folder / "ctr", "firecracker-ctr")
    made.answers({"*' images ls '*": made.says(images()), "*' run '*": CTR, **GONE})
    socket = bench.folder / "socket"
    socket.touch()
    env = {
        "PATH": f"{made.bin}:/usr/bin:/bin",
        "X07_VM_FIRECRACKER_RUNTIME": "io.containerd.runc.v2",
        "X07_VM_FIRECRACKER_CONTAINERD_SOCK": str(socket),
    }
    content = bench.make()._replace(
        backend="firecracker-ctr",
        guest=sidecar.Guest(REFERENCE, "manifest", {"manifest": MANIFEST}),
    )
    sidecar.write(bench.app, content)
    assert bench.start("copy", stdin=b"x", variables=env).stdout == b"held\nx"
    done = finish(bench.replay("copy", variables=env), EVERY_BYTE)
    assert done[:2] == (0, b"held\n" + EVERY_BYTE)
    assert done[2].count(b"note: limits.procs") == 1


def images() -> str:
    return engines.ctr_images((f"x07.local/guest@{MANIFEST}", MANIFEST))


GONE: Final = {"*' containers info '*": engines.fails("ctr: container not found"), "*": ":"}
CTR: Final = r"""
for word; do
    case $word in
    type=bind,src=*,dst=/x07/in,*) inputs=${word#type=bind,src=} ;;
    type=bind,src=*,dst=/x07/bundle,*) programs=${word#type=bind,src=} ;;
    type=bind,src=*,dst=/x07/out,*) outputs=${word#type=bind,src=} ;;
    */task.pid) ready=$word ;;
    esac
done
inputs=${inputs%,dst=*} programs=${programs%,dst=*} outputs=${outputs%,dst=*}
while test "$1" != /x07/bundle/starter; do shift; done
shift 4
timeout 1 cat >"$outputs/got"
test $? = 124 && echo held
echo 1 >"$ready"
set -- "$inputs/policy.json" "$outputs/started" "$programs/payload" "$@"
(cat "$outputs/got"; cat) | "$programs/starter" "$@"
exit"""
"""What `ctr` does, as far as a program sees it; and it says whether its input ended too early."""


def test_who_is_left_when_nobody_goes_on(waiting: tuple[Bench, Path]) -> None:
    """A reaper that was forked by others ends the guest, and removes its folder."""
    bench, here = waiting
    with_payload(bench, WAITS)
    options = {"after": str(here), "dies": "yes"}
    process = bench.replay(str(here), options=options)
    assert finish(process)[0] == 99
    guest = int(here.read_text())
    assert soon(lambda: not Path(f"/proc/{guest}").exists())
    assert soon(lambda: not bench.left())
    assert "kill" in bench.docker.asked


def test_another_bundle_is_there_when_somebody_goes_on(
    waiting: tuple[Bench, Path], tmp_path: Path
) -> None:
    """Half of it: it is refused, and the guest ends."""
    bench, here = waiting
    with_payload(bench, WAITS)
    gate = tmp_path / "gate"
    process = bench.replay(str(here), options={"after": str(gate)})
    assert soon(here.exists)
    (sidecar.folder_of(bench.app) / "manifest.json").write_text("{}")
    gate.touch()
    status, _, err = finish(process)
    assert (status, b"it was changed" in err) == (125, True)
    guest = int(here.read_text())
    assert soon(lambda: not Path(f"/proc/{guest}").exists())
    assert soon(lambda: not bench.left())


def test_what_is_handed_over_goes_no_further() -> None:
    ends = (*os.pipe(), *os.pipe())
    for descriptor in ends:
        os.set_inheritable(descriptor, True)
    text = f"run=1-2 client=5 line={ends[0]} lock={ends[1]}"
    assert adopted.read(f"{text} feed=-1".encode()).feed == -1
    assert [os.get_inheritable(descriptor) for descriptor in ends] == [False, False, True, True]
    assert adopted.read(f"{text} feed={ends[2]}".encode()).run == "1-2"
    assert not os.get_inheritable(ends[2])
    for descriptor in ends:
        os.close(descriptor)


@pytest.mark.parametrize("text", [b"", b"nonsense", b"run=1", b"run=1 client=x line=1", b"\xff"])
def test_what_is_no_hand_over(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        adopted.read(text)


def test_a_caller_hands_nothing_over(make_bench: MakeBench) -> None:
    """Its variables are veiled."""
    bench = make_bench()
    done = bench.start("say", "x", X07_ADOPT="nonsense", X07_REAP="nonsense")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"x", b"")
