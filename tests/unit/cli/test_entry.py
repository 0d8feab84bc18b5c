"""What surrounds every command: help, versions, errors, signals, closed pipes."""

import os
import signal
import subprocess
from pathlib import Path

import click
import pytest

from tests.unit.cli.commands import X07, environment, x07
from x07bundle.cli import entry
from x07bundle.errors import RefusedError


def exit_of(command: click.Command, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command that runs in this process."""
    monkeypatch.setattr("sys.argv", ["x07"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("sys.setrecursionlimit", lambda _: None)
    monkeypatch.setattr("gc.disable", lambda: None)
    return entry.run(command, "x07")


def raising(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (RefusedError("no", "why", "do"), 125, "error: no\n  why\nhint: do\n"),
        (click.UsageError("No such thing 'x'."), 2, "error: no such thing `x`\n"),
        (KeyboardInterrupt(), 130, "\nx07: interrupted\n"),
        (PermissionError(13, "Permission denied", "/f"), 2, "error: `/f`: permission denied\n"),
        (ValueError("oops"), 70, "x07: internal error: ValueError: oops\nhint: set X07_TRACEBACK"),
        (RecursionError("deep"), 70, "x07: internal error: RecursionError: deep\n"),
    ],
)
def test_what_a_command_raises(
    error: BaseException,
    code: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_of(raising(error), monkeypatch) == code
    captured = capsys.readouterr()
    assert captured.err.startswith(text)
    assert captured.out == ""


def test_a_traceback_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("X07_TRACEBACK", "1")
    assert exit_of(raising(ValueError("oops")), monkeypatch) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (7, 7)])
def test_what_a_command_returns(
    returned: int | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def command() -> int | None:
        return returned

    assert exit_of(command, monkeypatch) == code


def test_version(tmp_path: Path) -> None:
    done = x07("--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "x07 0.1.0 (language 0.2.17)\n")


def test_no_command_is_an_error(tmp_path: Path) -> None:
    done = x07(folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: x07 [OPTIONS] [COMMAND] [ARGS]...")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["frobnicate"], "error: no such command `frobnicate`"),
        (["fmt", "--chek"], "error: no such option `--chek`"),
        (["completion", "tcsh"], "error: invalid value for `SHELL`"),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: list[str], text: str) -> None:
    done = x07(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(text)
    hint = done.stderr.splitlines()[-1]
    assert hint.startswith("hint: ")
    assert "`x07 " in hint


ECHO = """{"schema_version": "x07.x07ast@0.8.0", "kind": "entry", "module_id": "main",
 "imports": [], "decls": [], "solve": ["view.to_bytes", "input"]}"""


@pytest.mark.parametrize(
    ("sent", "code", "text"),
    [(signal.SIGINT, 130, b"\nx07: interrupted\n"), (signal.SIGTERM, 143, b"")],
)
def test_signals(tmp_path: Path, sent: signal.Signals, code: int, text: bytes) -> None:
    pipe = tmp_path / "input"
    os.mkfifo(pipe)
    (tmp_path / "a.x07.json").write_text(ECHO)
    process = subprocess.Popen(
        (*X07, "run", "--program", str(tmp_path / "a.x07.json"), "--input", str(pipe)),
        stderr=subprocess.PIPE,
        env=environment(),
        # A shell starts jobs of the background with SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    # Opening waits until the command has opened its end and reads.
    with process, pipe.open("wb"):
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (code, text)


def test_nobody_hears_how_children_end(tmp_path: Path) -> None:
    """SIGCHLD is ignored by whoever started us, which is inherited."""
    program = tmp_path / "a.x07.json"
    program.write_text(ECHO)
    done = subprocess.run(
        (*X07, "run", "--program", str(program)),
        input=b"text",
        capture_output=True,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_pipe(tmp_path: Path) -> None:
    command = (*X07, "--help")
    reader, writer = os.pipe()
    with subprocess.Popen(
        command, stdout=writer, stderr=subprocess.PIPE, env=environment()
    ) as process:
        os.close(writer)
        os.close(reader)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            (*X07, "--help"), stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert done.returncode == 2
    assert b"cannot write to standard output: no space left on device\nhint: " in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("check",), ("run",), ("doctor",)])
def test_the_current_folder_is_gone(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    done = subprocess.run(
        ("sh", "-c", script, "sh", *X07, *arguments),
        cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: the current folder is not there any more\nhint: ")


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [(("bundel",), "bundle"), (("policy", "chek"), "check"), (("zzzzzz",), None)],
)
def test_a_command_that_is_not_there(
    tmp_path: Path, arguments: tuple[str, ...], nearest: str | None
) -> None:
    done = x07(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: no such command `{arguments[-1]}`\nhint: ")
    assert ("did you mean" in done.stderr) == (nearest is not None)
    assert nearest is None or f"did you mean `{nearest}`? `x07 " in done.stderr


def test_an_option_that_is_not_there(tmp_path: Path) -> None:
    done = x07("run", "--backend", "docker", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: no such option `--backend`",
        "hint: did you mean `--sandbox-backend`? `x07 run --help` says what it takes",
    ]


@pytest.mark.parametrize("option", ["--profile", "--policy", "--sandbox-backend"])
@pytest.mark.parametrize("command", ["run", "bundle"])
def test_a_value_of_no_characters(tmp_path: Path, command: str, option: str) -> None:
    """`--policy "$POLICY"` with a variable that is not set must not choose another policy."""
    done = x07(command, option, "", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: `{option}` is empty\n")


def test_output_is_utf8_in_every_locale(tmp_path: Path) -> None:
    variables = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = x07("fmt", "--check", "é", folder=tmp_path, variables=variables)
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no file or folder `")
