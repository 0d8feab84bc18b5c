"""The `compile` object of reports, and the host runner's report (contract/reports.md §1 and §2).

Keys are alphabetical at every level, as these documents have them.
"""

from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from x07bundle import LANG_ID

HOST_REPORT: Final = "x07-host-runner.report@0.3.0"
NATIVE_REQUIRES: Final = "x07.native-requires@0.1.0"
BACKEND_ABI: Final = 1
"""`abi_major` of the native backends, which all came with the language's first version."""


class CompileResult(NamedTuple):
    """How a compilation went.

    `exit_status`: 0, 1 where the program was not accepted, or that of the C compiler. `fuel_used`:
    work units of the front end; None where it did not get to the end. `diagnostics`: x07diag
    objects; left out of the document where there are none.
    """

    exit_status: int
    world: str
    backends: tuple[str, ...] = ()
    c_source_size: int = 0
    compiled_exe: str | None = None
    compiled_exe_size: int | None = None
    compile_error: str | None = None
    diagnostics: Sequence[Mapping[str, Any]] = ()
    stdout: bytes = b""
    stderr: bytes = b""
    fuel_used: int | None = None

    @property
    def ok(self) -> bool:
        return self.compile_error is None

    def as_json(self) -> dict[str, Any]:
        found = {"diagnostics": list(self.diagnostics)} if self.diagnostics else {}
        return {
            "c_source_size": self.c_source_size,
            "compile_error": self.compile_error,
            "compiled_exe": self.compiled_exe,
            "compiled_exe_size": self.compiled_exe_size,
            **found,
            "exit_status": self.exit_status,
            "fuel_used": self.fuel_used,
            "lang_id": LANG_ID,
            "native_requires": _requires(self.backends, self.world),
            "ok": self.ok,
            "stderr_b64": _base64(self.stderr),
            "stdout_b64": _base64(self.stdout),
            "trap": None,
        }


def host_report(mode: str, result: CompileResult) -> dict[str, Any]:
    """The report of a compilation that runs nothing; `mode` is `compile` or `project-compile`."""
    return {
        "compile": result.as_json(),
        "exit_code": 0 if result.ok else 1,
        "mode": mode,
        "schema_version": HOST_REPORT,
        "solve": None,
    }


def _requires(backends: tuple[str, ...], world: str) -> dict[str, Any]:
    needed = [{"abi_major": BACKEND_ABI, "backend_id": name} for name in sorted(backends)]
    return {"requires": needed, "schema_version": NATIVE_REQUIRES, "world": world}


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode("ascii")
