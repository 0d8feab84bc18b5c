"""`x07 init` (contract/cli.md §6)."""

from pathlib import Path
from typing import Any

import click

from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.project.init import InitError, create


@click.command(name="init")
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--template", metavar="NAME", help="Not in this version: the default project only.")
def command(directory: Path | None, template: str | None) -> int:
    """Make a new project in DIR, or in the current folder.

    Writes x07.json with the profiles `os` and `sandbox`, a lockfile, an entry program that returns
    its input, a test, a .gitignore, and notes for coding agents. Either all files appear, or, where
    one of them is there already, none.

    stdout gets one line of JSON: what was made, or the error's code. Exit code 0, or 20.

    \b
    Examples:
      x07 init                  # here
      x07 init hello            # in a new folder
    """
    root = directory if directory is not None else Path.cwd()
    try:
        _refuse_template(template)
        created = create(root)
    except InitError as error:
        echo_bytes(json_compact(_failure(root, error)))
        click.echo(error.render(), err=True, nl=False)
        return error.exit_code
    echo_bytes(json_compact(_report(root, created)))
    return 0


def _refuse_template(template: str | None) -> None:
    if template is not None:
        brief = f"the template `{template}` is not in this version"
        raise InitError("X07INIT_ARGS", brief, "leave out --template for the default project")


def _report(root: Path, created: tuple[str, ...]) -> dict[str, Any]:
    go = "" if root == Path.cwd() else f"cd {root} && "
    return {
        "ok": True,
        "command": "init",
        "root": str(root),
        "created": list(created),
        "next_steps": [f"{go}x07 run", f"{go}x07 bundle --profile os --out dist/app"],
    }


def _failure(root: Path, error: InitError) -> dict[str, Any]:
    return {
        "ok": False,
        "command": "init",
        "root": str(root),
        "created": [],
        "error": {"code": error.code, "message": error.brief},
    }
