"""The projects of `x07 init` (contract/project.md §8): all files of one, or none.

Their contents are in `templates/default`; a template has a module of its own, a base policy, and
says which profile holds. The lockfile is made here, because it names versions.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.errors import X07Error
from x07bundle.files import json_pretty, json_pretty_sorted, why_no_folder, write_atomic, write_new
from x07bundle.project.lockfile import new_lock
from x07bundle.project.manifest import CURRENT_COMPAT, Dependency
from x07bundle.project.packages.dependencies import vendored_path

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
TEMPLATE: Final = TEMPLATES / "default"
MANIFEST: Final = "x07.json"
LOCKFILE: Final = "x07.lock.json"
IGNORED: Final = ".gitignore"
PROGRAM: Final = (
    "x07.json",
    LOCKFILE,
    "src/app.x07.json",
    "src/main.x07.json",
    "tests/tests.json",
    "tests/smoke.x07.json",
)
TOOLCHAIN: Final = "x07-toolchain.toml"
RUN: Final = "x07 run --input x07.json"
"""Shows what the default program does."""
IN_SANDBOX: Final = """
The profile that holds is `sandbox`: without `--profile os`, the program runs in a VM, or, with
`--sandbox-backend os --i-accept-weaker-isolation`, confined by the kernel here. `x07 doctor` says
what this machine has.
"""
AGENT_KIT: Final = (".agent/docs", ".agent/skills", "AGENT.md")


class Template(NamedTuple):
    """What a project of `--template` has of its own.

    `policy_file` is relative to the project; `packages` are those that x07.json names, each with
    its version. They are not got here.
    """

    name: str
    default_profile: str
    policy_file: str
    policy: bytes
    packages: tuple[tuple[str, str], ...] = ()
    run: str = ""
    """The command that shows what the program does, on every machine."""
    about: str = ""
    """What there is to know of it besides."""


class InitError(X07Error):
    """No project was made. `code` is the one of the report (contract/cli.md §6)."""

    exit_code = 20

    def __init__(self, code: str, brief: str, hint: str | None = None) -> None:
        super().__init__(brief, hint=hint)
        self.code = code


class _Made:
    """What was made so far, to take back."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.folders: list[Path] = []


def create(root: Path, template: Template | None = None) -> tuple[str, ...]:
    """Makes the project in `root`, which is made too where it is missing.

    Returns:
        What was made, relative to `root`, in the order of the report.

    Raises:
        InitError: something is in the way or cannot be written; nothing was made.
    """
    _refuse_existing(root, template)
    ignored = _ignored(root)
    with _all_or_nothing() as made:
        _make_folder(root, made, "X07INIT_MKDIR")
        for name in _new_files(root, template):
            _make_file(root / name, _content(name, template), made, _code(name))
        if ignored is not None:
            _write_ignored(root / IGNORED, ignored, made)
    return _created(root, made, _own_files(template), ignored is not None)


def _own_files(template: Template | None) -> tuple[str, ...]:
    """Files that only this template has."""
    return (template.policy_file,) if template is not None else ()


def _refuse_existing(root: Path, template: Template | None) -> None:
    if root.exists() and not root.is_dir():
        raise InitError("X07INIT_MKDIR", f"`{root}` is a file", "name a folder, or none")
    names = (*PROGRAM, *AGENT_KIT, *_own_files(template))
    found = [name for name in names if os.path.lexists(root / name)]
    if found:
        listed = ", ".join(f"`{name}`" for name in found)
        brief = f"there is a project here already: {listed}"
        raise InitError("X07INIT_EXISTS", brief, "make the project in an empty folder")


def _new_files(root: Path, template: Template | None) -> Iterator[str]:
    yield from PROGRAM
    if not os.path.lexists(root / TOOLCHAIN):
        yield TOOLCHAIN
    for folder in AGENT_KIT[:2]:
        for path in sorted((TEMPLATE / folder.removeprefix(".")).iterdir()):
            yield f"{folder}/{path.name}"
    yield AGENT_KIT[2]
    yield from _own_files(template)


def _content(name: str, template: Template | None) -> bytes:
    if name == AGENT_KIT[2]:
        return _notes(template)
    if name == LOCKFILE:
        return json_pretty(new_lock(CURRENT_COMPAT))
    if template is None:
        return _default_content(name)
    if name == template.policy_file:
        return template.policy
    if name == MANIFEST:
        return _manifest(template)
    own = TEMPLATES / template.name / name
    return own.read_bytes() if own.is_file() else _default_content(name)


def _default_content(name: str) -> bytes:
    return (TEMPLATE / name.removeprefix(".")).read_bytes()


def _notes(template: Template | None) -> bytes:
    """What coding agents read, with the commands that this template needs."""
    run, about = (template.run, template.about) if template is not None else (RUN, "")
    is_sandboxed = template is not None and template.default_profile == "sandbox"
    said = (f"\n{about}\n" if about else "") + (IN_SANDBOX if is_sandboxed else "")
    text = _default_content(AGENT_KIT[2]).decode()
    return text.replace("@run@", run).replace("@about@", said).encode()


def _manifest(template: Template) -> bytes:
    """The default manifest, with the template's policy, profile and packages."""
    document = json.loads(_default_content(MANIFEST))
    document["dependencies"] = [
        Dependency(name, version, vendored_path(name, version))._asdict()
        for name, version in sorted(template.packages)
    ]
    document["default_profile"] = template.default_profile
    document["profiles"]["sandbox"]["policy"] = template.policy_file
    return json_pretty_sorted(document)


def _ignored(root: Path) -> bytes | None:
    """The new text of `.gitignore`, or None where it holds every line already."""
    wanted = (TEMPLATE / "gitignore").read_bytes().splitlines()
    try:
        old = (root / IGNORED).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        old = b""
    except OSError as error:
        raise _failure("X07INIT_GITIGNORE", root / IGNORED, error) from error
    present = {line.strip() for line in old.splitlines()}
    missing = [line for line in wanted if line not in present]
    if not missing:
        return None
    separator = b"" if not old or old.endswith(b"\n") else b"\n"
    return old + separator + b"\n".join(missing) + b"\n"


@contextmanager
def _all_or_nothing() -> Iterator[_Made]:
    """Removes what was made when the block raises, Ctrl-C included."""
    made = _Made()
    try:
        yield made
    except BaseException:
        for path in made.files:
            with suppress(OSError):
                path.unlink()
        for folder in reversed(made.folders):
            with suppress(OSError):
                folder.rmdir()
        raise


def _make_folder(folder: Path, made: _Made, code: str) -> None:
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(absent):
        try:
            path.mkdir()
        except OSError as error:
            raise _failure(code, path, why_no_folder(path, error)) from error
        made.folders.append(path)


def _make_file(path: Path, data: bytes, made: _Made, code: str) -> None:
    _make_folder(path.parent, made, code)
    made.files.append(path)
    try:
        write_new(path, data)
    except FileExistsError as error:
        made.files.pop()
        raise _failure("X07INIT_EXISTS", path, error) from error
    except OSError as error:
        raise _failure(code, path, error) from error


def _write_ignored(path: Path, data: bytes, made: _Made) -> None:
    is_new = not path.exists()
    try:
        write_atomic(path, data)
    except X07Error as error:
        raise InitError("X07INIT_GITIGNORE", error.brief, error.hint) from error
    if is_new:
        made.files.append(path)


def _failure(code: str, path: Path, error: OSError) -> InitError:
    reason = (error.strerror or str(error)).lower()
    return InitError(code, f"cannot write `{path}`: {reason}", "nothing was made; mend that first")


def _code(name: str) -> str:
    folders = {"src": "X07INIT_SRC", "tests": "X07INIT_TESTS", ".agent": "X07INIT_AGENT_DIR"}
    return folders.get(name.partition("/")[0], "X07INIT_IO")


def _created(root: Path, made: _Made, own: tuple[str, ...], with_ignored: bool) -> tuple[str, ...]:
    names: Sequence[str] = (*PROGRAM, IGNORED, TOOLCHAIN, *AGENT_KIT, *own)
    written = {path.relative_to(root).as_posix() for path in made.files}
    if with_ignored:
        written.add(IGNORED)
    return tuple(name for name in names if name in written or name in AGENT_KIT)
