"""Reads `tests/cases/*.toml`, builds what they describe, runs it."""

import json
import os
import struct
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x07bundle.lang.compiler import Compiled, compile_entry
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options
from x07bundle.std import find as find_std

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    file: str
    facts: Mapping[str, Any]

    @property
    def id(self) -> str:
        return f"{Path(self.file).stem}:{self.facts['name']}"

    @property
    def options(self) -> Options:
        return Options(
            world=self.facts.get("world", "run-os"),
            fuel=self.facts.get("fuel"),
            heap_bytes=self.facts.get("heap_bytes"),
        )

    @property
    def input(self) -> bytes:
        return _bytes_of(self.facts, "input") or b""

    @property
    def output(self) -> bytes | None:
        return _bytes_of(self.facts, "output")

    def compile(self) -> Compiled:
        return compile_entry(self.entry(), CaseModules(self), self.options)

    def entry(self) -> SourceFile:
        document = self._document("entry", "main", self.facts)
        document["solve"] = json.loads(self.facts["solve"])
        return SourceFile("main.x07.json", _encode(document))

    def module(self, module_id: str) -> SourceFile | None:
        facts = self.facts.get("modules", {}).get(module_id)
        if facts is None:
            return None
        document = self._document("module", module_id, facts)
        exports = {"kind": "export", "names": list(facts.get("exports", []))}
        document["decls"].insert(0, exports)
        return SourceFile(f"{module_id.replace('.', '/')}.x07.json", _encode(document))

    def _document(self, kind: str, module_id: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "schema_version": f"x07.x07ast@{self.facts.get('schema', '0.8.0')}",
            "kind": kind,
            "module_id": module_id,
            "imports": list(facts.get("imports", [])),
            "decls": json.loads(facts.get("decls", "[]")),
        }


@dataclass(frozen=True)
class CaseModules:
    case: Case

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        found = self.case.module(module_id) or find_std(module_id, self.case.options.world)
        return found or ModuleProblem(f'unknown module: "{module_id}"')


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _bytes_of(facts: Mapping[str, Any], key: str) -> bytes | None:
    if key in facts:
        return str(facts[key]).encode()
    if f"{key}_hex" in facts:
        return bytes.fromhex(facts[f"{key}_hex"])
    return None


def load_cases() -> list[Case]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for facts in tomllib.loads(path.read_text())["case"]:
            found.append(Case(path.name, facts))
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


def run_framed(executable: Path, data: bytes) -> Ran:
    done = subprocess.run(
        [executable],
        input=struct.pack("<I", len(data)) + data,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    stderr = done.stderr.decode(errors="replace")
    last = stderr.splitlines()[-1] if stderr.strip() else ""
    metrics = json.loads(last) if last.startswith("{") else {}
    return Ran(done.returncode, _frame(done.stdout), stderr, metrics)


def _frame(data: bytes) -> bytes | None:
    if len(data) < 4 or struct.unpack("<I", data[:4])[0] != len(data) - 4:
        return None
    return data[4:]
