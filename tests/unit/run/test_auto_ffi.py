"""C code of packages: which is linked, when it is compiled again, and what is said where it is
missing."""

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.native.stub_sources import needs_cc
from tests.unit.run.tool import Tool
from x07bundle.policy.templates import base_policy

pytestmark = needs_cc

ADDS: Final = '#include "offset.h"\nint adds(int n) { return n + OFFSET; }\n'
ADD: Final = ["bytes1", ["adds.one", 64]]
NO_LIBRARY: Final = "x07-no-such-library"


def write_package(folder: Path, *, ffi: bool = True, libs: tuple[str, ...] = ()) -> Path:
    """A package whose module `adds` calls C; its module root."""
    root = folder / "modules"
    root.mkdir(parents=True)
    meta: dict[str, Any] = {"import_mode": "ffi" if ffi else "handwritten", "ffi_libs": list(libs)}
    manifest = {
        "schema_version": "x07.package@0.1.0", "name": "adds", "version": "1.0.0",
        "module_root": "modules", "modules": ["adds"], "meta": meta,
    }  # fmt: skip
    (folder / "x07-package.json").write_text(json.dumps(manifest))
    extern = {
        "kind": "extern", "abi": "C", "name": "adds.c", "link_name": "adds",
        "params": [{"name": "n", "ty": "i32"}], "result": "i32",
    }  # fmt: skip
    one = {
        "kind": "defn", "name": "adds.one", "params": [{"name": "n", "ty": "i32"}],
        "result": "i32", "body": ["unsafe", ["adds.c", "n"]],
    }  # fmt: skip
    module = {
        "schema_version": "x07.x07ast@0.8.0", "kind": "module", "module_id": "adds",
        "imports": [], "decls": [{"kind": "export", "names": ["adds.one"]}, extern, one],
    }  # fmt: skip
    (root / "adds.x07.json").write_text(json.dumps(module))
    return root


def write_code(package: Path, offset: int = 1, text: str = ADDS) -> None:
    (package / "ffi").mkdir(exist_ok=True)
    (package / "ffi" / "adds.c").write_text(text)
    (package / "ffi" / "offset.h").write_text(f"#define OFFSET {offset}\n")


@pytest.fixture
def package(tool: Tool) -> Path:
    folder = tool.folder / "deps" / "adds"
    write_package(folder)
    write_code(folder)
    tool.solve(ADD, "adds")
    return folder


def words(package: Path) -> tuple[str, ...]:
    return ("--program", "src/main.x07.json", "--module-root", str(package / "modules"))


def test_it_is_linked(tool: Tool, package: Path) -> None:
    assert tool.run(*words(package)).output == b"A"
    assert tool.run(*words(package), "--auto-ffi").output == b"A"


def test_a_change_of_the_code_counts(tool: Tool, package: Path) -> None:
    assert tool.run(*words(package)).output == b"A"
    write_code(package, 2)
    assert tool.run(*words(package)).output == b"B"
    write_code(package, 2, ADDS.replace("n +", "n + 1 +"))
    assert tool.run(*words(package)).output == b"C"


def test_the_runtimes_headers_are_there(tool: Tool, package: Path) -> None:
    write_code(package, text='#include "x07_pkg.h"\n' + ADDS)
    assert tool.run(*words(package)).output == b"A"


def test_it_is_not_linked(tool: Tool, package: Path) -> None:
    ran = tool.run(*words(package), "--no-auto-ffi")
    assert ran.status == 1
    assert ran.report["compile"]["compile_error"].startswith("C toolchain failed (exit=")
    assert "hint: nothing that is linked has these functions: --auto-ffi links" in ran.stderr


def test_what_a_linker_says_is_shortened(tool: Tool, package: Path) -> None:
    """The report has all of it."""
    calls = "".join(f"int missing{number}(void);\n" for number in range(99))
    calls += "int adds(int n) {\nreturn n" + "".join(f"\n+ missing{n}()" for n in range(99)) + ";}"
    write_code(package, text=calls)
    ran = tool.run(*words(package))
    assert ran.status == 1
    assert "missing0" in ran.stderr
    assert len(ran.stderr.splitlines()) < 30
    assert " lines more; `stderr_b64` of the report has all of them" in ran.stderr
    assert b"missing98" in base64.b64decode(ran.report["compile"]["stderr_b64"])


def test_one_or_the_other(tool: Tool, package: Path) -> None:
    ran = tool.run(*words(package), "--auto-ffi", "--no-auto-ffi")
    assert (ran.status, ran.stdout) == (2, b"")
    assert "mutually exclusive" in ran.stderr


def test_the_runner_asks_to_be_told(tool: Tool, package: Path) -> None:
    assert tool.os_runner(*words(package)).status == 1
    assert tool.os_runner(*words(package), "--auto-ffi").output == b"A"


def test_a_profile(tool: Tool, package: Path) -> None:
    """An option counts more."""
    profile = {"world": "run-os", "auto_ffi": False}
    roots = ["src", str((package / "modules").relative_to(tool.folder))]
    tool.change(profiles={"os": profile}, module_roots=roots)
    assert tool.run().status == 1
    assert tool.run("--auto-ffi").output == b"A"


def test_what_is_not_used_is_not_linked(tool: Tool, package: Path) -> None:
    other = write_package(tool.folder / "deps" / "other", libs=(NO_LIBRARY,))
    (other / "adds.x07.json").unlink()
    assert tool.run(*words(package), "--module-root", str(other)).output == b"A"


def test_a_package_without_code(tool: Tool, package: Path) -> None:
    (package / "ffi" / "adds.c").unlink()
    ran = tool.run(*words(package))
    assert (ran.status, ran.stdout) == (2, b"")
    assert "has no C files, and its `import_mode` is `ffi`" in ran.stderr


@pytest.mark.parametrize(
    ("text", "libs"), [('#include "x07_nowhere.h"\n' + ADDS, ()), (ADDS, (NO_LIBRARY,))]
)
def test_what_is_missing(tool: Tool, package: Path, text: str, libs: tuple[str, ...]) -> None:
    write_code(package, text=text)
    manifest = json.loads((package / "x07-package.json").read_text())
    manifest["meta"]["ffi_libs"] = libs
    (package / "x07-package.json").write_text(json.dumps(manifest))
    ran = tool.run(*words(package))
    assert ran.status == 1
    assert "hint: `x07 doctor` says which libraries" in ran.report["compile"]["compile_error"]


def test_a_sandbox_without_native_code(tool: Tool, package: Path) -> None:
    """It is not even compiled, for a module that does not call it."""
    write_code(package, text="this is no C\n")
    module = package / "modules" / "adds.x07.json"
    document = json.loads(module.read_text())
    document["decls"] = []
    module.write_text(json.dumps(document))
    tool.solve(["bytes.lit", "x"], "adds")
    assert tool.run(*words(package)).status == 1
    consent = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
    policy = tool.folder / "policy.json"
    policy.write_bytes(base_policy("cli", None))
    flags = ("--world", "run-os-sandboxed", "--policy", str(policy), *consent)
    assert tool.run(*words(package), *flags).output == b"x"
