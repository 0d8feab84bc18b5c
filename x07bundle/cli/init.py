"""`x07 init` (contract/cli.md §6)."""

from pathlib import Path
from typing import Any, Final

import click

from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.project.init import InitError, Template, create

DEFAULT_PROFILES: Final = {"cli": "os", "fs-tool": "sandbox", "worker": "sandbox"}
"""The templates of this version: those whose programs need no package."""


@click.command(name="init")
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--template", metavar="NAME", help="cli, fs-tool or worker: with a base policy.")
def command(directory: Path | None, template: str | None) -> int:
    """Make a new project in DIR, or in the current folder.

    Writes x07.json with the profiles `os` and `sandbox`, a lockfile, an entry program that returns
    its input, a test, a .gitignore, and notes for coding agents. Either all files appear, or, where
    one of them is there already, none.

    A template has a program of its kind, and the base policy that its profile `sandbox` names. The
    profile that holds is `os` for cli, and `sandbox` for fs-tool and worker.

    stdout gets one line of JSON: what was made, or the error's code. Exit code 0, or 20.

    \b
    Examples:
      x07 init                  # here
      x07 init hello            # in a new folder
      x07 init --template cli   # with .x07/policies/base/cli.sandbox.base.policy.json
    """
    root = directory if directory is not None else Path.cwd()
    try:
        made_of = _template(template) if template is not None else None
        created = create(root, made_of)
    except InitError as error:
        echo_bytes(json_compact(_failure(root, error)))
        click.echo(error.render(), err=True, nl=False)
        return error.exit_code
    echo_bytes(json_compact(_report(root, created, made_of)))
    return 0


def _template(name: str) -> Template:
    """What the project has besides the default one's files.

    Raises:
        InitError: this version has no such template.
    """
    from x07bundle.policy.templates import base_policy, file_of

    if name not in DEFAULT_PROFILES:
        brief = f"the template `{name}` is not in this version"
        known = ", ".join(DEFAULT_PROFILES)
        raise InitError(
            "X07INIT_ARGS",
            brief,
            f"choose {known}, or leave out --template for the default project",
        )
    return Template(name, DEFAULT_PROFILES[name], str(file_of(name)), base_policy(name, None))


def _report(root: Path, created: tuple[str, ...], template: Template | None) -> dict[str, Any]:
    go = "" if root == Path.cwd() else f"cd {root} && "
    is_sandboxed = template is not None and template.default_profile == "sandbox"
    run = "x07 run --profile os" if is_sandboxed else "x07 run"
    return {
        "ok": True,
        "command": "init",
        "root": str(root),
        "created": list(created),
        "next_steps": [f"{go}{run}", f"{go}x07 bundle --profile os --out dist/app"],
    }


def _failure(root: Path, error: InitError) -> dict[str, Any]:
    return {
        "ok": False,
        "command": "init",
        "root": str(root),
        "created": [],
        "error": {"code": error.code, "message": error.brief},
    }
