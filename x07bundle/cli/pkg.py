"""`x07 pkg` (contract/cli.md §8, reports.md §10): a report line on stdout, words on stderr."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from x07bundle.cli import pkg_make, pkg_queries
from x07bundle.cli.options import all_of
from x07bundle.cli.pkg_report import (
    complete,
    index_option,
    offline_option,
    project_option,
    reported,
    say,
)
from x07bundle.project import discovery
from x07bundle.project.packages import changes, locking, project_file
from x07bundle.project.packages.exclusive import exclusive
from x07bundle.project.packages.locking import Allowed, Plan
from x07bundle.project.packages.project_file import ProjectFile
from x07bundle.project.packages.settings import settings_of
from x07bundle.project.packages.spec import required
from x07bundle.project.packages.supply import Supply

place_options: Final = all_of(project_option, index_option)
allow_options: Final = all_of(
    click.option("--allow-yanked", is_flag=True, help="With --check: accept yanked versions."),
    click.option("--allow-advisories", is_flag=True, help="With --check: accept warned-of ones."),
)


@click.group(name="pkg", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Use packages: add, lock, look up and make them.

    Packages are fetched to .x07/deps of the project, and x07.lock.json says what they are. The
    index comes with the tool, unless another is named.

    stdout gets one line of JSON, stderr the same in words. Exit code 0; 20 for a failure whose code
    (X07PKG_…) is in the report; 2 for wrong options or a project that cannot be used.

    \b
    Examples:
      x07 pkg list
      x07 pkg add ext-fs@0.1.6 --sync
      x07 pkg tree
      x07 pkg lock --check
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


@contextmanager
def opened(
    path: Path | None, index: str | None, offline: bool = False
) -> Iterator[tuple[ProjectFile, Supply]]:
    """A project to change, by one command at a time, and where its packages come from."""
    file = discovery.needed(path, Path.cwd())
    with exclusive(file.parent):
        project = project_file.load(file, os.environ)
        lock = project.manifest.lockfile
        settings = settings_of(file.parent, lock, index, offline, os.environ)
        yield project, Supply(file.parent, settings)


@command.command(name="add")
@click.argument("spec", metavar="NAME[@VERSION]", shell_complete=complete)
@place_options
@click.option("--sync", is_flag=True, help="Get it and what it needs, and lock.")
@click.option("--path", metavar="DIR", help="A package in a folder of its own, below the project.")
@click.option("--with-closure", is_flag=True, help="Get it and what it needs; do not lock.")
@reported("add")
def add(
    spec: str,
    project: Path | None,
    index: str | None,
    sync: bool,
    path: str | None,
    with_closure: bool,
) -> dict[str, Any]:
    """Add a package to the project.

    Without a version it is the highest that is no prerelease. With --sync the packages that it
    needs are added too, all are fetched, and the lock is written; if that fails, x07.json stays as
    it was. Adding what is there already changes nothing.

    \b
    Examples:
      x07 pkg add ext-fs --sync
      x07 pkg add ext-fs@0.1.6 --sync
      x07 pkg add ext-fs@'>=0.1.5, <0.2.0' --sync
      x07 pkg add my-package --path packages/my-package --sync
    """
    wanted = required(spec)
    with opened(project, index) as (opened_project, supply):
        done = changes.add(
            opened_project, wanted, path, supply, sync=sync, with_closure=with_closure
        )
    dependency = done.dependency
    say(f"{dependency.name}@{dependency.version} is a dependency of {opened_project.file}")
    result = {"project": str(opened_project.file), **dependency._asdict()}
    if done.plan is not None:
        result["lock"] = _lock_result(done.plan)
        say(f"wrote {done.plan.manifest.lockfile}")
    if done.others is not None:
        result["transitive_added"] = [one._asdict() for one in done.others]
        for one in done.others:
            say(f"added {one.name}@{one.version}, which it needs")
    if done.plan is None:
        say("hint: `x07 pkg lock` gets it and locks; --sync does so at once")
    return result


@command.command(name="remove")
@click.argument("name", metavar="NAME")
@place_options
@click.option("--sync", is_flag=True, help="Lock what is left.")
@reported("remove")
def remove(name: str, project: Path | None, index: str | None, sync: bool) -> dict[str, Any]:
    """Take a package out of the project.

    Packages that only it needed stay in x07.json, and its files in .x07/deps.

    \b
    Examples:
      x07 pkg remove ext-fs --sync
    """
    with opened(project, index) as (opened_project, supply):
        planned = changes.remove(opened_project, name, supply, sync=sync)
    say(f"{name} is no dependency of {opened_project.file} any more")
    result = {"project": str(opened_project.file), "name": name, "removed": True}
    if planned is not None:
        result["lock"] = _lock_result(planned)
    return result


@command.command(name="lock")
@place_options
@click.option("--check", "is_check", is_flag=True, help="Write nothing: is the lock up to date?")
@click.option("--lock-version", metavar="VERSION", help="0.4, or 0.3 for older tools. [0.4]")
@offline_option
@allow_options
@reported("lock")
def lock(
    project: Path | None,
    index: str | None,
    is_check: bool,
    lock_version: str | None,
    offline: bool,
    allow_yanked: bool,
    allow_advisories: bool,
) -> dict[str, Any]:
    """Get the packages, and write x07.lock.json.

    Packages that others need are added to x07.json. With --check only missing packages are
    fetched, and nothing is written beside them: it fails where x07.json or the lock would change.

    \b
    Examples:
      x07 pkg lock
      x07 pkg lock --check --offline     # in continuous integration
      x07 pkg lock --index file:///srv/index/
    """
    with opened(project, index, offline) as (opened_project, supply):
        file = opened_project.manifest.lockfile
        schema = locking.lock_version(lock_version, file, is_check=is_check)
        planned = locking.plan(opened_project, supply, schema, may_add=not is_check)
        if is_check:
            locking.check(planned, Allowed(allow_yanked, allow_advisories))
        else:
            locking.write(planned)
    say(f"{planned.manifest.lockfile} {'is up to date' if is_check else 'is written'}")
    return {"project": str(opened_project.file), **_lock_result(planned)}


def _lock_result(planned: Plan) -> dict[str, Any]:
    """`index`: null where none was asked."""
    for one in planned.fetched:
        say(f"got {one.name}@{one.version}")
    for line in planned.warnings:
        say(f"warning: {line}")
    registry = planned.lock.get("registry")
    return {
        "index": registry["index_url"] if registry else None,
        "lockfile": str(planned.manifest.lockfile),
        "fetched": [one._asdict() for one in planned.fetched],
    }


for each in (*pkg_queries.COMMANDS, *pkg_make.COMMANDS):
    command.add_command(each)
