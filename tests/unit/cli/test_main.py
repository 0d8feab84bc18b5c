"""The table of subcommands: help, laziness, completion."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.unit.cli.commands import environment
from tests.unit.project.projects import write
from x07bundle.cli.main import SUBCOMMANDS, command

NAMES = list(SUBCOMMANDS)


def test_help_lists_every_command() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    for name, row in SUBCOMMANDS.items():
        assert f"  {name} " in text
        assert row.summary in text


@pytest.mark.parametrize("name", NAMES)
def test_help_of_each_command(name: str) -> None:
    result = CliRunner().invoke(command, [name, "--help"])
    assert result.exit_code == 0, result.exception
    assert result.output.startswith(f"Usage: x07 {name} ") or f" {name} " in result.output
    assert "x07 " + name in result.output.split("Options:")[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_says_what_it_does(name: str) -> None:
    loaded = command.get_command(click.Context(command), name)
    assert loaded is not None
    options = [one for one in loaded.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help and not one.hidden] == []


@pytest.mark.parametrize("name", ["run", "bundle"])
def test_no_option_is_kept_from_the_reader(name: str) -> None:
    loaded = command.get_command(click.Context(command), name)
    assert loaded is not None
    hidden = [one.name for one in loaded.params if isinstance(one, click.Option) and one.hidden]
    assert hidden == []


@pytest.mark.parametrize("name", ["run", "bundle"])
def test_zero_is_no_limit(name: str) -> None:
    text = " ".join(CliRunner().invoke(command, [name, "--help"]).output.split())
    assert text.count("at most; 0: no limit. [") == 4


def test_help_imports_no_command(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['x07', '--help']\n"
        "from x07bundle.cli import entry, main\n"
        "entry.run(main.command, 'x07')\n"
        "own = [name for name in sys.modules if name.startswith('x07bundle.')]\n"
        "print(' '.join(sorted(own)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        (sys.executable, "-c", script),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.split() == [
        "x07bundle.cli",
        "x07bundle.cli.entry",
        "x07bundle.cli.main",
        "x07bundle.errors",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    result = CliRunner().invoke(command, ["completion", shell], prog_name="x07")
    assert result.exit_code == 0
    assert "_X07_COMPLETE" in result.output


def test_completion_of_the_runner() -> None:
    words = ["completion", "bash", "--program", "x07-os-runner"]
    result = CliRunner().invoke(command, words, prog_name="x07")
    assert "_X07_OS_RUNNER_COMPLETE=bash_complete" in result.output
    assert "x07-os-runner" in result.output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("x07 che", "plain,check\n"),
        ("x07 fmt --ch", "plain,--check\n"),
        ("x07 init --template cl", "plain,cli\n"),
        ("x07 run --sandbox-backend v", "plain,vm\n"),
        ("x07 run --world so", "\n"),
        ("x07 bundle --world run-os-", "plain,run-os-sandboxed\n"),
        ("x07 run --profile sa", "plain,sandbox\n"),
        ("x07 check --profile o", "plain,os\n"),
        ("x07 run --project missing --profile o", "\n"),
        ("x07 bundle --require-layer sec", "plain,seccomp\n"),
    ],
)
def test_completion(tmp_path: Path, words: str, expected: str) -> None:
    write(tmp_path, profiles={"os": {"world": "run-os"}, "sandbox": {"world": "run-os-sandboxed"}})
    variables = {
        "_X07_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    script = "import sys; from x07bundle.cli.main import main; main()"
    done = subprocess.run(
        (sys.executable, "-c", script),
        cwd=tmp_path,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == expected
