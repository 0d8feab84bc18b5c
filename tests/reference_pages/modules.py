"""docs/reference/std.md: each std module with each function that it exports."""

from pathlib import Path
from typing import Final

from tests.reference_pages.text import table
from tests.unit.std.calls import Json, functions_of
from x07bundle import std

HERE: Final = Path(__file__).resolve().parent
INTRODUCTION: Final = (HERE / "std_introduction.md").read_text(encoding="utf-8")


def page() -> str:
    lines = [INTRODUCTION]
    for title, folder in (("every world", "modules"), ("OS worlds", "os_modules")):
        for module_id in module_ids(folder):
            lines += [f"## {module_id}", "", f"In {title}.", ""]
            functions = functions_of(module_id).values()
            lines += table(("function", "result", ""), map(_cells, functions))
    return "\n".join(lines)


def module_ids(folder: str) -> list[str]:
    """The modules in a folder of `x07bundle/std`."""
    root = std.HERE / folder
    names = (path.relative_to(root).as_posix() for path in root.rglob(f"*{std.SUFFIX}"))
    return sorted(name.removesuffix(std.SUFFIX).replace("/", ".") for name in names)


def _cells(function: Json) -> tuple[str, ...]:
    short = function["name"].rpartition(".")[2]
    params = ", ".join(
        f"{one['name']} {_type(one['ty'], one.get('brand'))}" for one in function["params"]
    )
    result = _type(function["result"], function.get("result_brand"))
    return f"`{short}({params})`", result, function["doc"]


def _type(ty: str, brand: str | None) -> str:
    return f"{ty}@{brand}" if brand else ty
