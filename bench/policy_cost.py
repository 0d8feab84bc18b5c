"""(f) What policies cost: the same programs bundled for `run-os-sandboxed` and for `run-os`.

The sandboxed ones have all layers, checks of their own runtime and the kernel's alike.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.clock import Action, command, interleave
from bench.figures import Figure
from bench.hello_world import compared
from bench.workshop import HERE, KERNELS, Workshop, output_of
from x07bundle.policy.templates import base_policy

REPETITIONS: Final = 40
LARGE_BYTES: Final = 1 << 20
LARGE_FILES: Final = 64
"""Read in turn: a program that reads a file finds it in memory at best, not in the processor."""
SMALL_BYTES: Final = 4096
SMALL_FILES: Final = 10_000
START_TARGET: Final = 1.5


class Work(NamedTuple):
    """`rounds`: how often the program of that name does it, in one run of it.

    `needs`: the sections of the policy that must be other than those of a command-line tool.
    """

    program: str
    what: str
    rounds: int
    target: float
    needs: Mapping[str, Any]


PROCESSES: Final[dict[str, Any]] = {
    "allow_spawn": True,
    "allow_exec": True,
    "allow_execs": ["./nothing"],
    "max_live": 4,
    "max_spawns": 1024,
    "max_runtime_ms": 60_000,
}
WORKS: Final = (
    Work("read", "reading a file of 1 MiB", 10 * LARGE_FILES, 1.05, {}),
    Work("opens", "10,000 opens of small files", SMALL_FILES, 1.3, {}),
    Work("spawn", "spawning a process", 30, 1.3, {"process": PROCESSES}),
)


def measure(workshop: Workshop) -> Iterator[Figure]:
    _write_files(workshop.folder)
    workshop.tool("nothing")
    for work in WORKS:
        yield _ratio(workshop, work)
    yield _start(workshop)


def _write_files(folder: Path) -> None:
    for kind, count, size in (
        ("large", LARGE_FILES, LARGE_BYTES),
        ("small", SMALL_FILES, SMALL_BYTES),
    ):
        (folder / kind).mkdir()
        for index in range(count):
            (folder / kind / str(index)).write_bytes(b"x" * size)


def _policy(folder: Path, needs: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of a bundle with the policy of a command-line tool, some sections changed."""
    document: dict[str, Any] = json.loads(base_policy("cli"))
    for section, members in needs.items():
        document[section] |= members
    (folder / "policy.json").write_text(json.dumps(document))
    backend = ("--sandbox-backend", "os", "--i-accept-weaker-isolation")
    return ("--world", "run-os-sandboxed", "--policy", str(folder / "policy.json"), *backend)


def _ratio(workshop: Workshop, work: Work) -> Figure:
    folder = workshop.folder
    source = HERE / "policies" / f"{work.program}.x07.json"
    free, bound = folder / f"{work.program}-free", folder / f"{work.program}-bound"
    roots = ("--module-root", KERNELS)
    workshop.bundle_program(source, free, *roots)()
    workshop.bundle_program(source, bound, *roots, *_policy(folder, work.needs))()
    rounds = str(work.rounds)
    if output_of(free, rounds, cwd=folder) != output_of(bound, rounds, cwd=folder):
        raise SystemExit(f"error: `{work.program}` gives different results under the policy")
    actions = {"free": command((free, rounds), folder), "bound": command((bound, rounds), folder)}
    witnesses = _witnesses(workshop) if work.program == "opens" else {}
    spent = interleave(actions | witnesses, REPETITIONS)
    ratio = spent["bound"].least_ms / spent["free"].least_ms
    detail = f"run-os-sandboxed {spent['bound']}; run-os {spent['free']}"
    if witnesses:
        kernel = spent["confined"].least_ms / spent["plain"].least_ms
        detail += f"; the kernel's part, by the same calls from C: {kernel:.2f}"
    return Figure(f"(f) {work.what}, with a policy", ratio, work.target, detail=detail)


def _witnesses(workshop: Workshop) -> dict[str, Action]:
    """What a runtime takes that has no time of its own, in a sandbox and without one (decision
    0021). None where this kernel lacks a layer."""
    opens, folder = workshop.tool("opens"), workshop.folder
    plain = (opens, str(SMALL_FILES))
    confined = (*plain, "confined")
    can = subprocess.run(confined, cwd=folder, check=False, capture_output=True).returncode == 0
    return {"plain": command(plain, folder), "confined": command(confined, folder)} if can else {}


def _start(workshop: Workshop) -> Figure:
    folder = workshop.folder
    hello = HERE / "hello" / "x07.json"
    free, bound = folder / "hello-free", folder / "hello-bound"
    workshop.bundle(hello, free)()
    workshop.bundle(hello, bound, *_policy(folder, {}))()
    name = "(f) start of the bundled hello, with a policy"
    return compared(name, workshop, START_TARGET, {"run-os-sandboxed": bound, "run-os": free})
