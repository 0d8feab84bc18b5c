"""The command line of a compilation in a guest (contract/vm.md §10): a pure function.

What was compiled needs none: it runs by itself (docs/decisions).
"""

from typing import Final

from x07bundle.contract.worlds import SANDBOXED
from x07bundle.project.portable import ENTRY, Sources
from x07bundle.run.job import Job
from x07bundle.vm.job import GUEST_IN, GUEST_OUT

RUNNER: Final = "/usr/local/bin/x07-os-runner"
COMPILED: Final = "compiled-out"
"""In the folder that comes out of the build."""
POLICY: Final = "policy.json"
ARTIFACT: Final = "artifact"
CONSENT: Final = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
"""Inside the boundary the guest's kernel confines as well."""


def build_words(job: Job, sources: Sources) -> tuple[str, ...]:
    """Compiles; runs nothing."""
    limits = job.limits
    roots = (f"{GUEST_IN}/{root}" for root in sources.roots)
    return (
        RUNNER,
        "--cc-profile", job.cc_profile,
        "--world", SANDBOXED,
        *CONSENT,
        "--max-c-bytes", str(job.options.max_c_bytes),
        "--policy", f"{GUEST_IN}/{POLICY}",
        "--solve-fuel", str(limits.solve_fuel),
        "--max-memory-bytes", str(limits.max_memory_bytes),
        "--max-output-bytes", str(limits.max_output_bytes),
        "--cpu-time-limit-seconds", str(limits.cpu_time_limit_seconds),
        "--compiled-out", f"{GUEST_OUT}/{COMPILED}",
        "--compile-only",
        *(("--auto-ffi",) if job.auto_ffi else ()),
        "--program", f"{GUEST_IN}/{ENTRY}",
        *(word for root in roots for word in ("--module-root", root)),
    )  # fmt: skip
