"""Compiles the target of a job: front end, then the C compiler or the cache of programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract.compile_report import CompileResult
from x07bundle.files import read_bytes, write_atomic
from x07bundle.lang.compiler import Compiled, compile_entry
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.modules import SourceFile
from x07bundle.native.build import Unit
from x07bundle.native.flags import Link
from x07bundle.native.main_text import render
from x07bundle.native.programs import Program, program
from x07bundle.native.toolchain import open_toolchain
from x07bundle.project.manifest import Manifest
from x07bundle.project.packages.native_code import native_code
from x07bundle.project.roots import warnings
from x07bundle.project.sources import ProjectModules
from x07bundle.run.job import Job

FRAMED_MAIN: Final = "\nint main(void)\n{\n    return x07_framed_main();\n}\n"
SANDBOXED_MAIN: Final = "framed_main_sandboxed.c.j2"
MOST_DIAGNOSTICS: Final = 64
"""Reports carry so many; `x07 check` gives them all."""


class Compilation(NamedTuple):
    """`executable`: None where the compilation failed. `diagnostics`: warnings too."""

    result: CompileResult
    executable: Path | None
    diagnostics: tuple[Diagnostic, ...]


def compile_target(job: Job, entry: Path, environment: Mapping[str, str]) -> Compilation:
    """The executable of a job's entry program, which was compiled only if it had to be.

    Raises:
        ToolMissingError: there is no C compiler.
        OutputError: the cache or `--compiled-out` cannot be written.
        X07Error: the entry program cannot be read.
    """
    modules = ProjectModules(job.target.module_roots, job.world)
    source = SourceFile(str(entry), read_bytes(entry))
    compiled = compile_entry(source, modules, job.options)
    found = (*compiled.diagnostics, *warnings(_project(job)))
    if compiled.c_source is None:
        return Compilation(_refused(job, compiled), None, found)
    made = _native(job, compiled.c_source, _link(job, modules), environment)
    path = _placed(job, made)
    return Compilation(_result(job, compiled, made, path), path, found)


def _project(job: Job) -> Manifest | None:
    """The project whose roots the modules are in."""
    return job.target.project if job.target.kind == "project" else None


def _refused(job: Job, compiled: Compiled) -> CompileResult:
    """The front end did not accept the program."""
    errors = [one for one in compiled.diagnostics if one.severity == "error"]
    return CompileResult(
        exit_status=1,
        world=job.world,
        compile_error=errors[0].compile_error(),
        diagnostics=[one.as_json() for one in errors[:MOST_DIAGNOSTICS]],
    )


def _link(job: Job, modules: ProjectModules) -> Link:
    """What the project names, and the C code of the packages that the program has modules of."""
    if not (job.auto_ffi and job.options.allow_ffi):
        return job.link
    code = native_code(root for root in modules.roots if root in modules.used)
    return job.link.with_code(code.sources, code.libs)


def _native(job: Job, c_source: str, link: Link, environment: Mapping[str, str]) -> Program:
    is_musl = link.static and not _is_foreign(link)
    toolchain = open_toolchain(environment, libc="musl" if is_musl else "system")
    main = FRAMED_MAIN if job.sandbox is None else render(SANDBOXED_MAIN, {}, toolchain.cache)
    return program(toolchain, Unit(c_source + main, job.cc_profile, link))


def _is_foreign(link: Link) -> bool:
    """Whether it links with libraries, which were made for the system's C library."""
    return bool(link.libs or link.sources or link.extra)


def _placed(job: Job, found: Program) -> Path | None:
    if job.compiled_out is None or found.built.executable is None:
        return found.path
    write_atomic(job.compiled_out, found.built.executable, 0o777, parents=True)
    return job.compiled_out


def _result(job: Job, compiled: Compiled, found: Program, path: Path | None) -> CompileResult:
    built = found.built
    return CompileResult(
        exit_status=built.exit_status,
        world=job.world,
        backends=compiled.backends,
        c_source_size=len((compiled.c_source or "").encode()),
        compiled_exe=str(path) if path else None,
        compiled_exe_size=len(built.executable) if built.executable is not None else None,
        compile_error=built.compile_error,
        stdout=built.stdout,
        stderr=built.stderr,
        fuel_used=compiled.work_units,
    )
