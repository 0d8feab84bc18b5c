"""docs/reference/heads.md: special forms and primitives.

Types, traps and worlds come from the tables of the compiler; names and meanings from `forms.txt`,
`heads.txt` and, for heads that a std function of the same name calls, from that function.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from tests.reference_pages.text import table
from tests.unit.std.calls import Json, functions_of
from x07bundle.lang.primitives.row import Parameter, Primitive
from x07bundle.lang.primitives.table import GROUPS

HERE: Final = Path(__file__).resolve().parent
SECTIONS: Final[Mapping[str, tuple[Primitive, ...]]] = {
    "Bytes and views": GROUPS["bytes"],
    "Vectors of bytes": GROUPS["vec"],
    "Options": GROUPS["option"],
    "Results": GROUPS["result"],
    "Numbers as bytes and text": GROUPS["number"],
    "Tables of numbers": GROUPS["tables"],
    "Vectors, maps and buffers by handle": GROUPS["values"],
    "Readers": GROUPS["readers"],
    "Floating point": GROUPS["float"],
    "JSON": GROUPS["json"],
    "Files": (*GROUPS["os"], *GROUPS["os_files"]),
    "Environment": GROUPS["os_env"],
    "Processes": GROUPS["os_process"],
    "Standard streams, random bytes": GROUPS["os_streams"],
    "Time": GROUPS["os_time"],
    "Memory": GROUPS["memory"],
}
MARKS: Final = {"value": "", "look": "&", "identifier": "!"}
NEEDS: Final = {"os": "an OS world", "capability": "unsafe code", "block": "an unsafe block"}
INTRODUCTION: Final = (HERE / "heads_introduction.md").read_text(encoding="utf-8")


class Meaning(NamedTuple):
    names: tuple[str, ...]
    text: str


def page() -> str:
    lines = [INTRODUCTION, "## Special forms", ""]
    lines += table(("form", "value", ""), forms().values())
    for title, rows in SECTIONS.items():
        lines += [f"## {title}", ""]
        lines += table(("head", "value", "", "traps", "needs"), map(_cells, rows))
    return "\n".join(lines)


def forms() -> dict[str, tuple[str, str, str]]:
    """Shape, type of the value and meaning of each special form."""
    found = {}
    for line in _lines("forms.txt"):
        shape, ty, text = line.split(" :: ")
        found[shape.split('"')[1]] = (f"`{shape}`", ty, text)
    return found


def meaning(head: str) -> Meaning:
    """Names of parameters and a sentence.

    Raises:
        LookupError: nothing says what it does.
    """
    for pattern, found in _meanings():
        if fnmatchcase(head, pattern):
            return found
    function = _function(f"std.{head}")
    return Meaning(tuple(each["name"] for each in function["params"]), function["doc"])


def patterns() -> list[str]:
    return [pattern for pattern, _ in _meanings()]


def _meanings() -> Iterator[tuple[str, Meaning]]:
    for line in _lines("heads.txt"):
        words, text = line.split(": ", 1)
        pattern, *names = words.split()
        yield pattern, Meaning(tuple(names), text)


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _function(name: str) -> Json:
    module_id = name.rpartition(".")[0]
    functions = functions_of(module_id)
    if name not in functions:
        raise LookupError(f"no line of heads.txt is for `{name.removeprefix('std.')}`")
    return functions[name]


def _cells(row: Primitive) -> tuple[str, ...]:
    said = meaning(row.head)
    pairs = zip(said.names, row.params, strict=True)
    params = ", ".join(_parameter(name, parameter) for name, parameter in pairs)
    result = "none" if row.result.kind == "never" else row.result.kind
    traps = ", ".join(f"`{trap}`" for trap in row.traps)
    return f"`{row.head}({params})`", result, said.text, traps, _needs(row)


def _parameter(name: str, parameter: Parameter) -> str:
    return f"{name} {MARKS[parameter.mode]}{parameter.ty.kind}"


def _needs(row: Primitive) -> str:
    if row.internal:
        return "a std module"
    return NEEDS.get(row.unsafe or row.world, "")
