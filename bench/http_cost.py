"""(h) What HTTP costs: a body into a file by a sandboxed bundle and by `curl`, on loopback.

The bundle has all layers; what the policy decides, and starting, is counted on both sides.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.clock import command, interleave
from bench.figures import Figure
from bench.network_cost import running
from bench.workshop import HERE, Workshop, output_of
from x07bundle.packages import HERE as PACKAGES
from x07bundle.policy.templates import base_policy

MODULES: Final = ("ext-net/0.1.11/modules", "ext-curl-c/0.1.6/modules")
SMALL_BYTES: Final = 1 << 10
LARGE_BYTES: Final = 100 << 20


def measure(workshop: Workshop) -> Iterator[Figure]:
    """Nothing where there is no `curl` to measure against."""
    curl = shutil.which("curl")
    if curl is None:
        return
    with running(workshop.tool("pages")) as port:
        bundled = _bundled(workshop, port)
        both = (bundled, Path(curl))
        yield _fetches(workshop, both, f"http://127.0.0.1:{port}/{SMALL_BYTES}", 100, 1.2, "1 KiB")
        yield _fetches(
            workshop, both, f"http://127.0.0.1:{port}/{LARGE_BYTES}", 15, 1.05, "100 MiB"
        )


def _bundled(workshop: Workshop, port: str) -> Path:
    program, policy = workshop.folder / "fetch", workshop.folder / "http.json"
    document = json.loads(base_policy("http-client"))
    document["net"]["allow_hosts"] = [{"host": "127.0.0.1", "ports": [int(port)]}]
    policy.write_text(json.dumps(document))
    roots = [word for name in MODULES for word in ("--module-root", PACKAGES / name)]
    world = ("--world", "run-os-sandboxed", "--policy", str(policy))
    backend = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
    source = HERE / "network" / "fetch.x07.json"
    workshop.bundle_program(source, program, *roots, *world, *backend)()
    (workshop.folder / "out").mkdir(exist_ok=True)  # another part may have made it
    return program


def _fetches(
    workshop: Workshop, both: tuple[Path, Path], url: str, turns: int, target: float, size: str
) -> Figure:
    bundled, curl = both
    folder = workshop.folder
    if output_of(bundled, url, cwd=folder).decode() != url.rpartition("/")[2]:
        raise SystemExit(f"error: the bundle does not get {size}")
    actions = {
        "x07": command((bundled, url), folder),
        "curl": command((curl, "-q", "-s", "-o", "out/by-curl", url), folder),
    }
    spent = interleave(actions, turns)
    ratio = spent["x07"].least_ms / spent["curl"].least_ms
    detail = f"run-os-sandboxed {spent['x07']}; curl {spent['curl']}"
    return Figure(f"(h) GET of {size} by HTTP into a file", ratio, target, detail=detail)
