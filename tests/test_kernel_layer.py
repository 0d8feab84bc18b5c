"""What the kernel refuses a program with `language.allow_ffi`: the C code that it links with makes
system calls of its own, which no check of the runtime sees. A real project, run and bundled. Each
refusal is gone under the backend `none`, which takes the guards out."""

import base64
import errno
import json
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bundling import DEADLINE_SECONDS, Tool, argv_v1, write_project
from tests.unit.native.stub_sources import CC, needs_cc

pytestmark = [
    needs_cc,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines a process"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers are those of x86-64"),
]

SOURCE: Final = Path(__file__).parent / "foreign" / "raw_calls.c"
POLICY: Final = ".x07/policies/base/cli.sandbox.base.policy.json"
PROFILES: Final = {
    "os": {"world": "run-os"},
    "sandbox": {"world": "run-os-sandboxed", "policy": POLICY},
}
OK: Final = "ok"
SECRET: Final = "secret"
"""A folder that no policy here grants."""

EXTERN: Final = {
    "kind": "extern",
    "abi": "C",
    "name": "main.raw",
    "link_name": "raw_calls",
    "params": [
        {"name": "answers", "ty": "ptr_mut_u8"},
        {"name": "room", "ty": "i32"},
        {"name": "words", "ty": "ptr_const_u8"},
        {"name": "len", "ty": "i32"},
    ],
    "result": "i32",
}
ROOM: Final = 4096
CALL: Final = [
    "main.raw", ["bytes.as_mut_ptr", "out"], ROOM, ["view.as_ptr", "asked"], ["view.len", "asked"],
]  # fmt: skip
ARGUMENT: Final = [
    "begin",
    ["let", "from", ["+", 12, ["codec.read_u32_le", "input", 4]]],
    ["view.slice", "input", "from", ["-", ["view.len", "input"], "from"]],
]
"""The first argument behind the name, of argv_v1."""


def solve(asked: object) -> list[object]:
    return [
        "begin",
        ["let", "asked", asked],
        ["let", "out", ["bytes.alloc", ROOM]],
        ["let", "len", ["unsafe", CALL]],
        ["view.to_bytes", ["bytes.subview", "out", 0, "len"]],
    ]


@dataclass(frozen=True)
class Native:
    """A project whose program asks for what its input says, one line for each call."""

    tool: Tool
    is_bundled: bool = False

    @property
    def folder(self) -> Path:
        return self.tool.folder

    def grant(self, **sections: Mapping[str, object]) -> None:
        path = self.folder / POLICY
        document = json.loads(path.read_text())
        for section, fields in sections.items():
            document[section] |= fields
        path.write_text(json.dumps(document))

    def answers(self, *calls: str, backend: str = "os") -> tuple[str, ...]:
        """`ok`, or the name of an errno, for each call."""
        ask = self._of_bundle if self.is_bundled else self._of_run
        lines = ask("\n".join(calls), backend).decode().splitlines()
        return tuple(_name(int(line)) for line in lines)

    def _of_run(self, asked: str, backend: str) -> bytes:
        (self.folder / "in.bin").write_text(asked)
        report = self.report("--input", "in.bin", backend=backend)
        return base64.b64decode(report["solve_output_b64"])

    def report(self, *words: str, backend: str = "os") -> dict[str, Any]:
        done = self.tool("run", "--profile", "sandbox", "--sandbox-backend", backend, *words)
        assert done.returncode == 0, done.stderr.decode()
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def _of_bundle(self, asked: str, backend: str) -> bytes:
        self.tool.bundle("dist/app", "--profile", "sandbox", "--sandbox-backend", backend)
        done = subprocess.run(
            ["dist/app", asked],
            cwd=self.folder,
            env={"SHOWN": "a", "HIDDEN": SECRET},
            capture_output=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def _name(error: int) -> str:
    return errno.errorcode.get(error, str(error)) if error else OK


def _library(folder: Path) -> None:
    """The C code as a static library of the project."""
    assert CC is not None
    folder.mkdir()
    compiled = folder / "raw_calls.o"
    subprocess.run([CC, "-std=c11", "-O1", "-c", SOURCE, "-o", compiled], check=True)
    subprocess.run(["ar", "rcs", folder / "libraw.a", compiled], check=True)


def _project(folder: Path, cache: Path, asked: object) -> Tool:
    link = {"libs": ["raw"], "search_paths": ["native"]}
    write_project(folder, solve(asked), profiles=PROFILES, link=link)
    path = folder / "src" / "main.x07.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "decls": [EXTERN]}))
    _library(folder / "native")
    return Tool(folder, cache, {"X07_I_ACCEPT_WEAKER_ISOLATION": "1"})


@pytest.fixture(params=["run", "bundle"])
def native(request: pytest.FixtureRequest, tmp_path: Path, x07_cache: Path) -> Native:
    is_bundled = request.param == "bundle"
    tool = _project(tmp_path / "demo", x07_cache, ARGUMENT if is_bundled else "input")
    assert tool("policy", "init", "--template", "cli").returncode == 0
    made = Native(tool, is_bundled)
    made.grant(
        language={"allow_unsafe": True, "allow_ffi": True},
        fs={"read_roots": ["data"], "write_roots": ["out"]},
    )
    for name in ("data", "out", SECRET):
        (made.folder / name).mkdir()
        (made.folder / name / "a").write_text(name)
    return made


def _need(native: Native, layer: str, least_abi: int = 0) -> None:
    (native.folder / "in.bin").write_bytes(argv_v1(["app", ""]) if native.is_bundled else b"")
    found = native.report("--input", "in.bin")["sandbox_layers"][layer]
    if not found["in_force"]:
        pytest.skip(f"this kernel lacks {layer}: {found['detail']}")
    if least_abi and int(found["detail"].split()[1].rstrip(";")) < least_abi:
        pytest.skip(f"this kernel's {layer} is {found['detail']}, and abi {least_abi} is needed")


def _all(answer: str, calls: Sequence[str]) -> tuple[str, ...]:
    return (answer,) * len(calls)


# -- files


def test_files(native: Native) -> None:
    _need(native, "landlock")
    assert native.answers("read data/a", "write out/a", "write out/new") == (OK, OK, OK)
    refused = ("read secret/a", "write secret/a", "write data/a", "read /etc/passwd",
               "read /proc/self/root/etc/passwd", "read data/../secret/a")  # fmt: skip
    assert native.answers(*refused) == _all("EACCES", refused)
    assert native.answers(*refused, backend="none") == _all(OK, refused)


def test_code_that_runs_before_main(native: Native) -> None:
    _need(native, "landlock")
    assert native.answers("early x") == ("EACCES",)
    assert native.answers("early x", backend="none") == (OK,)


def _without_native_code(native: Native) -> None:
    """A program in X07 alone, and a library that is linked in without being called."""
    path = native.folder / "src" / "main.x07.json"
    body = ["bytes.lit", "0\n"]
    path.write_text(json.dumps({**json.loads(path.read_text()), "decls": [], "solve": body}))
    (native.folder / "native" / "libraw.so").write_text("INPUT(raw_calls.o)\n")


def test_without_native_code_no_library_is_linked(native: Native) -> None:
    """What runs before `main` says that it did."""
    _without_native_code(native)
    early = native.folder / "out" / "early"
    assert native.answers("") == (OK,)
    early.unlink()
    native.grant(language={"allow_unsafe": False, "allow_ffi": False})
    assert native.answers("") == (OK,)
    assert not early.exists()


# -- memory


def test_variables_of_the_caller(native: Native) -> None:
    """A run has been given those alone that its policy names."""
    native.grant(env={"enabled": True, "allow_keys": ["SHOWN"]}, fs={"read_roots": ["/proc"]})
    shown = OK if native.is_bundled else "ENOENT"
    words = ("variable SHOWN", "variable HIDDEN", f"environ {SECRET}", "environ SHOWN=a")
    assert native.answers(*words) == (shown, "ENOENT", "ENOENT", shown)


# -- the network

SOCKETS: Final = ("socket 16:3:0", "socket 17:3:768", "socket 1:1:0", "socket 38:5:0")
"""Of netlink, of packets, of this machine, of the kernel's ciphers."""


@pytest.fixture
def port() -> Iterator[int]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _network(*ports: int, **fields: bool) -> dict[str, object]:
    return {
        "enabled": True,
        **{"allow_tcp": False, "allow_udp": False, "allow_dns": False, **fields},
        "allow_hosts": [{"host": "127.0.0.1", "ports": list(ports)}],
    }


def test_without_a_network_there_is_none(native: Native, port: int) -> None:
    _need(native, "seccomp")
    calls = (f"connect {port}", f"sendto {port}", *SOCKETS)
    assert native.answers(*calls) == _all("EPERM", calls)
    free = native.answers(*calls, backend="none")
    assert "EPERM" not in free
    assert free[:3] == (OK, OK, OK)


def test_connections_that_are_granted(native: Native, port: int) -> None:
    _need(native, "landlock", least_abi=4)
    native.grant(net=_network(port, allow_tcp=True))
    calls = (f"connect {port}", f"sendto {port}", *SOCKETS)
    assert native.answers(*calls) == (OK, *_all("EPERM", calls[1:]))
    native.grant(net=_network(1, allow_tcp=True))
    assert native.answers(f"connect {port}") == ("EACCES",)
    native.grant(net=_network(port, allow_udp=True))
    assert native.answers(*calls) == ("EPERM", OK, *_all("EPERM", SOCKETS))


# -- processes

TRUE: Final = shutil.which("true") or "/bin/true"
ENV: Final = shutil.which("env") or "/usr/bin/env"
PROCESSES: Final = (f"execve {TRUE}", "fork x", f"memory {TRUE}")


def test_without_processes_there_are_none(native: Native) -> None:
    _need(native, "seccomp")
    native.grant(fs={"read_roots": ["/"]})
    assert native.answers(*PROCESSES) == _all("EPERM", PROCESSES)
    assert native.answers(*PROCESSES, backend="none") == _all(OK, PROCESSES)


def test_programs_that_are_granted(native: Native) -> None:
    _need(native, "landlock")
    native.grant(
        fs={"read_roots": ["/"]},
        process={
            "allow_spawn": True, "allow_exec": True, "allow_execs": [TRUE], "max_live": 1,
            "max_spawns": 1, "max_runtime_ms": 1000,
        },
    )  # fmt: skip
    calls = (f"execve {TRUE}", "fork x", f"execve {ENV}", f"memory {TRUE}")
    assert native.answers(*calls) == (OK, OK, "EACCES", "EPERM")


# -- what is for nobody

FOR_NOBODY: Final = {
    "ptrace": "call 101 0",
    "mount": "call 165",
    "unshare": "call 272 0",
    "io_uring_setup": "call 425",
    "memfd_create": "call 319",
    "bpf": "call 321 999",
    "keyctl": "call 250 999",
    "userfaultfd": "call 323 0x1000",
    "kexec_load": "call 246 0 99",
    "symlink": "call 88",
    "setxattr": "call 188",
}
LOOKED_AT: Final = ("bpf", "kexec_load", "userfaultfd")
"""Refused with EPERM, too, where the caller may not do it anyway."""


def test_calls_for_nobody(native: Native) -> None:
    _need(native, "seccomp")
    native.grant(fs={"read_roots": ["/"], "write_roots": ["/"]}, net=_network(1, allow_tcp=True))
    calls = FOR_NOBODY.values()
    answers = native.answers(*calls)
    assert dict(zip(FOR_NOBODY, answers, strict=True)) == dict.fromkeys(FOR_NOBODY, "EPERM")
    free = dict(zip(FOR_NOBODY, native.answers(*calls, backend="none"), strict=True))
    mine = [name for name in FOR_NOBODY if name not in LOOKED_AT]
    assert [name for name in mine if free[name] == "EPERM"] == []
