"""`x07 policy suggest`: from what a run was denied to the least policy that grants it."""

import os
import re
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from x07bundle.cli.options import PATH
from x07bundle.cli.output import echo_bytes
from x07bundle.contract.policy_reading import Loaded, load, read
from x07bundle.contract.policy_rules import shown
from x07bundle.errors import UsageError
from x07bundle.files import (
    json_compact,
    json_pretty_sorted,
    read_bytes,
    read_stream,
    sha256_bytes,
    write_atomic,
)
from x07bundle.policy import run_report
from x07bundle.policy.grant_words import granted
from x07bundle.policy.run_report import Told
from x07bundle.policy.suggestion import Suggestion, suggest

REPORT: Final = "x07.policy.suggest@0.1.0"
STDIN: Final = Path("-")
LEFT: Final = 1
DERIVED: Final = r"Derived from (.+) by options of the command, digest [0-9a-f]{8}\."


class Options(NamedTuple):
    """The options as given."""

    report: Path
    policy: Path | None
    write: bool
    force: bool
    as_json: bool


class Found(NamedTuple):
    """A suggestion, and the file that it is for."""

    file: Path
    base: Loaded
    told: Told
    suggestion: Suggestion

    @property
    def has_changed(self) -> bool:
        """Whether the file is another one than that of the run, or may be."""
        return sha256_bytes(self.base.data) != self.told.base_sha256


@click.command(name="suggest", short_help="Say what grants what a run was denied.")
@click.option(
    "--from", "report", metavar="REPORT", type=PATH, required=True, help="Of x07 run; - is stdin."
)
@click.option("--policy", metavar="FILE", type=PATH, help="The policy. [the run's, its base]")
@click.option("--write", is_flag=True, help="Change the file.")
@click.option("--force", is_flag=True, help="With --write: also one that is not as it was then.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead.")
def command(**values: Any) -> int:  # noqa: ANN401  they are the fields of Options
    """Say which change of a policy grants what a run was denied: the smallest, as a JSON patch.

    REPORT is what x07 run or x07-os-runner printed of a sandboxed run. One file, one variable, one
    host and port, one program: no wildcards, and numbers as they were asked for. What would open
    more than was asked for, such as hidden files, is listed and left to you. Where options changed
    the policy of the run, the patch is for the policy that they changed.

    stdout gets the operations, each with what asked for it and what it grants. Nothing is written
    without --write. Run and suggest again until nothing is denied: what comes after a denial shows
    once that one is granted. x07 run --collect-denials needs fewer rounds.

    Exit code 0; 1 when a denial is left to you; 3 when the policy is not valid; 2 for wrong
    options, a report that cannot be read, or a file that changed since the run.

    \b
    Examples:
      x07 run --profile sandbox --collect-denials --report-out report.json
      x07 policy suggest --from report.json
      x07 policy suggest --from report.json --write
    """
    options = Options(**values)
    found = _found(options)
    is_written = options.write and bool(found.suggestion.steps)
    if is_written:
        _write(found, is_forced=options.force)
    if options.as_json:
        echo_bytes(json_compact(_document(found, is_written)))
    else:
        click.echo("\n".join(_words(found)))
    for note in _notes(found, is_written):
        click.echo(f"x07 policy suggest: {note}", err=True)
    return LEFT if found.suggestion.refused else 0


def _found(options: Options) -> Found:
    name = "stdin" if options.report == STDIN else str(options.report)
    told = run_report.read(_bytes(options.report), name)
    file = options.policy or told.base
    if file is None:
        raise UsageError(f"`{name}` names no policy", hint="name it with `--policy FILE`")
    base = load(file)
    _refuse_derived(file, base)
    return Found(file, base, told, suggest(base.document, told.denials))


def _bytes(report: Path) -> bytes:
    if report != STDIN:
        return read_bytes(report)
    return read_stream(sys.stdin.buffer) if sys.stdin is not None else b""


def _refuse_derived(file: Path, base: Loaded) -> None:
    """Raises UsageError for a policy that options made: the next run makes it again."""
    origin = re.search(DERIVED, base.policy.notes)
    if origin and re.search(r"\.g[0-9a-f]{8}$", base.policy.policy_id):
        raise UsageError(
            f"`{file}` was made from another policy by options of a command",
            hint=f"name its base, `{shown(origin[1])}`, with `--policy`",
        )


def _write(found: Found, *, is_forced: bool) -> None:
    """Replaces the policy, in the layout of `x07 policy init`.

    Raises:
        UsageError: the file is not the one of the run. OutputError: it cannot be written.
    """
    if found.has_changed and not is_forced:
        raise UsageError(
            f"`{found.file}` is not as it was in that run",
            "what it grants now may be more than the denials show",
            "run again and suggest from the new report, or add `--force`",
        )
    data = json_pretty_sorted(found.suggestion.document)
    read(data, str(found.file))
    write_atomic(found.file.resolve(), data)


# -- what is said


def _document(found: Found, is_written: bool) -> dict[str, Any]:
    steps = found.suggestion.steps
    return {
        "schema_version": REPORT,
        "policy": str(found.file),
        "derived_policy": found.told.derived,
        "patch": [step.operation.as_json() for step in steps],
        "reasons": [
            {
                "path": step.operation.path,
                "value": step.operation.value,
                "grants": granted(step.operation),
                "denials": [denial._asdict() for denial in step.denials],
            }
            for step in steps
        ],
        "not_suggested": [
            {**one.denial._asdict(), "why": one.why} for one in found.suggestion.refused
        ],
        "granted_already": [denial._asdict() for denial in found.suggestion.granted],
        "written": is_written,
    }


def _words(found: Found) -> list[str]:
    steps, refused, already, _ = found.suggestion
    name = _name(found.file)
    lines = [f"patch of {name}:" if steps else f"nothing to add to {name}"]
    for step in steps:
        lines.append("  " + json_compact(step.operation.as_json()).decode().rstrip("\n"))
        lines += [f"    for {shown(denial.in_words())}" for denial in step.denials]
        lines.append(f"    grants {shown(granted(step.operation))}")
    lines += ["not suggested:"] if refused else []
    for one in refused:
        lines.append(f"  {shown(one.denial.in_words())} ({shown(one.denial.field)})")
        lines.append(f"    {one.why}")
    lines += ["granted already:"] if already else []
    lines += [f"  {shown(denial.in_words())}" for denial in already]
    return lines


def _name(file: Path) -> str:
    """Short where it is below this folder."""
    here = Path.cwd()
    return os.fspath(file.relative_to(here) if file.is_relative_to(here) else file)


def _notes(found: Found, is_written: bool) -> list[str]:
    notes = []
    if found.told.derived:
        notes.append(
            f"options changed the policy of that run (`{shown(found.told.derived)}`); what they "
            "granted is not in the patch, and what they denied is not in the policy"
        )
    if found.told.limit:
        notes.append(
            f"the run met `{shown(found.told.limit)}`; how much it takes is not known: raise it "
            "by hand"
        )
    if found.suggestion.steps and not is_written:
        changed = "; the file is not as it was in that run" if found.has_changed else ""
        notes.append(f"nothing is written{changed}; --write changes the file")
    return notes
