"""Bytes of one x07AST file -> surface tree, with everything that is wrong with the file.

Nothing is known here about other files or about types: `resolve` and `check` come next.
"""

from typing import Any, Final, Literal

from x07bundle.lang import declarations, document, expressions, shapes
from x07bundle.lang.canonical import canonical
from x07bundle.lang.declarations import Declarations
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.expressions import describe
from x07bundle.lang.findings import Findings, replace
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.names import MODULE_ID
from x07bundle.lang.shapes import CODE, JsonObject
from x07bundle.lang.source import Expr, Module
from x07bundle.lang.versions import minor_version

ENTRY_ID: Final = "main"


def load(
    source: SourceFile, *, any_entry_id: bool = False
) -> tuple[Module | None, list[Diagnostic]]:
    """The module of a file, or None when it has errors.

    `any_entry_id`: an entry program of another id is read as `main` (contract/cli.md §3).
    """
    findings = Findings(source.file)
    value = document.read(source.data, findings)
    if not isinstance(value, dict):
        if not findings.failed:
            findings.add(CODE, f"a file must hold an object, not {describe(value)}")
        return None, findings.found
    tree = canonical(value)
    if any_entry_id and tree.get("kind") == "entry":
        tree["module_id"] = ENTRY_ID
    module = _module(tree, source, findings)
    return None if findings.failed else module, findings.found


def _module(tree: dict[str, Any], source: SourceFile, findings: Findings) -> Module:
    kind = _kind(tree, findings)
    minor = minor_version(tree.get("schema_version"), findings)
    findings.module_id = _module_id(tree, kind, findings)
    imports = _imports(tree, findings)
    if "decls" not in tree:
        shapes.missing("decls", "", findings, [])
    declared = declarations.read(tree.get("decls", []), minor, findings)
    solve = _solve(tree, kind, findings)
    return Module(
        kind=kind,
        module_id=findings.module_id,
        schema_version=str(tree.get("schema_version")),
        imports=imports,
        document=tree,
        file=source.file,
        solve=solve,
        meta=_meta(tree, findings),
        node_count=findings.node_count,
        builtin=source.builtin,
        **_members(declared),
    )


def _members(declared: Declarations) -> dict[str, Any]:
    return {
        "exports": frozenset(declared.exports),
        "functions": tuple(declared.functions),
        "externs": tuple(declared.externs),
        "records": tuple(declared.records),
        "enums": tuple(declared.enums),
    }


def _kind(tree: JsonObject, findings: Findings) -> Literal["entry", "module"]:
    kind = tree.get("kind")
    if kind == "entry" or kind == "module":
        return "entry" if kind == "entry" else "module"
    if "kind" in tree:
        message = f'`kind` must be "entry" or "module", not {describe(kind)}'
        findings.add(CODE, message, "/kind")
    else:
        shapes.missing("kind", "", findings)
    return "entry" if "solve" in tree else "module"


def _module_id(tree: JsonObject, kind: str, findings: Findings) -> str:
    module_id = shapes.name(tree, "module_id", "", findings, MODULE_ID)
    if kind == "entry" and module_id not in ("", ENTRY_ID):
        findings.add(
            CODE,
            f"the module id of an entry program must be `{ENTRY_ID}`, not `{module_id}`",
            "/module_id",
            fix=replace("/module_id", ENTRY_ID, f"call it `{ENTRY_ID}`"),
        )
    return module_id


def _imports(tree: JsonObject, findings: Findings) -> tuple[str, ...]:
    if "imports" not in tree:
        shapes.missing("imports", "", findings, [])
        return ()
    imports = tree["imports"]
    if not isinstance(imports, list):
        message = f"`imports` must be an array of module ids, not {describe(imports)}"
        findings.add(CODE, message, "/imports")
        return ()
    for index, module_id in enumerate(imports):
        if not isinstance(module_id, str) or not MODULE_ID(module_id):
            message = f"{describe(module_id)} is not a module id"
            findings.add(CODE, message, f"/imports/{index}")
    return tuple(module_id for module_id in imports if isinstance(module_id, str))


def _solve(tree: JsonObject, kind: str, findings: Findings) -> Expr | None:
    if kind == "entry" and "solve" not in tree:
        shapes.missing("solve", "", findings)
        return None
    if "solve" not in tree:
        return None
    if kind == "module":
        message = "a module has no `solve`: that is the body of an entry program"
        findings.add(CODE, message, "/solve")
        return None
    findings.function = f"{ENTRY_ID}.solve"
    solve = expressions.read(tree["solve"], "/solve", findings)
    findings.function = None
    return solve


def _meta(tree: JsonObject, findings: Findings) -> JsonObject:
    meta = tree.get("meta", {})
    if not isinstance(meta, dict):
        findings.add(CODE, f"`meta` must be an object, not {describe(meta)}", "/meta")
        return {}
    if _holds_float(meta):
        findings.add(CODE, "numbers in `meta` must be integers", "/meta")
    return meta


def _holds_float(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_float(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_float(item) for item in value)
    return isinstance(value, float)
