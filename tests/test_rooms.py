"""The walls between the rooms: who may import whom, and who may touch the outside."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).resolve().parents[1] / "x07bundle"

FLOOR: Final = frozenset(
    {"errors", "process", "files", "strict_json", "assets", "contract", "schemas", "host", "keys"}
    | {"children", "descendants", "rlimits", "web", ""}
)
"""What any room may import. "" is the package itself: its version."""

BELOW: Final[dict[str, frozenset[str]]] = {
    "lang": frozenset({"strict_json"}),
    "std": frozenset({"lang"}),
    "native": FLOOR,
    "policy": FLOOR,
    "vm": FLOOR - {"assets"},
    "launcher": FLOOR - {"assets"} | {"vm"},
    "image": FLOOR,
    "freeze": FLOOR,
    "registry": FLOOR | {"image"},
    "packages": frozenset(),
    "project": FLOOR | {"lang", "std", "packages"},
    "run": FLOOR | {"project", "policy", "lang", "std", "native", "vm"},
    "bundle": FLOOR | {"project", "policy", "lang", "std", "native", "freeze", "vm"},
    "doctor": FLOOR | {"project", "lang", "std", "packages", "native", "vm"},
    "cli": FLOOR
    | {"doctor", "vm", "bundle", "run", "project", "policy", "packages", "lang", "std", "native"}
    | {"image", "registry", "freeze", "launcher"},
}
"""Each room's rooms below, itself aside. A floor module may import the floor."""

THIRD_PARTY: Final[dict[str, frozenset[str]]] = {
    "cli": frozenset({"click"}),
    "bundle": frozenset({"jinja2"}),
    "run": frozenset({"jinja2"}),
    "native": frozenset({"jinja2"}),
    "image": frozenset({"zstandard"}),
    "freeze": frozenset({"jinja2"}),
    "registry": frozenset({"oras", "urllib3", "cryptography"}),
}
"""Packages that a room may import; every other room has the standard library alone."""

MODULES: Final = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py").replace("__init__", "")


def imports(path: Path) -> Iterator[str]:
    """Full names of everything that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    names = [name.split(".") for name in imports(path)]
    own = [name[1:] for name in names if name[0] == "x07bundle"]
    known = FLOOR | set(BELOW)
    return {name[0] if name and name[0] in known else "" for name in own}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downward(path: Path) -> None:
    room = room_of(path)
    allowed = FLOOR if room in FLOOR else BELOW[room] | {room}
    assert rooms_imported(path) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_packages_of_others_stay_in_their_rooms(path: Path) -> None:
    packages = {name.split(".")[0] for name in imports(path)}
    foreign = packages - sys.stdlib_module_names - {"x07bundle"}
    assert foreign <= THIRD_PARTY.get(room_of(path), frozenset())


def test_one_door_to_processes() -> None:
    doors = [path.name for path in MODULES if "subprocess" in set(imports(path))]
    assert doors == ["process.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_environment_is_read_where_programs_start_alone(path: Path) -> None:
    words = {
        node.attr
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute)
    }
    touched = words & {"environ", "environb", "getenv", "getenvb"}
    assert not touched or room_of(path) == "cli" or path == PACKAGE / "launcher/main.py"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400
