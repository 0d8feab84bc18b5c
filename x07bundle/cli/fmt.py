"""`x07 fmt` (contract/cli.md §9)."""

from pathlib import Path

import click

from x07bundle.cli.findings import text
from x07bundle.errors import UsageError, X07Error
from x07bundle.files import placing, read_bytes, write_new
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.format import formatted
from x07bundle.lang.modules import SourceFile
from x07bundle.project.sources import source_files

PATH = click.Path(path_type=Path)


@click.command(name="fmt")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PATH)
@click.option("--input", "inputs", multiple=True, type=PATH, help="The same as PATH.")
@click.option("--check", is_flag=True, help="Change nothing; name what is not formatted.")
@click.option("--write", is_flag=True, help="Format the files in place.")
@click.option("--pretty", is_flag=True, help="Indent by two spaces instead of one compact line.")
def command(
    paths: tuple[Path, ...], inputs: tuple[Path, ...], check: bool, write: bool, pretty: bool
) -> int:
    """Bring x07AST files into canonical form: sorted, without unknown members, one line.

    PATH is a file, or a folder whose *.x07.json files are meant, at any depth. A file with errors
    is left alone.

    Exit code 0; 1 when --check finds files that are not formatted; 2 when a file has errors.

    \b
    Examples:
      x07 fmt --write src tests
      x07 fmt --check .
      x07 fmt --write --pretty src/app.x07.json
    """
    if check == write:
        raise UsageError("give one of --check and --write")
    outcomes = [_format(file, pretty, write) for file in _files((*inputs, *paths))]
    found = [problem for _, problems in outcomes for problem in problems]
    if found:
        click.echo(text(found), err=True, nl=False)
        return 2
    return 1 if check and any(is_changed for is_changed, _ in outcomes) else 0


def _format(file: Path, pretty: bool, write: bool) -> tuple[bool, list[Diagnostic]]:
    """Whether the file was not formatted; and why it cannot be, if it has errors."""
    data = read_bytes(file)
    result, problems = formatted(SourceFile(str(file), data), pretty)
    if result is None:
        return False, problems
    if result != data:
        _change(file, result, write)
    return result != data, []


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """The files that paths name, each once, in the order given.

    Raises:
        X07Error: a path names nothing.
    """
    if not paths:
        raise UsageError("no file to format", hint="name files or folders: `x07 fmt --check src`")
    for path in paths:
        if not path.exists():
            raise X07Error(f"there is no file or folder `{path}`")
    found = [file for path in paths for file in (source_files(path) if path.is_dir() else [path])]
    return list(dict.fromkeys(found))


def _change(file: Path, data: bytes, write: bool) -> None:
    if not write:
        click.echo(f"file is not formatted: {file}", err=True)
        return
    # Through a link to the file itself; its permissions stay.
    target = file.resolve()
    with placing(target) as staged:
        write_new(staged, data)
        staged.chmod(target.stat().st_mode & 0o7777)
    click.echo(f"formatted: {file}", err=True)
