"""Programs of any size: many small functions, each a loop over bytes with arithmetic in it."""

import json
from pathlib import Path
from typing import Any

NODES_PER_FUNCTION = 50
"""Expression nodes of one function of the family, counted once by hand: see `_function`."""

FUNCTIONS_PER_MODULE = 100


def write(folder: Path, nodes: int) -> Path:
    """Writes a project of about `nodes` expression nodes; returns its `x07.json`."""
    source = folder / "src"
    source.mkdir(parents=True)
    functions = max(1, nodes // NODES_PER_FUNCTION)
    modules = (functions + FUNCTIONS_PER_MODULE - 1) // FUNCTIONS_PER_MODULE
    for index in range(modules):
        count = min(FUNCTIONS_PER_MODULE, functions - index * FUNCTIONS_PER_MODULE)
        _save(source / f"part{index}.x07.json", _module(f"part{index}", count))
    _save(source / "main.x07.json", _entry(modules))
    _save(folder / "x07.json", _manifest())
    return folder / "x07.json"


def _save(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


def _manifest() -> dict[str, Any]:
    return {
        "schema_version": "x07.project@0.5.0",
        "world": "run-os",
        "entry": "src/main.x07.json",
        "module_roots": ["src"],
    }


def _entry(modules: int) -> dict[str, Any]:
    names = [f"part{index}" for index in range(modules)]
    calls = [["set", "sum", ["+", "sum", [f"{name}.all", "input"]]] for name in names]
    return {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "entry",
        "module_id": "main",
        "imports": names,
        "decls": [],
        "solve": ["begin", ["let", "sum", 0], *calls, ["codec.write_u32_le", "sum"]],
    }


def _module(name: str, count: int) -> dict[str, Any]:
    functions = [_function(name, index) for index in range(count)]
    calls = [["set", "sum", ["+", "sum", [f["name"], "data", "sum"]]] for f in functions]
    every = {
        "kind": "defn",
        "name": f"{name}.all",
        "params": [{"name": "data", "ty": "bytes_view"}],
        "result": "i32",
        "body": ["begin", ["let", "sum", 0], *calls, "sum"],
    }
    return {
        "schema_version": "x07.x07ast@0.8.0",
        "kind": "module",
        "module_id": name,
        "imports": [],
        "decls": [{"kind": "export", "names": [every["name"]]}, every, *functions],
    }


def _function(module: str, index: int) -> dict[str, Any]:
    step = ["+", ["*", "sum", 31 + index], ["view.get_u8", "data", "i"]]
    fold = ["if", ["&", "sum", 1], ["set", "sum", ["^", "sum", index]], ["set", "sum", "sum"]]
    loop = ["for", "i", 0, ["view.len", "data"], ["begin", ["set", "sum", step], fold]]
    tail = ["if", ["<u", "sum", 1000], ["+", "sum", index], [">>u", "sum", ["&", index, 7]]]
    return {
        "kind": "defn",
        "name": f"{module}.fold{index}",
        "params": [{"name": "data", "ty": "bytes_view"}, {"name": "seed", "ty": "i32"}],
        "result": "i32",
        "body": ["begin", ["let", "sum", "seed"], loop, tail],
    }
