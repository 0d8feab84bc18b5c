"""Reads `tests/cases/*.toml`, builds what they describe, runs it."""

import json
import os
import struct
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.quick_fixes import patched
from x07bundle.lang.canonical import canonical
from x07bundle.lang.compiler import Compiled, compile_entry
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options
from x07bundle.project.sources import ProjectModules

CASES = Path(__file__).parent / "cases"

NO_LEAK_CHECK = {"ASAN_OPTIONS": "detect_leaks=0"}
"""The metrics count what is left; a program that exits at once leaves what it has."""


@dataclass(frozen=True)
class Case:
    """`mended` holds modules whose documents replace what the case says, by id."""

    file: str
    facts: Mapping[str, Any]
    mended: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{Path(self.file).stem}:{self.facts['name']}"

    @property
    def options(self) -> Options:
        return Options(
            world=self.facts.get("world", "run-os"),
            fuel=self.facts.get("fuel"),
            heap_bytes=self.facts.get("heap_bytes"),
            **self.facts.get("options", {}),
        )

    @property
    def input(self) -> bytes:
        return _bytes_of(self.facts, "input") or b""

    @property
    def output(self) -> bytes | None:
        return _bytes_of(self.facts, "output")

    @property
    def runs(self) -> list["Case"]:
        """One case for each time that the program is run."""
        runs = self.facts.get("runs", [{}])
        return [replace(self, facts={**self.facts, **run}) for run in runs]

    def lay_out(self, folder: Path) -> None:
        """Writes the files that the program finds where it runs."""
        for name, content in self.facts.get("files", {}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(str(content.get("text", "")).encode())
            if "size" in content:
                os.truncate(path, content["size"])

    def compile(self) -> Compiled:
        return compile_entry(self.entry(), CaseModules(self), self.options)

    def mend(self, found: Iterable[Diagnostic]) -> "Case":
        """The case after the quick fixes of what was found."""
        mended = dict(self.mended)
        for diagnostic in found:
            assert diagnostic.fix is not None, diagnostic
            now = replace(self, mended=mended)
            source = now.module(diagnostic.module_id) or now.entry()
            document = patched(canonical(json.loads(source.data)), diagnostic.fix)
            mended[diagnostic.module_id or "main"] = _encode(document)
        return replace(self, mended=mended)

    def entry(self) -> SourceFile:
        return SourceFile("main.x07.json", self.mended.get("main") or self._entry_text())

    def _entry_text(self) -> bytes:
        if "source" in self.facts:
            return str(self.facts["source"]).encode()
        document = self._document("entry", "main", self.facts)
        document["solve"] = json.loads(self.facts["solve"])
        return _encode(document)

    def module(self, module_id: str) -> SourceFile | None:
        facts = self.facts.get("modules", {}).get(module_id)
        if facts is None:
            return None
        file = f"{module_id.replace('.', '/')}.x07.json"
        data = self.mended.get(module_id) or self._module_text(module_id, facts)
        return SourceFile(file, data, builtin=facts.get("builtin", False))

    def _module_text(self, module_id: str, facts: Mapping[str, Any]) -> bytes:
        if "source" in facts:
            return str(facts["source"]).encode()
        document = self._document("module", module_id, facts)
        exports = {"kind": "export", "names": list(facts.get("exports", []))}
        document["decls"].insert(0, exports)
        return _encode(document)

    def _document(self, kind: str, module_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        schema = facts.get("schema") or self.facts.get("schema", "0.8.0")
        return {
            "schema_version": f"x07.x07ast@{schema}",
            "kind": kind,
            "module_id": module_id,
            "imports": list(facts.get("imports", [])),
            "decls": json.loads(facts.get("decls", "[]")),
        }


@dataclass(frozen=True)
class CaseModules:
    case: Case

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        facts = self.case.facts.get("modules", {}).get(module_id, {})
        if "problem" in facts:
            return ModuleProblem(facts["problem"], facts.get("hint"))
        others = ProjectModules([], self.case.options.world)
        return self.case.module(module_id) or others.find(module_id)


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _bytes_of(facts: Mapping[str, Any], key: str) -> bytes | None:
    if key in facts:
        return str(facts[key]).encode()
    if f"{key}_hex" in facts:
        return bytes.fromhex(facts[f"{key}_hex"])
    return None


def load_cases() -> list[Case]:
    """What a file says above its first case holds for all of its cases."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        shared = tomllib.loads(path.read_text())
        for facts in shared.pop("case"):
            found.append(Case(path.name, {**shared, **facts}))
    return found


@dataclass(frozen=True)
class Ran:
    """What a framed program did. `output` is None where it wrote no whole frame."""

    exit_code: int
    output: bytes | None
    stderr: str
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def trap_line(self) -> str:
        lines = [line for line in self.stderr.splitlines() if line and not line.startswith("{")]
        return lines[-1] if lines else ""


def run_framed(
    executable: Path, data: bytes, folder: Path | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """`env`: what the program sees besides PATH."""
    done = subprocess.run(
        [executable],
        input=struct.pack("<I", len(data)) + data,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=folder or executable.parent,
        env={"PATH": os.environ["PATH"], **NO_LEAK_CHECK, **(env or {})},
    )
    stderr = done.stderr.decode(errors="replace")
    last = stderr.splitlines()[-1] if stderr.strip() else ""
    metrics = json.loads(last) if last.startswith("{") else {}
    return Ran(done.returncode, _frame(done.stdout), stderr, metrics)


def _frame(data: bytes) -> bytes | None:
    if len(data) < 4 or struct.unpack("<I", data[:4])[0] != len(data) - 4:
        return None
    return data[4:]
