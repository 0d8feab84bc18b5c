"""What the subcommands of `x07 pkg` share: their report on stdout, and some options."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from x07bundle import packages
from x07bundle.cli.options import PATH, Decorator
from x07bundle.cli.output import echo_bytes
from x07bundle.files import json_compact
from x07bundle.project import discovery, manifest
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages.failure import PackageError, harmless
from x07bundle.project.packages.settings import Settings, settings_of

FAILED: Final = 20
"""Exit code of a failure that has a code of the report."""

project_option: Final = click.option(
    "--project", metavar="PATH", type=PATH, help="x07.json, or its folder. Default: from here up."
)
index_option: Final = click.option(
    "--index",
    "--registry",
    "index",
    metavar="URL",
    help="Another index: https, http or file. [X07_PKG_INDEX_URL]",
)
offline_option: Final = click.option(
    "--offline", is_flag=True, help="Use no network. [X07_OFFLINE]"
)


def reported(name: str) -> Decorator:
    """A subcommand that returns its result: it becomes a report, and so does a PackageError."""

    def decorate(function: Callable[..., dict[str, Any]]) -> Callable[..., int]:
        @wraps(function)
        def run(**values: Any) -> int:  # noqa: ANN401  they are the subcommand's options
            head = {"command": f"pkg.{name}"}
            try:
                result = function(**values)
            except PackageError as error:
                failure = {"code": error.code, "message": error.brief}
                echo_bytes(json_compact({"ok": False, **head, "error": failure}))
                click.echo(error.render(), err=True, nl=False)
                return FAILED
            echo_bytes(json_compact({"ok": True, **head, "result": result}))
            return 0

        return run

    return decorate


def say(text: str) -> None:
    """Tells people what was done."""
    click.echo(harmless(text), err=True)


def complete(_context: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """The packages that come with the tool, for shells."""
    return sorted({one.name for one in packages.released() if one.name.startswith(start)})


class Around(NamedTuple):
    """Where a question is asked: the project here or above, if there is one, and the settings."""

    project: Manifest | None
    settings: Settings


def around(project: Path | None, index: str | None, offline: bool = False) -> Around:
    """The project that was named or is around this folder; none is fine.

    Raises:
        ProjectError: it cannot be used.
    """
    file = discovery.named(project) if project is not None else discovery.discover(Path.cwd())
    found = manifest.load(file, os.environ) if file is not None else None
    root, lock = (found.root, found.lockfile) if found is not None else (None, None)
    return Around(found, settings_of(root, lock, index, offline, os.environ))


def reachable(settings: Settings) -> Settings:
    """The settings, where their index can be asked.

    Raises:
        PackageError: X07PKG_OFFLINE_INDEX.
    """
    if settings.offline and settings.url.is_on_the_web:
        brief = f"`{settings.url.written}` is on the network, which is not to be used"
        raise PackageError("X07PKG_OFFLINE_INDEX", brief, None, "leave out --offline")
    return settings
