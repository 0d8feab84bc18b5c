"""Under which conditions a start would be decided as it was: fields of a start record.

All that a decision looks at is here: the bundle, the machine and the user, variables, standard
input, the folders of the policy and of jobs, and the image.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.contract.granted_variables import OURS, grantable
from x07bundle.launcher.bundle import Bundle
from x07bundle.launcher.guest_job import Guest
from x07bundle.launcher.start_templates import MARK
from x07bundle.vm import engine_env, roots
from x07bundle.vm.job import Job
from x07bundle.vm.roots import Root
from x07bundle.vm.state import State

END: Final = b"\0"


class Start(NamedTuple):
    """A start that went well. `env`: of the caller."""

    bundle: Bundle
    guest: Guest
    job: Job
    jobs: State
    env: Mapping[str, str]


class Surroundings(NamedTuple):
    """What a decision found outside of the folders of a policy.

    `node`: the machine's name. `user`, `group`: effective ids. `program`: the engine's client.
    `earlier`: where PATH would have led to another one, and there is nothing.
    `instance`: the text of `instance_file`. `note`: says that the engine has the image; None where
    it is asked. `limits`: hard ones that the command line depends on, by their numbers.
    """

    node: str
    user: int
    group: int
    program: Path
    instance_file: Path
    instance: str
    note: Path | None
    limits: Mapping[int, int] = {}
    earlier: tuple[str, ...] = ()


def conditions(start: Start, here: Surroundings) -> Iterator[bytes]:
    """Fields.

    Raises:
        ValueError: a value cannot be in one, or the roots are not what they were.
    """
    reads = _reads(start.env)
    yield field("situation", situation(start, here, reads))
    yield from (field("reads", name) for name in reads)
    yield from _signature(start.bundle)
    yield from _granted(start)
    yield field("input", "yes" if start.job.has_input else "no")
    yield field("same", str(here.instance_file), here.instance)
    yield from (field("limit", f"{number} {most}") for number, most in here.limits.items())
    yield from _folders(start)
    yield from (field("absent", path) for path in here.earlier)
    if here.note is not None:
        yield field("present", str(here.note))
    yield from _image(start.guest)


def field(word: str, *parts: str) -> bytes:
    """Raises ValueError: a part has a byte that ends parts, or fields."""
    data = [part.encode("utf-8", "surrogateescape") for part in parts]
    if any(MARK in part or END in part for part in data):
        raise ValueError(f"a value of `{word}` has a byte that ends it")
    return word.encode() + b" " + MARK.join(data) + END


def situation(start: Start, here: Surroundings, reads: tuple[str, ...]) -> str:
    """The digest of who starts which bundle where, and of the variables that are read for it."""
    values = [f"{name}={start.env[name]}" if name in start.env else name for name in reads]
    texts = (here.node, f"{here.user} {here.group}", *values)
    told = "".join(f"{text}\0" for text in texts).encode("utf-8", "surrogateescape")
    return files.sha256_bytes(start.bundle.carried + END + told)


def _reads(env: Mapping[str, str]) -> tuple[str, ...]:
    """Where one of our own names is set that is not among these, the record is not used."""
    ours = {name for name in env if name.startswith(OURS)}
    return tuple(sorted({*engine_env.PASSED, *ours}))


def _signature(bundle: Bundle) -> Iterator[bytes]:
    """The only file that the executable has no digest of. It was verified."""
    if bundle.signature is not None:
        yield field("signature", files.sha256_bytes(bundle.signature))


def _granted(start: Start) -> Iterator[bytes]:
    for name in dict.fromkeys(grantable(start.bundle.policy.policy.env)):
        yield field("has" if name in start.job.env else "lacks", name)


def policy_roots(start: Start) -> tuple[Root, ...]:
    return tuple(roots.listed(start.bundle.policy.policy.fs, start.guest.cwd))


def straight(start: Start) -> tuple[str, ...]:
    """Folders that no link leads to."""
    lexical = (root.lexical for root in policy_roots(start))
    return tuple(dict.fromkeys((str(start.jobs.root), start.guest.cwd, *lexical)))


def sealed(start: Start) -> tuple[str, ...]:
    """Folders in which no file system is mounted: it would stay writable."""
    found = (root.lexical for root in policy_roots(start) if not root.is_writable)
    return tuple(dict.fromkeys(found))


def _folders(start: Start) -> Iterator[bytes]:
    folders = straight(start)
    mounts = start.guest.confined.mounts
    if not all(mount.host in folders for mount in mounts):
        raise ValueError("a link leads to a root")
    yield from (field("root", path) for path in folders)
    yield from (field("sealed", path) for path in sealed(start))
    masks = {
        f"{mount.host}/{name}": name in mount.masked
        for mount in mounts
        for name in roots.maskable(mount.host, start.guest.cwd)
    }
    yield from (field("folder", path) for path, is_masked in masks.items() if is_masked)
    yield from (field("absent", path) for path, is_masked in masks.items() if not is_masked)


def _image(guest: Guest) -> Iterator[bytes]:
    """Where an image is run by name, what the name has to lead to."""
    if guest.backend.name != "firecracker-ctr":
        return
    from x07bundle.vm.backends.firecracker_ctr import FirecrackerCtr  # this backend alone

    backend = guest.backend
    assert isinstance(backend, FirecrackerCtr)
    name, digest = backend.image_name(guest.image), guest.image.digest.value
    yield field("image", backend.address, backend.namespace, name, digest)
