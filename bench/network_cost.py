"""(g) What the network costs: echoes of TCP by a sandboxed bundle and by C, on loopback.

The bundle has all layers; what the policy decides, and starting, is counted.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.clock import command, interleave
from bench.figures import Figure
from bench.workshop import HERE, KERNELS, Workshop, output_of
from x07bundle.packages import HERE as PACKAGES
from x07bundle.policy.templates import base_policy

REPETITIONS: Final = 20
ECHO_TARGET: Final = 1.2
MODULES: Final = ("ext-net/0.1.11/modules", "ext-sockets-c/0.1.6/modules")


def measure(workshop: Workshop) -> Iterator[Figure]:
    server = workshop.tool("echoes")
    with running(server) as port:
        yield _echoes(workshop, port)


@contextlib.contextmanager
def running(server: Path) -> Iterator[str]:
    """The port of a server."""
    with subprocess.Popen([server], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _policy(folder: Path, port: str) -> tuple[str, ...]:
    document = json.loads(base_policy("http-client"))
    document["net"]["allow_hosts"] = [{"host": "127.0.0.1", "ports": [int(port)]}]
    (folder / "network.json").write_text(json.dumps(document))
    backend = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
    return ("--world", "run-os-sandboxed", "--policy", str(folder / "network.json"), *backend)


def _echoes(workshop: Workshop, port: str) -> Figure:
    bundled, by_c = workshop.folder / "echo-x07", workshop.folder / "echo-c"
    roots = [word for root in (KERNELS, *(PACKAGES / name for name in MODULES))
             for word in ("--module-root", root)]  # fmt: skip
    source = HERE / "network" / "echo.x07.json"
    workshop.bundle_program(source, bundled, *roots, *_policy(workshop.folder, port))()
    workshop.compile_c(HERE / "network" / "echo.c", by_c)()
    if output_of(bundled, port) != output_of(by_c, port):
        raise SystemExit("error: the echoes of the bundle and of C differ")
    actions = {"x07": command((bundled, port)), "c": command((by_c, port))}
    spent = interleave(actions, REPETITIONS)
    ratio = spent["x07"].least_ms / spent["c"].least_ms
    detail = f"run-os-sandboxed {spent['x07']}; C {spent['c']}"
    return Figure("(g) 10,000 TCP echoes of 64 bytes", ratio, ECHO_TARGET, detail=detail)
