"""Whether a backend is usable on this machine: one runner for the data of `probes`.

Each step may end it: the system, its release, the program, what comes with it, KVM, the socket,
and what the engine answers within a deadline.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import process
from x07bundle.errors import X07Error
from x07bundle.host import Host
from x07bundle.vm import engine_env
from x07bundle.vm.kvm import Kvm
from x07bundle.vm.probes import Probe

WALL_MS: Final = 5000
"""For each answer. The daemon of an engine can hang, and its client with it."""
OUTPUT_CAP_BYTES: Final = 1 << 16
LINE_CHARS: Final = 200

SYSTEM_NAMES: Final[Mapping[str, str]] = {"linux": "Linux", "macos": "macOS"}
_version = re.compile(r"\d+(?:\.\d+)+").search
_refusal = re.compile(r"permission denied|operation not permitted|access denied", re.I).search


class Machine(NamedTuple):
    """Where preflights happen. `env` is the caller's."""

    host: Host
    env: Mapping[str, str]
    kvm: Kvm
    wall_ms: int = WALL_MS


class Verdict(NamedTuple):
    """`detail`: what is there, or why it is not usable. `fix`: the command that mends it."""

    is_usable: bool
    detail: str
    fix: str | None = None


class Unusable(Exception):
    """A step's answer that ends a preflight."""

    def __init__(self, detail: str, fix: str | None = None) -> None:
        super().__init__(detail)
        self.verdict = Verdict(False, detail, fix)


def preflight(probe: Probe, machine: Machine) -> Verdict:
    """Whether it is there and answers."""
    try:
        program = _found(probe, machine)
        answer = [_answer(probe, program, words, machine) for words in probe.asks][-1]
        version = _checked_version(probe, answer, machine.host)
    except Unusable as found:
        return found.verdict
    return Verdict(True, _praise(probe, program, version, machine.kvm))


def present(probe: Probe, machine: Machine) -> Verdict:
    """Whether it is there. Nothing is asked of it, so nothing is waited for."""
    try:
        program = _found(probe, machine)
    except Unusable as found:
        return found.verdict
    return Verdict(True, _praise(probe, program, None, machine.kvm))


def _found(probe: Probe, machine: Machine) -> Path:
    _check_system(probe, machine.host)
    program = _program(probe, machine)
    _check_companions(probe, machine)
    _check_kvm(probe, machine.kvm)
    _check_socket(probe, machine)
    return program


def _check_system(probe: Probe, host: Host) -> None:
    if probe.system is not None and probe.system != host.system:
        raise Unusable(f"only on {SYSTEM_NAMES[probe.system]}")
    if probe.oldest_release and host.release < probe.oldest_release:
        raise Unusable(f"needs macOS {_dotted(probe.oldest_release)}; this is {_release(host)}")


def _program(probe: Probe, machine: Machine) -> Path:
    found = process.find_program(probe.program, machine.env)
    if found is not None:
        return found
    where = "" if "/" in probe.program else " on PATH"
    more = f"; {probe.missing}" if probe.missing else ""
    fix = machine.host.install(probe.packages)
    raise Unusable(f"not installed: no `{probe.program}`{where}{more}", fix)


def _check_companions(probe: Probe, machine: Machine) -> None:
    names = probe.companions
    if names and not any(_is_there(name, machine) for name in names):
        fix = machine.host.install(probe.companion_packages)
        raise Unusable(f"`{names[0]}` is missing: folders are shared through it", fix)


def _is_there(name: str, machine: Machine) -> bool:
    place = str(machine.host.root / name[1:]) if name.startswith("/") else name
    return process.find_program(place, machine.env) is not None


def _check_kvm(probe: Probe, kvm: Kvm) -> None:
    if probe.kvm == "needed" and kvm.problem is not None:
        raise Unusable(f"needs KVM: {kvm.problem}", kvm.fix)


def _check_socket(probe: Probe, machine: Machine) -> None:
    if probe.socket is None or _exists(machine.host.root / str(probe.socket).lstrip("/")):
        return
    detail = f"its daemon is not running: no socket at {probe.socket}"
    raise Unusable(detail, _start(probe, machine))


def _exists(socket: Path) -> bool:
    """Whether it is there, or may be, in a folder of others: then the engine's client says more."""
    try:
        return socket.exists()
    except PermissionError:
        return True


def _answer(probe: Probe, program: Path, words: tuple[str, ...], machine: Machine) -> str:
    """What the engine says to these words."""
    command = process.Command(
        (str(program), *words),
        engine_env.asking(machine.env),
        stdout_cap=OUTPUT_CAP_BYTES,
        stderr_cap=OUTPUT_CAP_BYTES,
        wall_ms=machine.wall_ms,
    )
    try:
        finished = process.run(command)
    except X07Error as error:
        raise Unusable(error.brief) from error
    if finished.timed_out:
        detail = f"`{_shown(probe, words)}` gave no answer within {machine.wall_ms / 1000:g} s"
        raise Unusable(detail, _start(probe, machine, "restart"))
    if finished.exit_status != 0:
        raise _failure(probe, words, finished, machine)
    if probe.stand_in and probe.stand_in.encode() in finished.stderr.lower():
        raise Unusable(f"`{probe.program}` is {probe.stand_in} here, under another name")
    return finished.stdout.decode("utf-8", "replace")


def _failure(
    probe: Probe, words: tuple[str, ...], finished: process.Finished, machine: Machine
) -> Unusable:
    said = _last_line(finished.stderr) or _last_line(finished.stdout)
    said = said or f"exit status {finished.exit_status}"
    if not probe.service or machine.host.system == "macos":
        detail = f"`{_shown(probe, words)}` failed: {said}"
        return Unusable(detail, _start(probe, machine))
    if _refusal(said):
        return _no_right(probe, said, machine.host)
    return Unusable(f"its daemon does not answer: {said}", _start(probe, machine))


def _no_right(probe: Probe, said: str, host: Host) -> Unusable:
    if not probe.group:
        return Unusable(f"only root may use its socket: {said}")
    detail = f"only root and the group {probe.group} may use its socket: {said}"
    return Unusable(detail, f"{host.join_group(probe.group)} && newgrp {probe.group}")


def _start(probe: Probe, machine: Machine, action: str = "start") -> str | None:
    """The command that starts the engine, or installs the part of it that runs."""
    if probe.remote and machine.env.get(probe.remote):
        return None
    if machine.host.system == "macos":
        return probe.start
    if probe.daemon and not _has_daemon(probe.daemon, machine):
        return machine.host.install(probe.packages)
    return machine.host.service(action, probe.service) if probe.service else None


def _has_daemon(name: str, machine: Machine) -> bool:
    """Daemons are where PATH of an ordinary user does not always lead."""
    return any(_is_there(place, machine) for place in (name, f"/usr/sbin/{name}"))


def _checked_version(probe: Probe, answer: str, host: Host) -> str | None:
    """The version in an answer; None where none is asked for."""
    if not probe.oldest:
        return None
    found = _version(answer)
    if found is None:
        raise Unusable(f"`{_shown(probe, probe.asks[-1])}` names no version")
    version = found.group()
    if tuple(int(number) for number in version.split(".")) < probe.oldest:
        detail = f"{probe.program} {version} is too old: needs {_dotted(probe.oldest)}"
        raise Unusable(detail, host.install(probe.packages))
    return version


def _praise(probe: Probe, program: Path, version: str | None, kvm: Kvm) -> str:
    words = f"{probe.backend} {version}" if version else str(program)
    if probe.kvm == "wanted":
        words += f"; emulated, which is slow: {kvm.problem}" if kvm.problem else "; with KVM"
    return words


def _last_line(data: bytes) -> str:
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    printable = "".join(char for char in (lines or [""])[-1] if char.isprintable())
    return printable[:LINE_CHARS]


def _shown(probe: Probe, words: tuple[str, ...]) -> str:
    return " ".join((Path(probe.program).name, *words))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in numbers)


def _release(host: Host) -> str:
    return f"macOS {_dotted(host.release)}" if host.release else "an unknown release"
