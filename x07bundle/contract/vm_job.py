"""`job.json` of a VM job: `x07.vm.job@0.2.0` (contract/vm.md §6), with the plan that ends it.

It is written before a guest is started. Whoever replays it knows nothing of backends, so a job of
another version of this tool can be ended, too.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.files import json_pretty

SCHEMA_VERSION: Final = "x07.vm.job@0.2.0"
INPUTS: Final = "in"
"""The folder of a job that its guest has as `/x07/in`. The guest ends once that is empty."""
MOST_ID_CHARS: Final = 128
MOST_MS: Final = 1 << 53
is_id = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}").fullmatch
"""Run ids and container ids. None of them looks like an option or leaves its folder."""

Commands = tuple[tuple[str, ...], ...]


class KillPlan(NamedTuple):
    """What ends a guest, as commands: written to the job's file before it starts, and replayed by
    the reaper and the sweep, which know nothing of backends.

    `probe`: fails when the guest is gone. `env`: of all of them.
    """

    soft: Commands
    hard: Commands
    cleanup: Commands
    probe: tuple[str, ...]
    env: Mapping[str, str] = {}


class JobRecord(NamedTuple):
    """`host`: the name of the machine whose processes and engines these are. `pid`: of a process
    that is the guest (vz, qemu), and when it started.
    """

    run_id: str
    backend: str
    container_id: str
    created_unix_ms: int
    deadline_unix_ms: int
    grace_ms: int
    cleanup_ms: int
    plan: KillPlan
    host: str = ""
    pid: int | None = None
    pid_started: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": self.run_id,
            "backend": self.backend,
            "container_id": self.container_id,
            "pid": self.pid,
            "created_unix_ms": self.created_unix_ms,
            "deadline_unix_ms": self.deadline_unix_ms,
            "grace_ms": self.grace_ms,
            "cleanup_ms": self.cleanup_ms,
            "ctr": None,
            "pid_started": self.pid_started,
            "host": self.host,
            "kill_plan": {
                "soft": self.plan.soft,
                "hard": self.plan.hard,
                "cleanup": self.plan.cleanup,
                "probe": self.plan.probe,
                "env": dict(self.plan.env),
            },
        }


def dump(record: JobRecord) -> bytes:
    return json_pretty(record.as_json())


def read(data: bytes) -> JobRecord:
    """Raises ValueError, with a reason, for what is no job file of this version."""
    found = strict_json.read(data)
    if found.problems:
        raise ValueError(found.problems[0])
    document = _Members(found.value, "the file")
    if document.text("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"its schema_version is not `{SCHEMA_VERSION}`")
    return JobRecord(
        run_id=document.id("run_id"),
        backend=document.text("backend"),
        container_id=document.id("container_id"),
        created_unix_ms=document.count("created_unix_ms"),
        deadline_unix_ms=document.count("deadline_unix_ms"),
        grace_ms=document.count("grace_ms"),
        cleanup_ms=document.count("cleanup_ms"),
        plan=_plan(_Members(document.value("kill_plan"), "`kill_plan`")),
        host=document.text("host"),
        pid=None if document.value("pid") is None else document.count("pid"),
        pid_started=None if document.value("pid_started") is None else document.text("pid_started"),
    )


def _plan(document: "_Members") -> KillPlan:
    env = _Members(document.value("env"), "`kill_plan.env`")
    return KillPlan(
        soft=document.commands("soft"),
        hard=document.commands("hard"),
        cleanup=document.commands("cleanup"),
        probe=_command(document.value("probe"), "probe"),
        env={name: env.text(name) for name in env.members},
    )


class _Members:
    """An object of the document. Every method raises ValueError for a member of another type."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{name} is not an object")
        self.members: dict[str, Any] = value

    def value(self, key: str) -> object:
        if key not in self.members:
            raise ValueError(f"`{key}` is missing")
        return self.members[key]

    def text(self, key: str) -> str:
        found = self.value(key)
        if not isinstance(found, str) or "\0" in found:
            raise ValueError(f"`{key}` is not a text")
        return found

    def id(self, key: str) -> str:
        found = self.text(key)
        if not is_id(found):
            raise ValueError(f"`{key}` cannot be an id")
        return found

    def count(self, key: str) -> int:
        found = self.value(key)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= MOST_MS:
            raise ValueError(f"`{key}` is not a whole number from 0 to 2^53")
        return found

    def commands(self, key: str) -> Commands:
        found = self.value(key)
        if not isinstance(found, list):
            raise ValueError(f"`{key}` is not a list of commands")
        return tuple(_command(each, key) for each in found)


def _command(value: object, key: str) -> tuple[str, ...]:
    is_list = isinstance(value, list) and len(value) > 0
    if not is_list or not all(isinstance(word, str) and "\0" not in word for word in value):  # type: ignore[attr-defined]
        raise ValueError(f"`{key}` holds what is no command")
    return tuple(value)  # type: ignore[arg-type]
