"""What the kernel has to confine a program with (decision 5; the runtime asks the same calls).

Asked of the kernel, not of its version: containers and boot options take calls away.
"""

import ctypes
import errno
import os
import sys
from typing import Final, NamedTuple

from x07bundle.doctor.check import Check
from x07bundle.host import Host, text

CREATE_RULESET: Final = 444
ASK_VERSION: Final = 1
OPENAT2: Final = 437
SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
ACTION_AVAILABLE: Final = 2
ERRNO_ACTION: Final = 0x50000
AT_FDCWD: Final = -100
RESOLVE_BENEATH: Final = 8

LANDLOCK_ADDS: Final = (
    (2, "renames between folders"),
    (3, "truncation"),
    (4, "TCP ports"),
    (5, "device ioctls"),
    (6, "signals and abstract sockets"),
)
"""The ABI from which on Landlock confines it."""

NOT_LINUX: Final = "only on Linux"


class Answer(NamedTuple):
    """Of a system call: what it returned, and the error number where that is negative."""

    value: int
    error: int = 0


def landlock(answer: Answer) -> Check:
    if answer.value <= 0:
        reasons = {
            errno.ENOSYS: "not in this kernel: needs Linux 5.13",
            errno.EOPNOTSUPP: "off at boot: add landlock to the kernel's lsm= list",
        }
        why = reasons.get(answer.error, f"refused: {os.strerror(answer.error).lower()}")
        return Check("landlock", False, why)
    lacks = [what for abi, what in LANDLOCK_ADDS if abi > answer.value]
    more = f"; does not confine {', '.join(lacks)}" if lacks else ""
    return Check("landlock", True, f"abi {answer.value}{more}")


def seccomp(answer: Answer) -> Check:
    if answer.value == 0:
        return Check("seccomp", True, "filters are available")
    return Check("seccomp", False, f"no filters: {os.strerror(answer.error).lower()}")


def openat2(answer: Answer) -> Check:
    if answer.value >= 0:
        return Check("openat2", True, "paths are resolved beneath their roots by the kernel")
    why = f"{os.strerror(answer.error).lower()}; paths are walked name by name, which is slower"
    return Check("openat2", False, why)


def user_namespaces(host: Host) -> Check:
    """Those of ordinary users: what starts VMs without root needs one. Distributions differ in how
    they switch them off."""
    name = "user_namespaces"
    if host.is_root:
        return Check(name, True, "not needed by root")
    for setting, blocked, allowed in (
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("user.max_user_namespaces", "0", "10000"),
    ):
        file = host.root / "proc/sys" / setting.replace(".", "/")
        if text(file).strip() == blocked:
            fix = f"sudo sysctl -w {setting}={allowed}"
            return Check(name, False, f"refused by {setting}={blocked}", fix)
    return Check(name, True, "not restricted")


def checks(host: Host) -> tuple[Check, ...]:
    """All of them, of this kernel."""
    if host.system != "linux":
        names = ("landlock", "seccomp", "openat2", "user_namespaces")
        return tuple(Check(name, False, NOT_LINUX) for name in names)
    return (
        landlock(ask_landlock()),
        seccomp(ask_seccomp(host.arch)),
        openat2(ask_openat2()),
        user_namespaces(host),
    )


def ask_landlock() -> Answer:
    """The ABI."""
    return _call(CREATE_RULESET, None, 0, ASK_VERSION)


def ask_seccomp(arch: str) -> Answer:
    """0 when a filter may answer a call with an error."""
    if arch not in SECCOMP:
        return Answer(-1, errno.ENOSYS)
    action = ctypes.c_uint32(ERRNO_ACTION)
    return _call(SECCOMP[arch], ACTION_AVAILABLE, 0, ctypes.byref(action))


def ask_openat2() -> Answer:
    """0 when the current folder could be opened beneath itself."""
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY, 0, RESOLVE_BENEATH)
    answer = _call(OPENAT2, AT_FDCWD, b".", ctypes.byref(how), ctypes.sizeof(how))
    if answer.value >= 0:
        os.close(answer.value)
    return answer


def _call(number: int, *arguments: object) -> Answer:
    """Called by number, since the C library need not know it."""
    if not sys.platform.startswith("linux"):
        return Answer(-1, errno.ENOSYS)
    try:
        library = ctypes.CDLL(None, use_errno=True)
    except OSError:
        return Answer(-1, errno.ENOSYS)
    library.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    value = library.syscall(ctypes.c_long(number), *words)
    return Answer(value, ctypes.get_errno() if value < 0 else 0)
