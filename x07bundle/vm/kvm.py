"""Whether KVM is usable here, which is more than that /dev/kvm exists."""

import errno
import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.host import Host, text

GET_API_VERSION: Final = 0xAE00
API_VERSION: Final = 12


class Kvm(NamedTuple):
    """`problem`: why it is not usable; None where it is. `fix`: a command."""

    problem: str | None = None
    fix: str | None = None


def look(host: Host, ask: Callable[[Path], int] | None = None) -> Kvm:
    """Asks the device and, on x86, the processor: a host that is a guest itself may have a device
    whose guests never start, and then its processor has none of the two flags. No right to the
    device would mend that, so the processor comes first.

    `ask`: what a device answers, as `ask_device`.
    """
    if host.system != "linux":
        return Kvm("only on Linux")
    device = host.root / "dev/kvm"
    if not device.exists():
        return Kvm("there is no /dev/kvm", _load(host))
    if host.arch == "x86_64" and not _has_flag(host):
        return Kvm("there is a /dev/kvm, but the processor shows neither vmx nor svm")
    failure = (ask or ask_device)(device)
    if failure == errno.EACCES:
        return Kvm("/dev/kvm may not be opened by this user", host.join_group("kvm"))
    if failure:
        return Kvm(f"/dev/kvm does not answer: {os.strerror(failure).lower()}")
    return Kvm()


def _load(host: Host) -> str | None:
    """A processor that could, without the module that does."""
    if host.arch != "x86_64" or not _has_flag(host):
        return None
    module = "kvm_intel" if "vmx" in _flags(host) else "kvm_amd"
    return host.as_root(f"modprobe {module}")


def ask_device(device: Path) -> int:
    """0 from a KVM of the version that there is; else an error number."""
    if sys.platform != "linux":
        return errno.ENOSYS
    try:
        opened = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return error.errno or errno.EIO
    try:
        return 0 if fcntl.ioctl(opened, GET_API_VERSION) == API_VERSION else errno.ENOTSUP
    except OSError as error:
        return error.errno or errno.EIO
    finally:
        os.close(opened)


def _has_flag(host: Host) -> bool:
    return bool({"vmx", "svm"} & _flags(host))


def _flags(host: Host) -> frozenset[str]:
    for line in text(host.root / "proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "flags":
            return frozenset(value.split())
    return frozenset()
