"""Programs through the compiler, as it is called by the tool; what goes wrong is a finding."""

import json
import signal
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from tests.fuzz.generator import Program
from tests.fuzz.values import deep_recursion
from x07bundle.cli.entry import RECURSION
from x07bundle.lang.compiler import Compiled, compile_entry
from x07bundle.lang.modules import ModuleProblem, SourceFile
from x07bundle.lang.options import Options
from x07bundle.std import find as find_std

COMPILE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Sources:
    """A program as bytes of files: what a mutation may have damaged."""

    entry: bytes
    modules: Mapping[str, bytes]
    input: bytes = b""

    def files(self) -> tuple[bytes, ...]:
        return (self.entry, *self.modules.values())

    def find(self, module_id: str) -> SourceFile | ModuleProblem:
        if module_id in self.modules:
            return SourceFile(f"{module_id}.x07.json", self.modules[module_id])
        return find_std(module_id, "run-os") or ModuleProblem(f'unknown module: "{module_id}"')


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is the same for a program and its smaller versions that fail in the same way."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Failure:
    finding: Finding
    program: Sources


def encoded(document: object) -> bytes:
    with deep_recursion():
        text = json.dumps(document, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def sources(program: Program) -> Sources:
    modules = {module_id: encoded(document) for module_id, document in program.modules.items()}
    return Sources(encoded(program.entry), modules, program.input)


def documents(files: Sources) -> Program:
    """Raises ValueError for a file that is no JSON."""
    modules = {module_id: json.loads(data) for module_id, data in files.modules.items()}
    return Program(json.loads(files.entry), modules, files.input)


def compiled(program: Sources, options: Options) -> Compiled | Finding:
    """The compiler's answer; or a finding, when it raises or takes very long."""
    try:
        with deadline(COMPILE_SECONDS), deep_recursion(RECURSION):
            return compile_entry(SourceFile("main.x07.json", program.entry), program, options)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = place.filename.rpartition("/")[2]
        kind = f"traceback {type(error).__name__} {name}:{place.name}"
        return Finding(kind, "".join(traceback.format_exception(error, limit=-12)))


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the main thread of this process."""
    before = signal.signal(signal.SIGALRM, _expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _expired(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def errors(found: Compiled) -> str:
    return "\n".join(d.compile_error() for d in found.diagnostics if d.severity == "error")
