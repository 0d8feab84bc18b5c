"""Every denial of the product as a case: a policy, and an operation that it denies.

The program is one of X07: its input says which operation, and on what.
"""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.bundling import module
from tests.unit.runtime.file_calls import ALLOW_SYMLINKS, CAPS, PLAIN
from tests.unit.runtime.file_calls import caps as file_caps
from tests.unit.runtime.processes import caps as process_caps
from tests.unit.runtime.processes import request
from x07bundle.policy.explain import Question

Expression = list[Any]


class Case(NamedTuple):
    """`fields` are those of the policy that differ from the usual one."""

    operation: str
    target: str | bytes
    fields: dict[str, object]
    data: bytes = b""
    caps: bytes = PLAIN
    asked: Question | None = None


# -- the program


def _both(first: Expression, second: Expression) -> Expression:
    return ["begin", ["let", "first", first], ["let", "second", second], ["bytes.empty"]]


def _one(expression: Expression) -> Expression:
    return ["begin", ["let", "done", expression], ["bytes.empty"]]


COPY: Final[Expression] = ["view.to_bytes", ["bytes.view", "a"]]
COPY_OF_CAPS: Final[Expression] = ["view.to_bytes", ["bytes.view", "c"]]

OPERATIONS: Final[dict[str, Expression]] = {
    "os.fs.read_file": _one(["os.fs.read_file", "a"]),
    "os.fs.write_file": _one(["os.fs.write_file", "a", "d"]),
    "os.fs.read_all_v1": _one(["os.fs.read_all_v1", "a", "c"]),
    "os.fs.write_all_v1": _one(["os.fs.write_all_v1", "a", "d", "c"]),
    "os.fs.append_all_v1": _one(["os.fs.append_all_v1", "a", "d", "c"]),
    "os.fs.mkdirs_v1": _one(["os.fs.mkdirs_v1", "a", "c"]),
    "os.fs.remove_file_v1": _one(["os.fs.remove_file_v1", "a", "c"]),
    "os.fs.remove_dir_all_v1": _one(["os.fs.remove_dir_all_v1", "a", "c"]),
    "os.fs.rename_v1": _one(["os.fs.rename_v1", "a", "d", "c"]),
    "os.fs.stat_v1": _one(["os.fs.stat_v1", "a", "c"]),
    "os.fs.list_dir_sorted_text_v1": _one(["os.fs.list_dir_sorted_text_v1", "a", "c"]),
    "os.fs.walk_glob_sorted_text_v1": _one(["os.fs.walk_glob_sorted_text_v1", "a", "d", "c"]),
    "os.fs.stream_open_read_v1": _one(["os.fs.stream_open_read_v1", "a", "c"]),
    "os.fs.stream_open_write_v1": _one(["os.fs.stream_open_write_v1", "a", "c"]),
    "os.fs.stream_write_all_v1": _both(
        ["os.fs.stream_open_write_v1", "a", "c"],
        ["os.fs.stream_write_all_v1", 1, ["bytes.view", "d"]],
    ),
    "os.env.get": _one(["os.env.get", "a"]),
    "os.time.now_unix_ms": _one(["os.time.now_unix_ms"]),
    "os.time.now_instant_v1": _one(["os.time.now_instant_v1"]),
    "os.time.local_tzid_v1": _one(["os.time.local_tzid_v1"]),
    "os.time.sleep_ms_v1": _one(["os.time.sleep_ms_v1", 50]),
    "os.process.exit": ["os.process.exit", 0],
    "os.process.run_capture_v1": _one(["os.process.run_capture_v1", "a", "c"]),
    "os.process.spawn_capture_v1": _both(
        ["os.process.spawn_capture_v1", COPY, COPY_OF_CAPS],
        ["os.process.spawn_capture_v1", "a", "c"],
    ),
    "os.process.spawn_piped_v1": _one(["os.process.spawn_piped_v1", "a", "c"]),
    "os.process.stdin_write_v1": [
        "begin",
        ["let", "p", ["os.process.spawn_piped_v1", "a", "c"]],
        _one(["os.process.stdin_write_v1", "p", "d"]),
    ],
}  # fmt: skip


def _chosen(names: list[str], number: int) -> Expression:
    if number == len(names):
        return ["bytes.lit", "no such operation"]
    body = OPERATIONS[names[number]]
    return ["if", ["=", "op", number], body, _chosen(names, number + 1)]


def program() -> dict[str, Any]:
    """Its input: the number of an operation, then blobs `a`, `d` and `c`, each with its length."""
    solve: Expression = ["begin", ["let", "op", ["view.get_u8", "input", 0]], ["let", "at", 1]]
    for name in ("a", "d", "c"):
        start = ["+", "at", 4]
        length = ["codec.read_u32_le", "input", "at"]
        solve.append(["let", f"{name}_len", length])
        solve.append(
            ["let", name, ["view.to_bytes", ["view.slice", "input", start, f"{name}_len"]]]
        )
        solve.append(["set", "at", ["+", start, f"{name}_len"]])
    return module([*solve, _chosen(list(OPERATIONS), 0)])


def encoded(case: Case) -> bytes:
    """A frame of its input."""
    target = case.target.encode() if isinstance(case.target, str) else case.target
    blobs = [struct.pack("<I", len(blob)) + blob for blob in (target, case.data, case.caps)]
    body = bytes([list(OPERATIONS).index(case.operation)]) + b"".join(blobs)
    return struct.pack("<I", len(body)) + body


# -- where it runs


def prepare(folder: Path) -> None:
    for name in ("data/deep/er", "out/full", "secret", "bin", "out/.kept"):
        (folder / name).mkdir(parents=True)
    for name in ("data/a", "data/b", "secret/a", "out/full/.hidden", ".env"):
        (folder / name).write_bytes(b"hello")
    (folder / "data/link").symlink_to("a")
    (folder / "data/away").symlink_to("../secret/a")
    (folder / "data/up").symlink_to("../out")
    os.mkfifo(folder / "data/pipe")
    (folder / "data/twin").hardlink_to(folder / "secret/a")
    (folder / "bin/away").symlink_to("/bin/true")
    for name, line in {"script": "#!/bin/sh\n", "linked": "#!bin/away\n"}.items():
        (folder / "bin" / name).write_text(line)
        (folder / "bin" / name).chmod(0o755)


POLICY: Final[dict[str, object]] = {
    "fs.enabled": True,
    "fs.read_roots": ["data"],
    "fs.write_roots": ["out"],
    "fs.allow_mkdir": True,
    "fs.allow_remove": True,
    "fs.allow_rename": True,
    "fs.allow_walk": True,
    "fs.allow_glob": True,
    "env.enabled": True,
    "env.allow_keys": ["LANG", "TOKEN"],
    "env.deny_keys": ["TOKEN"],
    "time.allow_sleep": True,
    "time.max_sleep_ms": 20,
    "process.allow_spawn": True,
    "process.allow_exec": True,
    "process.allow_execs": ["/bin/cat", "/bin/true"],
    "process.allow_exec_prefixes": ["bin/"],
    "process.allow_args_regex_lite": ["-.*"],
    "process.allow_env_keys": ["LANG"],
    "process.max_live": 2,
    "process.max_spawns": 4,
    "process.max_runtime_ms": 1000,
    "process.max_stdin_bytes": 4,
    "process.allow_cwd": True,
    "process.allow_cwd_roots": ["data"],
}
"""What the usual policy has beside the template `cli`."""


# -- the cases


def _read(target: str, *, folder: bool = False) -> Question:
    return Question("read", target, folder)


def _write(target: str, *, folder: bool = False) -> Question:
    return Question("write", target, folder)


def _files() -> list[Case]:
    off: dict[str, object] = {"fs.enabled": False}
    blocked: dict[str, object] = {
        "threads": {"enabled": True, "max_workers": 0, "max_blocking": 0, "max_queue": 0}
    }
    few: dict[str, object] = {"fs.max_entries": 1, "fs.max_depth": 1, "fs.max_write_bytes": 4}
    followed: dict[str, object] = {"fs.allow_symlinks": True}
    return [
        Case("os.fs.read_file", "data/a", off, asked=_read("data/a")),
        Case("os.fs.read_file", "data/a", blocked),
        Case("os.fs.read_file", "secret/a", {}, asked=_read("secret/a")),
        Case("os.fs.read_file", 'a "b"\t', {}, asked=_read('a "b"\t')),
        Case("os.fs.read_file", "a;b", {}, asked=_read("a;b")),
        Case("os.fs.read_file", "data/.env", {}, asked=_read("data/.env")),
        Case("os.fs.read_file", "data/link", {}, asked=_read("data/link")),
        Case("os.fs.read_file", "data/twin", {}, asked=_read("data/twin")),
        Case("os.fs.read_file", "data/a", {"fs.max_read_bytes": 3}),
        Case("os.fs.write_file", "tmp/a", {}, asked=_write("tmp/a")),
        Case("os.fs.write_file", "out/.env", {}, asked=_write("out/.env")),
        Case("os.fs.write_file", "out/a", few, data=b"hello"),
        Case("os.fs.write_file", "out/a", off, asked=_write("out/a")),
        Case("os.fs.write_file", "out/a", blocked),
        Case("os.fs.read_all_v1", "data/a", off, asked=_read("data/a")),
        Case("os.fs.read_all_v1", "/etc/passwd", {}, asked=_read("/etc/passwd")),
        Case("os.fs.read_all_v1", "data/.env", {}, asked=_read("data/.env")),
        Case("os.fs.read_all_v1", "data/link", {}, asked=_read("data/link")),
        Case("os.fs.read_all_v1", "data/away", followed, asked=_read("data/away")),
        Case("os.fs.read_all_v1", "data/twin", {}, asked=_read("data/twin")),
        Case("os.fs.read_all_v1", "data/pipe", {}, asked=_read("data/pipe")),
        Case("os.fs.read_all_v1", "data/a", {"fs.max_read_bytes": 3}, caps=CAPS),
        Case("os.fs.read_all_v1", "data/a", {}, caps=file_caps(ALLOW_SYMLINKS)),
        Case("os.fs.write_all_v1", "out/new/a", {"fs.allow_mkdir": False}, caps=CAPS),
        Case("os.fs.write_all_v1", "out/a", {"fs.allow_rename": False}, caps=CAPS),
        Case("os.fs.write_all_v1", "out/a", few, data=b"hello"),
        Case("os.fs.append_all_v1", "log", {}, asked=_write("log")),
        Case("os.fs.mkdirs_v1", "out/new", {"fs.allow_mkdir": False}),
        Case("os.fs.mkdirs_v1", "new", {}, asked=_write("new", folder=True)),
        Case("os.fs.remove_file_v1", "out/a", {"fs.allow_remove": False}),
        Case("os.fs.remove_file_v1", "data/a", {}, asked=_write("data/a")),
        Case("os.fs.remove_dir_all_v1", "out", {}),
        Case("os.fs.remove_dir_all_v1", "out/full", {}),
        Case("os.fs.rename_v1", "out/a", {"fs.allow_rename": False}, data=b"out/b"),
        Case("os.fs.rename_v1", "out/full", {}, data=b"data/full"),
        Case("os.fs.stat_v1", "secret/a", {}, asked=_read("secret/a")),
        Case("os.fs.list_dir_sorted_text_v1", "data", {"fs.allow_walk": False}),
        Case("os.fs.list_dir_sorted_text_v1", ".", {}, asked=_read(".", folder=True)),
        Case("os.fs.list_dir_sorted_text_v1", "data", few, caps=CAPS),
        Case("os.fs.walk_glob_sorted_text_v1", "data", {"fs.allow_glob": False}, data=b"**"),
        Case("os.fs.walk_glob_sorted_text_v1", "data", few | {"fs.max_entries": 99}, data=b"**/z"),
        Case("os.fs.stream_open_read_v1", "secret/a", {}, asked=_read("secret/a")),
        Case("os.fs.stream_open_write_v1", "data/a", {}, asked=_write("data/a")),
        Case("os.fs.stream_write_all_v1", "out/a", few, data=b"hello"),
    ]


VARIABLE: Final = Question("env", "X07_OS_FS")


def _services() -> list[Case]:
    return [
        Case("os.env.get", "HOME", {"env.enabled": False}, asked=Question("env", "HOME")),
        Case("os.env.get", "HOME", {}, asked=Question("env", "HOME")),
        Case("os.env.get", "TOKEN", {}, asked=Question("env", "TOKEN")),
        Case("os.env.get", "X07_OS_FS", {"env.allow_keys": ["X07_OS_FS"]}, asked=VARIABLE),
        Case("os.env.get", "", {}, asked=Question("env", "")),
        Case("os.env.get", "A=B", {}, asked=Question("env", "A=B")),
        Case("os.env.get", b"A\xff", {}),
        Case("os.time.now_unix_ms", "", {"time.enabled": False}),
        Case("os.time.now_unix_ms", "", {"time.allow_wall_clock": False}),
        Case("os.time.now_instant_v1", "", {"time.allow_wall_clock": False}),
        Case("os.time.local_tzid_v1", "", {}),
        Case("os.time.sleep_ms_v1", "", {"time.allow_sleep": False}),
        Case("os.time.sleep_ms_v1", "", {}),
        Case("os.process.exit", "", {"process.enabled": False}),
        Case("os.process.exit", "", {"process.allow_exit": False}),
    ]


def _process(
    *args: str,
    fields: dict[str, object] | None = None,
    caps: bytes = process_caps(),
    explained: bool = False,
    operation: str = "os.process.run_capture_v1",
    **more: Any,  # noqa: ANN401  what requests have
) -> Case:
    data = more.pop("data", b"")
    asked = Question("exec", args[0]) if explained else None
    return Case(operation, request(*args, **more), fields or {}, data, caps, asked)


NO_PROGRAMS: Final[dict[str, object]] = {
    "process.allow_spawn": False,
    "process.allow_exec": False,
    "process.allow_execs": [],
    "process.allow_exec_prefixes": [],
    "process.max_live": 0,
    "process.max_spawns": 0,
    "process.max_runtime_ms": 0,
}
NO_FOLDERS: Final[dict[str, object]] = {
    "process.allow_cwd": False,
    "process.allow_cwd_roots": [],
}


def _processes() -> list[Case]:
    small: Callable[[str], dict[str, object]] = lambda name: {f"process.max_{name}": 3}  # noqa: E731
    twice = "os.process.spawn_capture_v1"
    off: dict[str, object] = {"process.enabled": False}
    no_spawn: dict[str, object] = {"process.allow_spawn": False}
    no_exec: dict[str, object] = {"process.allow_exec": False}
    return [
        _process("/bin/cat", fields=off, explained=True),
        _process("/bin/cat", fields=no_spawn, explained=True),
        _process("/bin/cat", fields=NO_PROGRAMS, explained=True),
        _process("/bin/c;t", fields=NO_PROGRAMS, explained=True),
        _process('tools/"a\t\\', explained=True),
        _process("/bin/cat", fields=no_exec, explained=True),
        _process("/bin/sh", explained=True),
        _process("bin/../../bin/sh", explained=True),
        _process("bin/away", explained=True),
        _process("bin/script", explained=True),
        _process("bin/linked", fields={"process.allow_args_regex_lite": []}, explained=True),
        _process("/bin/cat", fields=small("exe_bytes"), explained=True),
        _process("/bin/true", "secret/a*"),
        _process("/bin/true", 'é.t\\"'),
        _process("/bin/true", "a" * 257),
        _process("/bin/true", ""),
        _process("/bin/true", "-a", "-b", "-c", fields=small("args")),
        _process("/bin/true", "-abcdefghi", fields={"process.max_arg_bytes": 9}),
        _process("/bin/true", *["-"] * 120, fields={"process.max_args": 2}),
        _process("/bin/true", env={"PATH": "/bin"}),
        _process("/bin/true", env={"A;B": ""}),
        _process("/bin/true", env={"LANG": "C"}, fields=small("env_key_bytes")),
        _process("/bin/true", env={"LANG": "C.UTF-8"}, fields=small("env_val_bytes")),
        _process("/bin/true", env=[("LANG", "C")] * 4, fields=small("env")),
        _process("/bin/true", cwd="out"),
        _process("/bin/true", cwd="data/.git"),
        _process("/bin/true", cwd="data/../out"),
        _process("/bin/true", cwd="data", fields={"process.allow_cwd": False}),
        _process("/bin/true", cwd="data", fields=NO_FOLDERS),
        _process("/bin/cat", stdin=b"hello"),
        _process("/bin/true", caps=process_caps(timeout_ms=2000)),
        _process("/bin/true", caps=process_caps(timeout_ms=600_001)),
        _process("/bin/true", fields=small("stdout_bytes"), caps=process_caps(4, 1, 0, 5)),
        _process("/bin/true", fields=small("stderr_bytes"), caps=process_caps(1, 4, 0, 5)),
        _process("/bin/true", fields=small("total_bytes"), caps=process_caps(3, 1, 0, 4)),
        _process("/bin/cat", fields={"process.max_live": 1}, operation=twice),
        _process("/bin/cat", fields={"process.max_spawns": 1}, operation=twice),
        _process("/bin/sh", operation="os.process.spawn_piped_v1", explained=True),
        _process("/bin/cat", operation="os.process.stdin_write_v1", data=b"hello"),
        _process("/bin/true", cwd="data/up"),
    ]  # fmt: skip


HOSTS: Final = [{"host": "api.example", "ports": [443]}, {"host": "10.0.0.0/8", "ports": [80]}]
NETWORK: Final[dict[str, object]] = {
    "net.enabled": True,
    "net.allow_tcp": True,
    "net.allow_dns": True,
    "net.allow_hosts": HOSTS,
}


def of_the_network() -> list[tuple[dict[str, object], Question]]:
    """What only `explain` says: programs of this version have no heads that would ask."""
    return [
        ({}, Question("connect", "api.example:443")),
        ({"net.enabled": True}, Question("connect", "api.example:443")),
        (NETWORK | {"net.allow_hosts": []}, Question("connect", "api.example:443")),
        (NETWORK | {"net.allow_dns": False}, Question("connect", "api.example:443")),
        (NETWORK, Question("connect", "other.example:443")),
        (NETWORK, Question("connect", "api.example:80")),
        (NETWORK, Question("connect", "[::1]:443")),
        (NETWORK, Question("connect", "*.example:443")),
        (NETWORK, Question("connect", "https://me@api.example/")),
        (NETWORK, Question("connect", "api.example")),
        (NETWORK, Question("connect", "127.1:80")),
        (NETWORK, Question("send", "10.0.0.1:80")),
        (NETWORK, Question("listen", "api.example:443")),
        (NETWORK, Question("listen", "127.0.0.1:8080")),
    ]


def cases() -> list[Case]:
    return [*_files(), *_services(), *_processes()]
