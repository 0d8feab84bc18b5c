"""`x07 run` and `x07-os-runner` as processes of their own."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest

from tests.unit.cli.commands import environment
from x07bundle.errors import X07Error

Refused = Callable[[click.Command, tuple[str, ...]], str]
"""Of the fixture `refused`."""


@dataclass(frozen=True)
class Ran:
    status: int
    stdout: bytes
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        value = json.loads(self.stdout)
        assert isinstance(value, dict)
        return value

    @property
    def output(self) -> bytes:
        """What the program wrote, read as the tutorial reads it."""
        return base64.b64decode(self.report["solve_output_b64"])


@dataclass(frozen=True)
class Tool:
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: bytes | None = None, **variables: str) -> Ran:
        return self._call("x07bundle.cli.main", ("run", *arguments), stdin, variables)

    def os_runner(self, *arguments: str, **variables: str) -> Ran:
        return self._call("x07bundle.cli.os_runner", arguments, None, variables)

    def solve(self, expression: object, *imports: str) -> None:
        """Make the project's entry program this expression."""
        document = {
            "schema_version": "x07.x07ast@0.8.0", "kind": "entry", "module_id": "main",
            "imports": list(imports), "decls": [], "solve": expression,
        }  # fmt: skip
        (self.folder / "src/main.x07.json").write_text(json.dumps(document))

    def change(self, **members: object) -> None:
        """Set members of x07.json."""
        file = self.folder / "x07.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | members))

    def _call(
        self, module: str, arguments: tuple[str, ...], stdin: bytes | None, more: dict[str, str]
    ) -> Ran:
        done = subprocess.run(
            (sys.executable, "-m", module, *arguments),
            cwd=self.folder,
            env=environment(**{**self.variables, **more}),
            input=stdin or b"",
            capture_output=True,
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())


def refusal(command: click.Command, arguments: tuple[str, ...]) -> str:
    """What a command that must fail before it does anything says, called in this process."""
    with pytest.raises((X07Error, click.ClickException)) as caught:
        command.main(list(arguments), standalone_mode=False)
    error = caught.value
    assert isinstance(error, (X07Error, click.ClickException))
    assert error.exit_code == 2
    return str(error)
