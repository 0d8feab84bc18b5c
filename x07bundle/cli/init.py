"""`x07 init` (contract/cli.md §6)."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from x07bundle.cli.options import one_of
from x07bundle.cli.output import echo_bytes
from x07bundle.errors import X07Error
from x07bundle.files import json_compact
from x07bundle.project.init import MANIFEST, InitError, Template, create


class Kind(NamedTuple):
    """A template: the profile that holds, the base policy, the packages that its program uses.

    `words`: a command line with which the program shows something. `run`: arguments of `x07 run`
    with which it does on every machine, for AGENT.md; `about`: what there is to know of them.
    """

    default_profile: str
    policy: str
    packages: tuple[tuple[str, str], ...] = ()
    words: str = ""
    run: str = ""
    about: str = ""


NETWORK: Final = (("ext-net", "0.1.11"), ("ext-sockets-c", "0.1.6"), ("ext-url-rs", "0.1.5"))
KINDS: Final[Mapping[str, Kind]] = {
    "cli": Kind("os", "cli", run="-- one two"),
    "fs-tool": Kind("sandbox", "fs-tool", run="-- x07-toolchain.toml"),
    "http-client": Kind(
        "sandbox",
        "http-client",
        (*NETWORK, ("ext-curl-c", "0.1.6")),
        about="With a URL after ` -- ` it fetches that.",
    ),
    "json-report": Kind(
        "os",
        "cli",
        (("ext-cli", "0.1.17"), ("ext-data-model", "0.1.11"), ("ext-json-rs", "0.1.7")),
        "--input x07.json",
        run="-- --input x07.json",
    ),
    "web-service": Kind(
        "sandbox",
        "web-service",
        NETWORK,
        "1",
        run="-- 1",
        about="It ends when it has answered one request: `curl http://127.0.0.1:8080/`.",
    ),
    "worker": Kind("sandbox", "worker", run="--input x07.json"),
}


@click.command(name="init")
@click.argument("directory", metavar="[DIR]", required=False)
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=one_of(*KINDS),
    help=f"With a base policy: {', '.join(KINDS)}.",
)
def command(directory: str | None, template: str | None) -> int:
    """Make a new project in DIR, or in the current folder.

    Writes x07.json with the profiles `os` and `sandbox`, a lockfile, an entry program that returns
    its input, a test, a .gitignore, and notes for coding agents. Either all files appear, or, where
    one of them is there already, none.

    A template has a program of its kind, and the base policy that its profile `sandbox` names. The
    profile that holds is `os` for cli and json-report, and `sandbox` for the others. Packages that
    its program uses are got and locked, as `x07 pkg lock` does; where that fails, the files stay.

    stdout gets one line of JSON: what was made, or the error's code. Exit code 0, or 20.

    \b
    Examples:
      x07 init                  # here
      x07 init hello            # in a new folder
      x07 init --template cli   # with .x07/policies/base/cli.sandbox.base.policy.json
      x07 init --template json-report report
    """
    root = Path(directory) if directory else Path.cwd()
    created: tuple[str, ...] = ()
    try:
        _refuse_empty(directory)
        made_of = _template(template) if template is not None else None
        created = create(root, made_of)
        _lock(root, made_of)
    except InitError as error:
        echo_bytes(json_compact(_failure(root, created, error)))
        click.echo(error.render(), err=True, nl=False)
        return error.exit_code
    echo_bytes(json_compact(_report(root, created, made_of)))
    return 0


def _refuse_empty(directory: str | None) -> None:
    """Raises InitError for a name of no characters: mostly a variable that is not set."""
    if directory == "":
        raise InitError("X07INIT_ARGS", "`DIR` is empty", "name a folder, or leave it out")


def _template(name: str) -> Template:
    """What the project has besides the default one's files.

    Raises:
        InitError: this version has no such template.
    """
    from x07bundle.policy.templates import base_policy, file_of

    kind = KINDS.get(name)
    if kind is None:
        brief = f"the template `{name}` is not in this version"
        known = ", ".join(KINDS)
        raise InitError(
            "X07INIT_ARGS",
            brief,
            f"choose {known}, or leave out --template for the default project",
        )
    policy = base_policy(kind.policy, None)
    profile = "" if kind.default_profile == "os" else " --profile os"
    return Template(
        name,
        kind.default_profile,
        str(file_of(kind.policy)),
        policy,
        kind.packages,
        f"x07 run{profile} {kind.run}".rstrip(),
        kind.about,
    )


def _lock(root: Path, template: Template | None) -> None:
    """Gets the packages of the template.

    Raises:
        InitError: X07INIT_PKG_LOCK; the project stays as it was made.
    """
    if template is None or not template.packages:
        return
    from x07bundle.project.packages.initial import lock_new

    try:
        lock_new(root / MANIFEST, os.environ)
    except X07Error as error:
        brief = f"the project is made, but its packages cannot be got: {error.brief}"
        raise InitError(
            "X07INIT_PKG_LOCK", brief, f"mend that, then `x07 pkg lock` in `{root}`"
        ) from error


def _report(root: Path, created: tuple[str, ...], template: Template | None) -> dict[str, Any]:
    return {
        "ok": True,
        "command": "init",
        "root": str(root),
        "created": list(created),
        "next_steps": [*_way_to(root), *_next_steps(template)],
    }


def _way_to(root: Path) -> list[str]:
    return [] if root == Path.cwd() else [f"cd {shlex.quote(str(root))}"]


def _next_steps(template: Template | None) -> list[str]:
    """Commands that work at once, one after another, in the project's folder."""
    is_sandboxed = template is not None and template.default_profile == "sandbox"
    run = "x07 run --profile os" if is_sandboxed else "x07 run"
    bundle = "x07 bundle --profile os --out dist/app"
    words = KINDS[template.name].words if template is not None else ""
    if not words:
        return [run, bundle]
    return [f"{run} -- {words}", bundle, f"dist/app {words}"]


def _failure(root: Path, created: tuple[str, ...], error: InitError) -> dict[str, Any]:
    return {
        "ok": False,
        "command": "init",
        "root": str(root),
        "created": list(created),
        "error": {"code": error.code, "message": error.brief},
    }
