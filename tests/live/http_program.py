"""A sanitized program that sends what its input says by ext-net's HTTP client, and how tests talk
with it. Layouts: contract/os-modules.md §7."""

import json
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.bundling import module
from tests.program_build import Workshop
from tests.unit.runtime.c_program import Ran
from tests.unit.runtime.policies import SANDBOXED, variables
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.options import Options
from x07bundle.packages import HERE as PACKAGES
from x07bundle.project.sources import ProjectModules
from x07bundle.strict_json import read as read_json

NET: Final = PACKAGES / "ext-net" / "0.1.11"
CURL: Final = PACKAGES / "ext-curl-c" / "0.1.6"
SOCKETS: Final = PACKAGES / "ext-sockets-c" / "0.1.6"
URL: Final = PACKAGES / "ext-url-rs" / "0.1.5"
ROOTS: Final = tuple(package / "modules" for package in (NET, CURL, SOCKETS, URL))
LIMIT_SECONDS: Final = 60

DENIED, INVALID, TIMEOUT, TOO_LARGE, DNS, CONNECT, TLS, INTERNAL = range(1, 9)

REST: Final = ["view.slice", "input", 1, ["-", ["view.len", "input"], 1]]
COPY: Final = ["view.to_bytes", REST]
VERBS: Final[Mapping[str, Any]] = {
    "fetch": ["std.net.http.fetch_v1", COPY],
    "file": ["std.net.http.fetch_to_file_v1", COPY, ["bytes.view_lit", "out/answer"]],
    "outside": ["std.net.http.fetch_to_file_v1", COPY, ["bytes.view_lit", "../answer"]],
    "elsewhere": ["std.net.http.fetch_to_file_v1", COPY, ["bytes.view_lit", "data/answer"]],
    "read": [
        "begin",
        ["let", "doc", ["std.net.http.fetch_to_file_v1", COPY, ["bytes.view_lit", "out/answer"]]],
        ["std.io.read_all", ["std.net.http.resp_file_reader_v1", "doc"]],
    ],
    "twice": [
        "begin",
        ["let", "first", ["std.net.http.fetch_v1", COPY]],
        ["let", "second", ["std.net.http.fetch_v1", COPY]],
        ["bytes.concat", ["std.net.http.resp_body_v1", "first"],
            ["std.net.http.resp_body_v1", "second"]],
    ],
    "one": ["ext.curl.http.request_v1", REST, 65536],
    "two": ["ext.curl.http.request_v2", REST, 65536],
    "head": [
        "begin",
        ["let", "got", ["ext.curl.http.head", REST]],
        ["bytes.concat", ["bytes1", ["result_i32.is_ok", "got"]],
            ["codec.write_u32_le", ["+", ["result_i32.unwrap_or", "got", 0],
                                    ["result_i32.err_code", "got"]]]],
    ],
}  # fmt: skip
"""What the first byte of the input chooses, in this order."""


def _choice() -> Any:  # noqa: ANN401  expressions are JSON
    chosen: Any = ["bytes.empty"]
    for number, body in reversed(list(enumerate(VERBS.values()))):
        chosen = ["if", ["=", ["view.get_u8", "input", 0], number], body, chosen]
    return chosen


def build(workshop: Workshop, name: str, solve: object, imports: Sequence[str]) -> Path:
    """A framed program with the C of ext-curl-c and ext-sockets-c."""
    source = SourceFile("main", json.dumps(module(solve, imports=list(imports))).encode())
    compiled = compile_entry(source, ProjectModules(ROOTS, "run-os"), Options())
    assert compiled.c_source is not None, compiled.diagnostics
    foreign = [str(path) for each in (CURL, SOCKETS) for path in sorted((each / "ffi").glob("*.c"))]
    return workshop.build(name, compiled.c_source, (*foreign, "-lcurl", "-lssl", "-lcrypto"))


def build_client(workshop: Workshop) -> Path:
    imports = ["ext.curl.http", "std.io", "std.net.http"]
    return build(workshop, "http_client", _choice(), imports)


# -- requests


def text(value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(data)) + data


def table(headers: Sequence[tuple[str, str]]) -> bytes:
    return struct.pack("<I", len(headers)) + b"".join(text(n) + text(v) for n, v in headers)


class Caps(NamedTuple):
    follow_location: int = 0
    timeout_s: int = 5
    max_redirects: int = 0
    max_header_bytes: int = 4096
    max_headers: int = 64
    max_body_bytes: int = 65536

    def encoded(self) -> bytes:
        return struct.pack("<7I", 1, *self)


FOLLOWING: Final = Caps(follow_location=1)


def request(
    url: str | bytes,
    caps: Caps = Caps(),  # noqa: B008  immutable
    *,
    method: int = 1,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> bytes:
    parts = (url, table(headers), body, caps.encoded())
    return struct.pack("<II", 1, method) + b"".join(map(text, parts))


# -- answers


class Answer(NamedTuple):
    """`code` is 0 for an answer. `headers` in their order."""

    code: int
    version: int = 0
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    path: str = ""
    length: int = 0

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def word(self) -> int:
        (word,) = struct.unpack_from("<I", self.data, self.at)
        self.at += 4
        return int(word)

    def text(self) -> bytes:
        length = self.word()
        self.at += length
        assert self.at <= len(self.data)
        return self.data[self.at - length : self.at]


def answer(document: bytes) -> Answer:
    """A document as its parts; every byte of it is accounted for."""
    if document[0] == 0:
        code, zero = struct.unpack("<II", document[1:])
        assert zero == 0
        return Answer(code)
    reader = _Reader(document)
    reader.at = 2
    version, status, count = document[1], reader.word(), reader.word()
    headers = tuple((reader.text().decode(), reader.text().decode()) for _ in range(count))
    path = reader.text().decode() if version == 3 else ""
    length = reader.word()
    body = b"" if version == 3 else document[reader.at :]
    assert version == 3 or len(body) == length
    return Answer(0, version, status, headers, body, path, length)


# -- running


@dataclass(frozen=True)
class Client:
    """The program in a folder that has `out` and `data`."""

    program: Path
    folder: Path
    variables: Mapping[str, str]

    def under(self, *hosts: str, **fields: Any) -> "Client":  # noqa: ANN401  fields differ
        """In a sandbox that grants hosts, as `127.0.0.1:80`."""
        usual = {
            "NET": True, "NET_ALLOW_TCP": True, "NET_ALLOW_DNS": True,
            "NET_ALLOW_HOSTS": ";".join(hosts),
            "FS": True, "FS_WRITE_ROOTS": "out", "FS_READ_ROOTS": "out",
        }  # fmt: skip
        return self.with_variables(**SANDBOXED, **variables(usual | fields))

    def with_variables(self, **more: str) -> "Client":
        return Client(self.program, self.folder, {**self.variables, **more})

    def run(self, verb: str, data: bytes) -> Ran:
        sent = bytes([list(VERBS).index(verb)]) + data
        done = subprocess.run(
            [self.program],
            input=struct.pack("<I", len(sent)) + sent,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=dict(self.variables),
            timeout=LIMIT_SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def output(self, verb: str, data: bytes) -> bytes:
        ran = self.run(verb, data)
        assert ran.status == 0, ran.stderr
        return ran.stdout[4:]

    def get(self, url: str | bytes, caps: Caps = Caps(), verb: str = "fetch") -> Answer:  # noqa: B008
        return answer(self.output(verb, request(url, caps)))

    def send(self, document: bytes, verb: str = "fetch") -> Answer:
        return answer(self.output(verb, document))

    def denial(self, url: str | bytes, caps: Caps = Caps()) -> dict[str, str]:  # noqa: B008
        """The one denial of a request that is answered by code 1."""
        ran = self.run("fetch", request(url, caps))
        assert answer(ran.stdout[4:]).code == DENIED
        [line] = [line for line in ran.stderr.splitlines() if '"policy_denials"' in line]
        value, problems, _ = read_json(line.encode())
        assert isinstance(value, dict), problems
        [denial] = value["policy_denials"]
        assert isinstance(denial, dict)
        return denial


def open_client(program: Path, folder: Path) -> Client:
    for name in ("out", "data"):
        (folder / name).mkdir()
    return Client(program, folder, {"ASAN_OPTIONS": "detect_leaks=1"})
