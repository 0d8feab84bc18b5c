"""Programs to damage: the cases, the examples, the std modules, and generated ones."""

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.fuzz import generator
from tests.fuzz.compiled import Sources, encoded, sources
from tests.program_cases import Case, load_cases
from x07bundle import std

ROOT: Final = Path(__file__).parent.parent.parent
STD_FOLDERS: Final = ("modules", "os_modules")
ARGUMENTS: Final[dict[str, Any]] = {
    "i32": 1,
    "u32": 1,
    "bytes": ["bytes.lit", "ab"],
    "bytes_view": "input",
    "vec_u8": ["vec_u8.with_capacity", 2],
    "iface": ["io.open_read_bytes", "input"],
    "result_i32": ["result_i32.ok", 1],
    "option_i32": ["option_i32.none"],
}


def pick(rng: Random) -> Sources:
    """Half of the time a generated program, else one from the files."""
    if rng.random() < 0.5:
        return sources(generator.generate(rng.randrange(1 << 30)))
    return rng.choice(from_files())


@cache
def from_files() -> tuple[Sources, ...]:
    cases = [from_case(case) for case in load_cases()]
    examples = [from_example(path) for path in sorted((ROOT / "examples").glob("*/src"))]
    folder = Path(std.__file__).parent
    paths = [path for name in STD_FOLDERS for path in sorted((folder / name).rglob("*.json"))]
    return (*cases, *examples, *map(from_std, paths))


def from_case(case: Case) -> Sources:
    modules = {}
    for module_id in case.facts.get("modules", {}):
        found = case.module(module_id)
        if found is not None:
            modules[module_id] = found.data
    return Sources(case.entry().data, modules)


def from_example(folder: Path) -> Sources:
    modules = {}
    entry = b""
    for path in sorted(folder.rglob("*.x07.json")):
        data = path.read_bytes()
        document = json.loads(data)
        if document["kind"] == "entry":
            entry = data
        else:
            modules[document["module_id"]] = data
    return Sources(entry, modules)


def from_std(path: Path) -> Sources:
    """A std module as a module of the program, with an entry that calls what it can."""
    data = path.read_bytes()
    document = json.loads(data)
    module_id = document["module_id"]
    calls = [
        [decl["name"], *(ARGUMENTS[param["ty"]] for param in decl["params"])]
        for decl in document["decls"]
        if decl["kind"] == "defn" and all(param["ty"] in ARGUMENTS for param in decl["params"])
    ]
    exported = {name for decl in document["decls"] for name in decl.get("names", ())}
    entry = {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "entry",
        "module_id": "main",
        "imports": [module_id],
        "decls": [],
        "solve": ["begin", *(call for call in calls if call[0] in exported), ["bytes.empty"]],
    }
    return Sources(encoded(entry), {module_id: data})
