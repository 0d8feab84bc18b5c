"""Runs in guests, with a docker that is a script: the guest that compiles says what a test wants,
and the program that it leaves is a script, too.
"""

import base64
import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.fakes import docker_guests, engines
from tests.unit.cli.commands import X07, environment
from x07bundle.contract.compile_report import CompileResult
from x07bundle.project.init import create
from x07bundle.run.report import OS_REPORT

CONFIG: Final = "sha256:" + "c" * 64
POLICY: Final = ".x07/policies/base/cli.sandbox.base.policy.json"
METRICS: Final = 'echo \'{"fuel_used":1,"heap_used":2}\' >&2\n'
"""What every program says at its end."""
ECHO: Final = f"{METRICS}exec /bin/cat"
"""A program that returns its input: both are frames."""
SOLVED: Final = ("--input-b64", base64.b64encode(b"hello").decode())
"""What gives a program an input."""
COMPILED: Final = "/x07/out/compiled-out"
FOLDERS: Final = docker_guests.begins({"in": "/x07/in,readonly", "out": "/x07/out"})
SEED: Final = "'run '*' --program /x07/in/program.x07.json'"
BUILD: Final = "'run '*' --program /x07/in/program/main.x07.json'*"
PROGRAM: Final = "'run '*' /x07/in/artifact'"
INSPECT: Final = "'image inspect '*"
KINDS: Final = {"/x07/in/program.x07.json": "seed", "/x07/in/artifact": "program"}
"""The last word of a guest's command; that of a compilation is another one."""


def report(**changed: object) -> dict[str, Any]:
    """What the runner in a guest says of a program that compiled."""
    compiled = CompileResult(
        0, "run-os-sandboxed", c_source_size=7, compiled_exe=COMPILED, fuel_used=3
    )
    return {
        "compile": compiled.as_json(),
        "exit_code": 0,
        "mode": "compile-run",
        "sandbox_backend": "os",
        "schema_version": OS_REPORT,
        "solve": None,
        "solve_output_b64": "",
        "world": "run-os-sandboxed",
        **changed,
    }


def refusal(error: str) -> dict[str, Any]:
    """The same of one that did not."""
    compiled = CompileResult(1, "run-os-sandboxed", compile_error=error)
    return report(compile=compiled.as_json(), exit_code=1)


class Ran(NamedTuple):
    status: int
    stdout: bytes
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        found = json.loads(self.stdout)
        assert isinstance(found, dict)
        return found

    @property
    def output(self) -> bytes:
        return base64.b64decode(self.report["solve_output_b64"])


class Guests(NamedTuple):
    """A project, a docker, and a cache of their own."""

    folder: Path
    engine: engines.Engine

    def answers(
        self,
        said: object = None,
        program: str | None = ECHO,
        cases: Mapping[str, str] | None = None,
        before: str = "",
    ) -> None:
        """`said`: of the guest that compiles, JSON or bytes. `program`: what it leaves; None is
        nothing. `before`: what that guest does first.
        """
        text = said if isinstance(said, str) else json.dumps(said or report())
        build = [FOLDERS, before, self.engine.says(text)]
        if program is not None:
            build.append(f'{self._program(program)} >"$out/compiled-out"')
        own = {
            SEED: f'{FOLDERS}/bin/mkdir -p "$out/cache"; echo seed >"$out/cache/made"',
            BUILD: "\n".join(build),
            PROGRAM: f'{FOLDERS}exec "$in/artifact"',
            INSPECT: self.engine.says(engines.docker_image(CONFIG)),
        }
        docker_guests.answers(self.engine, own, cases or {})

    def _program(self, script: str) -> str:
        return self.engine.says(f"#!/bin/sh\n{script}\n")

    @property
    def asked(self) -> list[str]:
        return self.engine.commands

    @property
    def started(self) -> list[str]:
        """Which guests, in their order."""
        ends = [line.rsplit(" ", 1)[1] for line in self.engine.asked if line.startswith("run ")]
        return [KINDS.get(end, "build") for end in ends]

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": str(self.engine.bin),
            "HOME": str(self.folder.parent),
            "X07_CACHE_DIR": str(self.folder.parent / "cache"),
            "X07_VM_STATE_DIR": str(self.folder.parent / "state/jobs"),
            "X07_VM_BACKEND": "docker",
            "X07_I_ACCEPT_WEAKER_ISOLATION": "1",
        }

    def run(self, *flags: str, without: tuple[str, ...] = (), **more: str) -> Ran:
        return self.call((*X07, "run", "--profile", "sandbox", *flags), without, more)

    def os_runner(self, *flags: str) -> Ran:
        words = ("--project", "x07.json", "--world", "run-os-sandboxed", "--policy", POLICY)
        return self.call((*X07[:2], "x07bundle.cli.os_runner", *words, *flags))

    def call(
        self,
        words: tuple[str, ...],
        without: tuple[str, ...] = (),
        more: Mapping[str, str] | None = None,
    ) -> Ran:
        variables = {**self.env, **(more or {})}
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=environment(**{k: v for k, v in variables.items() if k not in without}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode("utf-8", "surrogateescape"))

    def edit(self, section: str, **fields: object) -> None:
        """Of the policy."""
        path = self.folder / POLICY
        document = json.loads(path.read_text())
        document[section] |= fields
        path.write_text(json.dumps(document))

    def left(self) -> list[str]:
        """Jobs whose folder is still there, a moment after they ended."""
        end = time.monotonic() + 10
        while (found := self._jobs()) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def _jobs(self) -> list[str]:
        state = self.folder.parent / "state/jobs"
        names = [path.name for path in state.iterdir()] if state.exists() else []
        return sorted(name for name in names if not name.startswith("."))


def guests(folder: Path) -> Guests:
    """With a project that has a sandbox's policy."""
    from x07bundle.policy.templates import base_policy

    create(folder / "demo")
    policy = folder / "demo" / POLICY
    policy.parent.mkdir(parents=True)
    policy.write_bytes(base_policy("cli"))
    made = Guests(folder / "demo", engines.engine(folder, "docker"))
    made.answers()
    return made
