"""`x07 policy`: init (contract/cli.md §5), check and diff. explain and suggest are modules of
their own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from x07bundle.cli import policy_explain, policy_suggest
from x07bundle.cli.options import PATH, one_of
from x07bundle.cli.output import echo_bytes
from x07bundle.contract.policy_problems import PolicyError, diagnostics
from x07bundle.contract.policy_reading import load, read
from x07bundle.contract.policy_rules import policy_id_problem, shown
from x07bundle.errors import UsageError
from x07bundle.files import json_compact, read_bytes
from x07bundle.policy import templates
from x07bundle.policy.difference import Grant, granted
from x07bundle.policy.initial import KEPT, Status, check_folder, place
from x07bundle.project import discovery

INIT_REPORT: Final = "x07.policy.init.report@0.1.0"
DIFF_REPORT: Final = "x07.policy.diff@0.1.0"
DIFFERENT: Final = 1
INVALID: Final = PolicyError.exit_code


class InitOptions(NamedTuple):
    """The options of `init` as given."""

    template: str
    project: Path | None
    policy_id: str | None
    out: Path | None
    mkdir_out: bool
    force: bool
    emit: str


@click.group(name="policy", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Write, check, explain, compare and extend sandbox policies.

    \b
    Examples:
      x07 policy init --template cli
      x07 policy check .x07/policies/base/*.json
      x07 policy explain cli.policy.json --write out/report.txt
      x07 policy diff old.json new.json
      x07 policy suggest --from report.json
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


command.add_command(policy_explain.command)
command.add_command(policy_suggest.command)


@command.command(name="init")
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=one_of(*templates.NAMES),
    help=f"What kind of program it is for: {', '.join(templates.NAMES)}.",
)
@click.option(
    "--project", metavar="PATH", type=PATH, help="x07.json, or its folder. Default: from here up."
)
@click.option("--policy-id", metavar="ID", help="Its name. [sandbox.TEMPLATE.base]")
@click.option("--out", metavar="PATH", type=PATH, help="Another file; relative to the project.")
@click.option("--mkdir-out", is_flag=True, help="With --out: make its folder, too.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--emit",
    type=click.Choice(("report", "policy")),
    default="report",
    help="What stdout gets. [report]",
)
def init(**values: Any) -> int:  # noqa: ANN401  they are the fields of InitOptions
    """Write a base policy of the project, to be extended by hand.

    The file is .x07/policies/base/TEMPLATE.sandbox.base.policy.json. One that is there and differs
    stays, unless --force is given.

    stdout gets one line of JSON: where the policy is, and what became of it. Exit code 0; 2 when a
    different file is there, or it cannot be written.

    \b
    Examples:
      x07 policy init --template cli
      x07 policy init --template http-client --policy-id my-app --force
      x07 policy init --template worker --emit policy
    """
    _check_template(values["template"])
    options = InitOptions(**values)
    root = _root(options.project)
    data = _policy(options)
    path = root / (options.out or templates.file_of(options.template))
    if options.out is not None and not options.mkdir_out:
        check_folder(path)
    status = place(data, path, force=options.force)
    echo_bytes(data if options.emit == "policy" else _report(options, root, path, status))
    if status == KEPT:
        error = UsageError(f"`{path}` is there and differs", hint="--force replaces it")
        click.echo(error.render(), err=True, nl=False)
        return error.exit_code
    return 0


@command.command(name="check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON (x07diag) instead.")
def check(files: tuple[Path, ...], as_json: bool) -> int:
    """Find what is wrong in policies: all of it, in one run.

    Each problem has a JSON pointer; an unknown field has the nearest known name.

    Exit code 0; 3 when a policy is not valid; 2 when a file cannot be read.

    \b
    Examples:
      x07 policy check .x07/policies/base/cli.sandbox.base.policy.json
      x07 policy check --json *.policy.json
    """
    found = _problems(files)
    if as_json:
        echo_bytes(json_compact(diagnostics(found, [str(file) for file in files])))
    else:
        click.echo("\n".join(_summary(error) for error in found) or _praise(files))
    return INVALID if found else 0


@command.command(name="diff")
@click.argument("old", metavar="A", type=PATH)
@click.argument("new", metavar="B", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def diff(old: Path, new: Path, as_json: bool) -> int:
    """Say what policy B grants that A does not, and the reverse.

    What is written below a switch that is off grants nothing, and a wider grant covers a narrower
    one: a folder what is below it, a network its addresses, a number a smaller one.

    Exit code 0 when both grant the same; 1 when they do not; 3 when a policy is not valid; 2 when a
    file cannot be read.

    \b
    Examples:
      x07 policy diff base.policy.json derived.policy.json
    """
    one, other = load(old).policy, load(new).policy
    added, removed = granted(other, one), granted(one, other)
    if as_json:
        echo_bytes(json_compact(_difference(old, new, added, removed)))
    else:
        click.echo(
            _only_in(new, added) + _only_in(old, removed) or "both grant the same\n", nl=False
        )
    return DIFFERENT if added or removed else 0


def _check_template(name: str | None) -> None:
    """Raises UsageError unless it is the name of a template."""
    known = f"choose one: {', '.join(templates.NAMES)}"
    if name is None:
        raise UsageError("missing option `--template`", hint=known)
    if name not in templates.NAMES:
        raise UsageError(f"no template `{shown(name)}`", hint=known)


def _root(project: Path | None) -> Path:
    """The folder of the project: named, or found from here up; without one, this folder.

    Raises:
        UsageError: what was named is no project.
    """
    file = discovery.named(project) if project is not None else discovery.discover(Path())
    return (file.parent if file is not None else Path()).absolute()


def _policy(options: InitOptions) -> bytes:
    """The policy that is written.

    Raises:
        UsageError: the id is none.
    """
    if options.policy_id is not None:
        problem = policy_id_problem(options.policy_id)
        if problem:
            raise UsageError(f"`--policy-id {shown(options.policy_id)}`: {problem}")
    data = templates.base_policy(options.template, options.policy_id)
    read(data, options.template)
    return data


def _report(options: InitOptions, root: Path, path: Path, status: Status) -> bytes:
    document = {
        "schema_version": INIT_REPORT,
        "template": options.template,
        "project_root": str(root),
        "out": str(path.relative_to(root) if path.is_relative_to(root) else path),
        "status": status,
        "policy_id": options.policy_id or templates.policy_id_of(options.template),
    }
    return json_compact(document)


def _problems(files: Sequence[Path]) -> list[PolicyError]:
    """The policies that are not valid; every file is read before any is looked at."""
    found = []
    for file, data in [(file, read_bytes(file)) for file in files]:
        try:
            read(data, str(file))
        except PolicyError as error:
            found.append(error)
    return found


def _summary(error: PolicyError) -> str:
    return "\n".join([error.brief, *(f"  {problem}" for problem in error.problems)])


def _praise(files: Sequence[Path]) -> str:
    return f"no problems in {len(files)} {'policies' if len(files) > 1 else 'policy'}"


def _difference(
    old: Path, new: Path, added: Sequence[Grant], removed: Sequence[Grant]
) -> dict[str, Any]:
    return {
        "schema_version": DIFF_REPORT,
        "a": str(old),
        "b": str(new),
        "only_a": [grant._asdict() for grant in removed],
        "only_b": [grant._asdict() for grant in added],
    }


def _only_in(file: Path, grants: Sequence[Grant]) -> str:
    if not grants:
        return ""
    return "\n".join([f"only in {file}:", *(f"  {field}  {what}" for field, what in grants)]) + "\n"
