"""Where roots of a policy are in a guest, and which are refused.

A relative root is relative to the folder that the program starts in, here and there. An absolute
one is at its own place. Links are resolved before anything is mounted: what is looked at here is
what the guest gets.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract.policy import Fs, Policy
from x07bundle.vm.backend import Caps
from x07bundle.vm.backends.words import DISALLOWED, is_text
from x07bundle.vm.job import GUEST_WORK, Mount

OWN: Final = ".x07"
"""The tool's folder in a project, and in a user's home."""
GUESTS: Final = "/x07"
ELSEWHERE: Final = "X07_VM_STATE_DIR may name another"
SYSTEM: Final = ("/proc", "/sys", "/dev")


class Root(NamedTuple):
    """`field`: its place in the policy. `guest`, `host`: absolute; `host` has no links any more.

    `lexical`: the host's path as the policy has it.
    """

    field: str
    text: str
    is_writable: bool
    guest: str
    host: str
    lexical: str


class Place(NamedTuple):
    """`cwd`: absolute. `state`: the folder of all jobs, which no guest sees. `mounted`: where file
    systems are mounted on this machine.
    """

    cwd: str
    state: str | None
    caps: Caps
    mounted: tuple[str, ...] = ()


class Found(NamedTuple):
    """`problems`: field to words. `missing`: folders to make first, by field."""

    mounts: tuple[Mount, ...]
    missing: Mapping[str, Path]
    problems: Mapping[str, str]


def find(policy: Policy, place: Place) -> Found:
    """The mounts of a policy's roots. Writes nothing."""
    roots = tuple(listed(policy.fs, place.cwd))
    problems = {root.field: problem for root in roots if (problem := _problem(root, place, roots))}
    by_guest: dict[str, Root] = {}
    for root in roots:
        known = by_guest.get(root.guest)
        if known is None or root.is_writable:
            by_guest[root.guest] = root
    mounts = tuple(_mount(by_guest[guest], place.cwd) for guest in sorted(by_guest))
    missing = {root.field: Path(root.host) for root in roots if _is_to_be_made(root)}
    return Found(mounts, missing, problems)


def nowhere(fs: Fs) -> dict[str, str]:
    """Field to words: the roots that no machine mounts, whatever is there."""
    found = ((field, _text_problem(text)) for field, text, _ in _texts(fs))
    return {field: problem for field, problem in found if problem}


def guest_path(text: str) -> str:
    """Of a path as a policy has it."""
    path = os.path.normpath(text)
    if path.startswith("/"):
        return "/" + path.lstrip("/")
    return os.path.normpath(f"{GUEST_WORK}/{path}")


def is_below(path: str, folder: str) -> bool:
    """Whether it is the folder, or something in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def listed(fs: Fs, cwd: str) -> Iterator[Root]:
    """The roots of a policy, as it lists them."""
    for field, text, is_writable in _texts(fs):
        lexical = os.path.normpath(Path(cwd, text))
        host = os.path.realpath(lexical)
        yield Root(field, text, is_writable, guest_path(text), host, lexical)


def _texts(fs: Fs) -> Iterator[tuple[str, str, bool]]:
    """Field, path and whether it is writable."""
    if not fs.enabled:
        return
    for field, texts, is_writable in (
        ("fs.read_roots", fs.read_roots, False),
        ("fs.write_roots", fs.write_roots, True),
    ):
        for number, text in enumerate(texts):
            yield f"{field}[{number}]", text, is_writable


def _problem(root: Root, place: Place, roots: tuple[Root, ...]) -> str | None:
    """Why a root cannot be mounted, the gravest reason first; None where it can."""
    return (
        _text_problem(root.text)
        or _path_problem(root.host)
        or _state_problem(root, place)
        or _link_problem(root, roots)
        or _file_problem(root, place.caps, roots)
        or _own_folder_problem(root)
        or _mounted_problem(root, place, roots)
    )


def _text_problem(text: str) -> str | None:
    """What is the same on every machine."""
    parts = text.split("/")
    if ".." in parts:
        return "it leads out of where it starts; name the folder itself, without `..`"
    if OWN in parts:
        return f"`{OWN}` holds policies and the state of VMs, which no guest sees"
    guest = guest_path(text)
    if text.startswith("/") and is_below(guest, GUESTS):
        return f"{GUESTS} is where the guest has its own files"
    return _path_problem(guest)


def _path_problem(path: str) -> str | None:
    """Of a path of the guest, or of this machine."""
    for character, what in DISALLOWED.items():
        if character in path:
            return f"its path contains a disallowed byte, {what}: engines cannot be told of it"
    if not is_text(path):
        return "its path is not UTF-8: engines cannot be told of it"
    if path == "/":
        return "it would be all of the guest's root: name the folders that are needed"
    for folder in SYSTEM:
        if is_below(path, folder):
            return f"it is in {folder}, which the guest has of its own kernel"
    return None


def _state_problem(root: Root, place: Place) -> str | None:
    if place.state is None:
        return None
    state = os.path.realpath(place.state)
    if is_below(root.host, state):
        return f"it is in the folder of VM jobs: `{place.state}`; {ELSEWHERE}"
    if not is_below(state, root.host):
        return None
    inside = os.path.relpath(state, root.host)
    if any(is_below(inside, name) for name in _masked(root.host, place.cwd)):
        return None
    return f"the folder of VM jobs is in it: `{place.state}`; {ELSEWHERE}"


def _link_problem(root: Root, roots: tuple[Root, ...]) -> str | None:
    """A program that may write in a root could leave a link there, to anywhere, for the next run
    to follow."""
    for outer in roots:
        if not outer.is_writable or outer.lexical == root.lexical:
            continue
        if is_below(root.lexical, outer.lexical):
            inside = os.path.relpath(root.lexical, outer.lexical)
            if root.host != os.path.normpath(Path(outer.host, inside)):
                return f"a link leads to it from `{outer.text}`, where programs may write"
    return None


def _file_problem(root: Root, caps: Caps, roots: tuple[Root, ...]) -> str | None:
    try:
        mode = Path(root.host).stat().st_mode
    except FileNotFoundError:
        if any(other.is_writable and other.host == root.host for other in roots):
            return _making_problem(root)
        return f"root does not exist: `{root.lexical}`"
    except OSError as error:
        return f"`{root.lexical}`: {(error.strerror or str(error)).lower()}"
    if stat.S_ISDIR(mode):
        return None
    if not stat.S_ISREG(mode):
        return "it is a device, a pipe or a socket; roots are folders and files"
    if caps.host_mounts and not caps.file_mounts:
        return "it is a file, and this backend shares folders alone: name its folder"
    return None


def _making_problem(root: Root) -> str | None:
    """Why a folder cannot be made: the first of those above it that is there decides."""
    above = next(path for path in Path(root.host).parents if path.exists())
    if os.access(above, os.W_OK | os.X_OK):
        return None
    return (
        f"`{root.lexical}` is not there, and you may not make it: `{above}` is not yours to write"
    )


def _own_folder_problem(root: Root) -> str | None:
    path = Path(root.host, OWN)
    try:
        is_none = path.is_symlink() or (path.exists() and not path.is_dir())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return f"it cannot be looked into: `{root.lexical}`: {reason}"
    if is_none:
        return f"its `{OWN}` is no folder, so it cannot be hidden from the guest"
    return None


def _mounted_problem(root: Root, place: Place, roots: tuple[Root, ...]) -> str | None:
    """A file system below a folder that is mounted read-only stays as writable as it was."""
    if root.is_writable or not place.caps.host_mounts:
        return None
    inner = tuple(other.host for other in roots if other.host != root.host)
    for path in place.mounted:
        is_inside = path != root.host and is_below(path, root.host)
        if is_inside and not any(is_below(path, host) for host in inner):
            return f"a file system is mounted in it, at `{path}`: make that a root of its own"
    return None


def mounted(table: str) -> tuple[str, ...]:
    """Where file systems are mounted, of /proc/self/mountinfo (proc(5))."""
    fields = (line.split(" ") for line in table.splitlines())
    return tuple(re.sub(r"\\([0-7]{3})", _character, row[4]) for row in fields if len(row) > 4)


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 8))


def _is_to_be_made(root: Root) -> bool:
    return root.is_writable and not os.path.lexists(root.host)


def _mount(root: Root, cwd: str) -> Mount:
    return Mount(root.host, root.guest, root.is_writable, _masked(root.host, cwd))


def _masked(host: str, cwd: str) -> tuple[str, ...]:
    """Those of the tool's folders that are there."""
    return tuple(name for name in maskable(host, cwd) if os.path.isdir(Path(host, name)))  # noqa: PTH112  what cannot be looked at is none


def maskable(host: str, cwd: str) -> tuple[str, ...]:
    """Where a root may have folders of the tool: its own, and that of the folder that we are in."""
    here = os.path.realpath(cwd)
    if is_below(here, host) and here != host:
        return OWN, f"{os.path.relpath(here, host)}/{OWN}"
    return (OWN,)
