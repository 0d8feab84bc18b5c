"""A network of its own for one program, where every packet is seen.

Started as `python -m tests.live.namespace` by `in_network`, as root: it gets a network and a view
of the file system that end with it. All addresses are on the loopback device: 127.0.0.1 has the
name server and an echo, 192.0.2.1 is a host that nobody is granted.
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests import needs
from tests.program_build import ROOT
from tests.unit.runtime import network as net
from tests.unit.runtime.name_server import NameServer, answering

NAMES: Final = {
    "granted.test": ["127.0.0.1"],
    "partly.test": ["169.254.169.254", "127.0.0.1"],
    "secret.test": ["192.0.2.1"],
}
ECHO_PORT: Final = 9007
TOOLS: Final = ("unshare", "ip", "mount", "tcpdump")
LIMIT_SECONDS: Final = 60
FIELDS: Final = ("-l", "-n", "-i", "lo", "-vv", "-t", "--immediate-mode")


class Seen(NamedTuple):
    """What came of the program, and the packets as tcpdump shows them."""

    status: int
    stdout: bytes
    stderr: str
    packets: tuple[str, ...]


def why_not() -> str | None:
    """What this machine lacks, if anything."""
    missing = [tool for tool in TOOLS if shutil.which(tool, path=_path()) is None]
    if missing:  # tests that have to have them fail for it
        return None if needs.are_met() else f"no {', '.join(missing)} on PATH"
    words = ("unshare", "--net", "--mount", "true")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"no namespaces: {done.stderr.strip()}"


def in_network(command: Sequence[str], data: bytes, env: Mapping[str, str]) -> Seen:
    """Runs a command in such a network."""
    wanted = {"command": list(command), "data": base64.b64encode(data).decode(), "env": dict(env)}
    words = ("unshare", "--net", "--mount", sys.executable, "-m", "tests.live.namespace")
    done = subprocess.run(
        words,
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": _path()},
        timeout=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    return Seen(
        seen["status"], base64.b64decode(seen["stdout"]), seen["stderr"], tuple(seen["packets"])
    )


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


# -- inside


def main() -> None:
    wanted = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        _set_up(Path(folder))
        stack.enter_context(answering(NameServer(NAMES), 53))
        stack.enter_context(net.serving(net.echo, port=ECHO_PORT))
        packets = stack.enter_context(_watching())
        done = _run(wanted, Path(folder))
        time.sleep(0.3)
    answer = {"status": done.returncode, "stdout": base64.b64encode(done.stdout).decode()}
    shown = [line for line in packets if line.strip()]
    more = {"stderr": done.stderr.decode(errors="replace"), "packets": shown}
    sys.stdout.write(json.dumps(answer | more))


def _set_up(folder: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in ("192.0.2.1/24", "169.254.169.254/16"):
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
    for name, text in (("resolv.conf", "nameserver 127.0.0.1\n"), ("hosts", "")):
        (folder / name).write_text(text)
        subprocess.run(["mount", "--bind", folder / name, f"/etc/{name}"], check=True)


@contextlib.contextmanager
def _watching() -> Iterator[list[str]]:
    """Lines that grow as packets pass."""
    lines: list[str] = []
    words = ["tcpdump", *FIELDS]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        assert one.stderr is not None
        while "listening on" not in one.stderr.readline():
            pass
        reader = threading.Thread(target=lines.extend, args=(one.stdout,))
        reader.start()
        yield lines
        one.terminate()
        reader.join()


def _run(wanted: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """In a folder of its own: a sandboxed program makes its write roots."""
    return subprocess.run(
        wanted["command"],
        cwd=folder,
        input=base64.b64decode(wanted["data"]),
        capture_output=True,
        check=False,
        env=wanted["env"],
        timeout=LIMIT_SECONDS // 2,
    )


if __name__ == "__main__":
    main()
