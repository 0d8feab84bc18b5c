"""Members of `x07.json` that nothing reads.

The public toolchain takes no notice of them, so they are no errors; but mostly a name is misspelt,
and a limit that was meant to hold does not (contract/project.md §1, §2).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.project.manifest import Manifest

UNKNOWN: Final = "X07-PROJECT-0002"
OF_PROJECT: Final = (
    *("schema_version", "compat", "world", "entry", "operational_entry_symbol"),
    *("certification_entry_symbol", "module_roots", "link", "dependencies", "patch", "lockfile"),
    *("default_profile", "profiles"),
)
OF_PROFILE: Final = (
    *("world", "policy", "runner", "input", "auto_ffi", "solve_fuel", "cpu_time_limit_seconds"),
    *("max_memory_bytes", "max_output_bytes", "cc_profile"),
)
OF_LINK: Final = ("libs", "search_paths", "frameworks", "static")
OF_DEPENDENCY: Final = ("name", "version", "path")
OF_PATCH: Final = ("version", "path")
NOTES: Final = ("$", "_")
"""A name that begins so is a note to people or to editors, such as `$schema`."""

JsonObject = Mapping[str, Any]


class Unknown(NamedTuple):
    """A member, its JSON pointer, and the names that its place has."""

    name: str
    at: str
    known: tuple[str, ...]


def unknown_members(project: Manifest | None) -> tuple[Diagnostic, ...]:
    """A warning for each."""
    found = _found(project.document) if project is not None else ()
    return tuple(_warning(one, str(project.file)) for one in found if project is not None)


def _found(document: JsonObject) -> Iterator[Unknown]:
    yield from _strangers(document, "", OF_PROJECT)
    yield from _strangers(document.get("link"), "/link", OF_LINK)
    for index, one in enumerate(document.get("dependencies") or ()):
        yield from _strangers(one, f"/dependencies/{index}", OF_DEPENDENCY)
    for key, known in (("patch", OF_PATCH), ("profiles", OF_PROFILE)):
        for name, one in (document.get(key) or {}).items():
            yield from _strangers(one, f"/{key}/{_escaped(name)}", known)


def _strangers(value: object, at: str, known: tuple[str, ...]) -> Iterator[Unknown]:
    """Of a profile that is no object, nothing: only the one that holds is checked."""
    if not isinstance(value, Mapping):
        return
    for name in value:
        if name not in known and not name.startswith(NOTES):
            yield Unknown(name, f"{at}/{_escaped(name)}", known)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _warning(one: Unknown, file: str) -> Diagnostic:
    return Diagnostic(
        code=UNKNOWN,
        message=f"nothing reads the member `{one.name[:80]}`",
        at=one.at,
        file=file,
        severity="warning",
        stage="parse",
        kind="Parse",
        hint=_hint(one),
    )


def _hint(one: Unknown) -> str:
    from difflib import get_close_matches  # only to word a warning

    for near in get_close_matches(one.name[:80], one.known, n=1, cutoff=0.7):
        return f"did you mean `{near}`?"
    return f"known here: {', '.join(one.known)}"
