"""VM bundles are started: what of it is the program's, and what is refused, and how."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from subprocess import PIPE
from typing import Final

import pytest

from tests import vm_bundles
from tests.fakes import engines
from tests.vm_bundles import ACCEPT, CONFIG, Bench, MakeBench

MISSING: Final = engines.fails("Error: No such image: x")
OTHER: Final = "sha256:" + "d" * 64
NEVER: Final = ("LD_LIBRARY_PATH", "X07_UNHEARD_OF", "X07_BUNDLE_FORMAT")


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench()


def last_line(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode().splitlines()[-1]


# -- what is the program's


def test_streams_are_the_programs_byte_for_byte(bench: Bench) -> None:
    data = random.Random(1).randbytes(1 << 20)
    done = bench.start("copy", stdin=data)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == data
    done = bench.start("say", "out", "err")
    assert (done.stdout, done.stderr) == (b"out", b"err")
    assert bench.left() == []


@pytest.mark.parametrize("status", ["0", "1", "2", "124", "125", "126", "127", "132", "255"])
def test_exit_codes_are_the_programs(make_bench: MakeBench, status: str) -> None:
    bench = make_bench(env__enabled=True, env__allow_keys=["TEST_STATUS"])
    done = bench.start(TEST_STATUS=status)
    assert (done.returncode, done.stderr) == (int(status), b"")


def test_arguments_are_bytes(bench: Bench) -> None:
    words = [b"", b"a b", b"--help", b"\xff\xfe", "é".encode(), b"$(x)", b"\n", b"-", b"--"]
    assert bench.start("words", *words).stdout == b"".join(word + b"\0" for word in words)


def test_variables_reach_the_guest_where_the_policy_names_them(make_bench: MakeBench) -> None:
    bench = make_bench(env__enabled=True, env__allow_keys=["GRANTED", "PYTHONHOME", *NEVER])
    done = bench.start("variable", "GRANTED", GRANTED="a secret \xe9")
    assert done.stdout == "a secret \xe9".encode()
    assert not any("secret" in line for line in bench.docker.engine.asked)
    assert bench.start("variable", "PYTHONHOME", PYTHONHOME="/x").stdout == b"/x"
    assert bench.start("variable", "OTHER", OTHER="x").stdout == b""
    for name in NEVER:
        assert bench.start("variable", name, variables={name: "x"}).stdout == b""
    assert bench.start("variable", "HOME", HOME="/x").stdout != b""  # of the fake, which is no VM


def test_what_loaders_and_pythons_read_is_not_read(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(99)")
    done = bench.start(
        "say",
        "well",
        LD_PRELOAD="/nowhere/preloaded.so",
        LD_LIBRARY_PATH=str(tmp_path),
        LD_DEBUG="all",
        GLIBC_TUNABLES="glibc.malloc.check=3",
        PYTHONPATH=str(tmp_path),
        PYTHONHOME=str(tmp_path),
        PYTHONVERBOSE="1",
        PYTHONINSPECT="1",
        PYTHONUTF8="nonsense",
        _PYI_ARCHIVE_FILE="/nowhere",
        _PYI_APPLICATION_HOME_DIR=str(tmp_path),
        _PYI_PARENT_PROCESS_LEVEL="1",
        TZ=":/nowhere",
        LC_ALL="nonsense",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"well", b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(bench: Bench, closed: str) -> None:
    command = f'"$0" words a b {closed}; echo $? >status'
    subprocess.run(("/bin/sh", "-c", command, bench.app), cwd=bench.folder, env=bench.env())
    assert (bench.folder / "status").read_text() == "0\n"


def test_a_reader_that_goes_away(bench: Bench) -> None:
    """The program is told by the system, as without a guest."""
    command = '"$0" copy </dev/zero | head -c 10 >/dev/null; echo gone'
    path = f"{bench.docker.path}:{os.defpath}"
    done = subprocess.run(
        ("/bin/sh", "-c", command, bench.app),
        cwd=bench.folder,
        env=bench.env(PATH=path),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.stdout == b"gone\n"


def test_a_reader_that_goes_away_ends_it_in_silence(make_bench: MakeBench) -> None:
    """docker's client says what it could not write, and exits with 1."""
    bench = make_bench({"'run '*": LOSES.replace("STATUS", "1")})
    with subprocess.Popen(
        (bench.app,), env=bench.env(), cwd=bench.folder, stdin=PIPE, stdout=PIPE, stderr=PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        said = child.stderr.read()
        assert child.wait() == 128 + signal.SIGPIPE
    assert b"lost the guest" not in said


def test_an_interruption_in_its_first_moments(bench: Bench) -> None:
    """Python, which is being started, has nothing to say of it."""
    for wait_ms in range(0, 60, 6):
        with subprocess.Popen(
            (bench.app, "wait"), env=bench.env(), cwd=bench.folder, stdin=PIPE, stderr=PIPE
        ) as child:
            time.sleep(wait_ms / 1000)
            child.send_signal(signal.SIGINT)
            said = child.communicate(timeout=60)[1]
        assert b"Traceback" not in said, said
        assert b"PYI" not in said, said
        assert child.returncode in (130, -signal.SIGINT), (wait_ms, said)


def test_the_deadline(make_bench: MakeBench) -> None:
    done = make_bench(limits__wall_ms=700).start("wait")
    assert done.returncode == 124
    assert b"`limits.wall_ms` is 700" in done.stderr
    assert last_line(done).startswith("hint: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_before_the_guest_is_there(make_bench: MakeBench, number: signal.Signals) -> None:
    """docker's client has exit statuses of its own for what was interrupted."""
    waiting = "trap 'exit 125' TERM HUP INT; echo waiting >&2; while :; do /bin/sleep 0.05; done"
    bench = make_bench({"'run '*": waiting})
    with subprocess.Popen(
        (bench.app,), env=bench.env(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        assert child.stderr is not None
        assert child.stderr.readline() == b"waiting\n"
        child.send_signal(number)
        assert child.stderr.read() == b""
    assert child.returncode == 128 + number
    assert bench.left() == []


# -- what is refused, and how


REFUSED: Final = [
    ({}, (ACCEPT,), 125, "the backend `docker` isolates less than a VM"),
    ({ACCEPT: "perhaps"}, (), 125, "the backend `docker` isolates less than a VM"),
    ({"X07_VM_BACKEND": "podman"}, (ACCEPT,), 125, "this was made for the backend `docker`"),
    ({"X07_VM_BACKEND": "hyperv"}, (), 126, "no backend `hyperv`"),
    ({"X07_VM_BACKEND": "vz"}, (), 126, "VM backend `vz`"),
    ({"X07_VM_GUEST_IMAGE": "other:1"}, (), 125, "names another guest image"),
    ({"X07_OS_FS": "0"}, (), 125, "X07_OS_FS: a VM bundle has the policy that it was made with"),
    ({"X07_OS_DENIALS": "stderr", "X07_OS_A": ""}, (), 125, "X07_OS_A, X07_OS_DENIALS: a VM"),
    ({"X07_VM_GUEST_IMAGE_DIGEST": "latest"}, (), 125, "is no digest"),
    ({"X07_BUNDLE": "peek"}, (), 125, "X07_BUNDLE is `peek`"),
    ({"X07_BUNDLE": "verify", "X07_BUNDLE_FORMAT": "xml"}, (), 125, "X07_BUNDLE_FORMAT is `xml`"),
]


@pytest.mark.parametrize(("variables", "without", "status", "words"), REFUSED)
def test_refusals(
    bench: Bench, variables: dict[str, str], without: tuple[str, ...], status: int, words: str
) -> None:
    done = bench.start(without=without, variables=variables)
    assert done.returncode == status, done.stderr
    assert words in done.stderr.decode()
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: ")
    assert last_line(done).startswith("hint: ")
    assert "run" not in bench.docker.asked


def test_another_image_takes_its_digest_and_consent(make_bench: MakeBench) -> None:
    bench = make_bench({f"'image inspect {OTHER}'": 'echo \'[{"Id": "' + OTHER + "\"}]'"})
    variables = {"X07_VM_GUEST_IMAGE": "other:1", "X07_VM_GUEST_IMAGE_DIGEST": OTHER}
    assert bench.start("say", "x", variables=variables).stdout == b"x"
    run = next(line for line in bench.docker.engine.asked if line.startswith("run "))
    assert OTHER in run
    assert CONFIG not in run


def test_without_consent_there_is_no_other_image(bench: Bench) -> None:
    """Nor for looks, where docker itself takes consent, too."""
    done = bench.start(without=(ACCEPT,), X07_BUNDLE="doctor", X07_VM_GUEST_IMAGE_DIGEST=OTHER)
    assert done.returncode == 125
    assert b"another guest image than this bundle is pinned to needs consent" in done.stdout
    assert OTHER.encode() in done.stdout


def test_the_pinned_digest_may_be_named(bench: Bench) -> None:
    assert bench.start("say", "x", X07_VM_GUEST_IMAGE_DIGEST=CONFIG).stdout == b"x"


def test_an_image_that_is_not_there(make_bench: MakeBench) -> None:
    bench = make_bench({"'image inspect '*": MISSING})
    done = bench.start()
    assert done.returncode == 127
    assert b"x07 vm load" in done.stderr
    assert last_line(done).startswith("hint: ")


def test_a_name_that_leads_to_another_image(make_bench: MakeBench) -> None:
    other = 'echo \'[{"Id": "' + OTHER + "\"}]'"
    bench = make_bench(
        {vm_bundles.INSPECT: MISSING, f"'image inspect {vm_bundles.REFERENCE}'": other}
    )
    done = bench.start()
    assert done.returncode == 125
    assert b"guest digest mismatch" in done.stderr
    assert "run" not in bench.docker.asked


def test_an_embedded_image_is_loaded_once(make_bench: MakeBench, tmp_path: Path) -> None:
    archive, loaded = tmp_path / "image.tar", tmp_path / "loaded"
    archive.write_bytes(b"an image")
    there = f'echo \'[{{"Id": "{CONFIG}"}}]\''
    bench = make_bench(
        {
            vm_bundles.INSPECT: f"if test -e '{loaded}'; then {there}; else {MISSING}; fi",
            "'image inspect '*": MISSING,
            "'load '*": f": >'{loaded}'; echo 'Loaded image: x07.local/guest:1'",
        },
        archive=archive,
    )
    first, second = bench.start("say", "x"), bench.start("say", "y")
    assert (first.stdout, second.stdout) == (b"x", b"y")
    assert b"loading the guest image" in first.stderr
    assert second.stderr == b""
    assert bench.docker.asked.count("load") == 1


def test_an_engine_that_is_down(make_bench: MakeBench) -> None:
    down = engines.fails("Cannot connect to the Docker daemon at unix:///x")
    done = make_bench({"*": down}).start()
    assert done.returncode == 126
    assert b"Cannot connect to the Docker daemon" in done.stderr


def test_no_engine(bench: Bench) -> None:
    done = bench.start(PATH="/nonexistent")
    assert done.returncode == 126
    assert b"no `docker` on PATH" in done.stderr


@pytest.mark.parametrize("status", [1, 125, 126, 127])
def test_a_guest_that_is_not_started(make_bench: MakeBench, status: int) -> None:
    done = make_bench({"'run '*": engines.fails("docker: it will not", status)}).start()
    assert done.returncode == 127
    assert b"docker: it will not\n" in done.stderr
    assert b"docker did not start the guest" in done.stderr


LOSES: Final = """
for word; do
    case $word in
    type=bind,source=*,target=/x07/out)
        outputs=${word#type=bind,source=} && : >"${outputs%,target=*}/started" ;;
    esac
done
echo 'docker: the connection to the daemon was lost' >&2
exit STATUS
"""


@pytest.mark.parametrize("status", [0, 1, 125, 127])
def test_an_engine_that_loses_a_guest_ends_no_program(make_bench: MakeBench, status: int) -> None:
    """Its program may have done anything up to then: it is not started again."""
    bench = make_bench({"'run '*": LOSES.replace("STATUS", str(status))})
    done = bench.start()
    assert done.returncode == 127
    assert b"docker: the connection to the daemon was lost\n" in done.stderr
    assert b"lost the guest before its program had ended" in done.stderr
    assert [words.split()[0] for words in bench.docker.asked].count("run") == 1


UNWRITTEN: Final = vm_bundles.RUN.replace('exec "$programs', '"$programs').replace(
    '"$words"} "$@"\n', '"$words"} "$@"\necho "docker: no space left" >&2; exit 1\n'
)


def test_an_engine_that_cannot_write_what_the_program_says(make_bench: MakeBench) -> None:
    """docker's client exits with 1, podman's with 126, as a program may."""
    done = make_bench({"'run '*": UNWRITTEN}).start("say", "x")
    assert done.returncode == 127
    said = "docker did not hand on all that the program wrote (exit status 1; that of the program"
    assert f"{said} is 0)" in done.stderr.decode()
    assert last_line(done).startswith("hint: ")


def test_a_payload_that_is_no_program(make_bench: MakeBench) -> None:
    done = make_bench(payload="no program").start()
    assert done.returncode == 127
    assert b"did not start the guest" in done.stderr


def test_hosts_that_nobody_filters(make_bench: MakeBench) -> None:
    hosts = [{"host": "example.com", "ports": [443]}]
    bench = make_bench(net__enabled=True, net__allow_tcp=True, net__allow_hosts=hosts)
    done = bench.start("say", "x")
    assert done.stdout == b"x"
    assert b"note: net.allow_hosts: not enforced" in done.stderr


def test_a_terminal_is_the_guests(bench: Bench) -> None:
    ours, theirs = os.openpty()
    try:
        child = subprocess.Popen(
            (bench.app, "say", "seen"),
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env=bench.env(),
            cwd=bench.folder,
        )
        _, said = child.communicate(timeout=30)
        assert (child.returncode, said) == (0, b"")
        assert os.read(ours, 100) == b"seen"
    finally:
        os.close(ours)
        os.close(theirs)
    run = next(line for line in bench.docker.engine.asked if line.startswith("run "))
    assert "--interactive --tty" in run


def test_without_input_nothing_is_attached(bench: Bench) -> None:
    command = '"$0" copy </dev/null'
    subprocess.run(("/bin/sh", "-c", command, bench.app), cwd=bench.folder, env=bench.env())
    run = next(line for line in bench.docker.engine.asked if line.startswith("run "))
    assert "--interactive" not in run
