"""What a caller of `x07 bundle` asked for, before any file was looked at."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from x07bundle.lang.options import Options

SOURCE_LIMITS: Final = Options()
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Limits(NamedTuple):
    """What the executable stops at. None is no limit (docs/decisions/0007)."""

    solve_fuel: int | None = None
    max_memory_bytes: int | None = None
    max_output_bytes: int | None = None
    cpu_time_limit_seconds: int | None = None

    def over(self, base: "Limits") -> "Limits":
        """These limits, and those of `base` where these say nothing."""
        return Limits(
            _first(self.solve_fuel, base.solve_fuel),
            _first(self.max_memory_bytes, base.max_memory_bytes),
            _first(self.max_output_bytes, base.max_output_bytes),
            _first(self.cpu_time_limit_seconds, base.cpu_time_limit_seconds),
        )


def _first(value: int | None, otherwise: int | None) -> int | None:
    return otherwise if value is None else value


class Request(NamedTuple):
    """The options of contract/cli.md §3, as given.

    `source_limits`: the limits of the compiler; its other options are not used here.
    `sandbox`: options that were given and belong to sandboxed bundles alone, name to value.
    """

    out: str | None
    project: Path | None = None
    program: Path | None = None
    module_roots: tuple[Path, ...] = ()
    profile: str | None = None
    world: str | None = None
    cc_profile: str | None = None
    static: bool = False
    limits: Limits = Limits()
    source_limits: Options = SOURCE_LIMITS
    emit_folder: Path | None = None
    attestation: Path | None = None
    jobs: int | None = None
    sandbox: Mapping[str, Any] = NOTHING
    auto_ffi: bool | None = None
