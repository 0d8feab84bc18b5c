"""A bundle as its launcher sees it: what the executable carries, the manifest, and the policy.

When a bundle is started, its executable has compared every file with its digest before a byte of
this was loaded (stubs/launcher), so what is read here is compared again, and nothing else is.
`verifying` compares everything, for those who ask from outside, with what the executable carries.
"""

import errno
import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.contract import launcher_trailer, policy_reading, vm_manifest
from x07bundle.contract.launcher_trailer import MOST_EXECUTABLE_BYTES, Trailer
from x07bundle.contract.policy_reading import Loaded
from x07bundle.contract.vm_manifest import HINT, Manifest, ManifestError
from x07bundle.errors import RefusedError, X07Error

MOST_POLICY_BYTES: Final = 4 << 20
MOST_SIGNATURE_BYTES: Final = 1 << 10
TOGETHER: Final = (
    "a bundle is an executable and the folder beside it, which has its name and `.vm`: move and "
    "rename both together"
)

CHANGED: Final = "is not what the bundle was made with: it was changed"


class Half(NamedTuple):
    """What an executable says alone. `executable`: its links are resolved. `carried`: the text of
    its trailer. `sidecar`: where it has to be."""

    executable: Path
    sidecar: Path
    trailer: Trailer
    carried: bytes


class Bundle(NamedTuple):
    """As `Half`, and what was read of the sidecar. `signature`: of the manifest, verified; None
    where it has none."""

    executable: Path
    sidecar: Path
    trailer: Trailer
    manifest: Manifest
    policy: Loaded
    carried: bytes
    signature: bytes | None = None


class SpoiledError(RefusedError):
    """A file that is not what the bundle was made with. `problem` is said of `path`."""

    def __init__(self, path: Path, problem: str, details: str | None = None) -> None:
        super().__init__(f"refused: `{path}` {problem}", details, HINT)
        self.path = path
        self.problem = problem


def opened(executable: Path) -> Bundle:
    """What belongs to an executable.

    Raises:
        RefusedError: something is missing, or is not what the bundle was made with.
    """
    return whole(half(executable))


def half(executable: Path) -> Half:
    """Raises RefusedError: the executable is of no bundle, or was changed."""
    path = _resolved(executable)
    data = read(path, MOST_EXECUTABLE_BYTES)
    trailer = launcher_trailer.read(data, str(path))
    sidecar = path.with_name(path.name + vm_manifest.SIDECAR_SUFFIX)
    return Half(path, sidecar, trailer, launcher_trailer.carried(data, str(path)))


def whole(half: Half) -> Bundle:
    """Raises SpoiledError: manifest, signature or policy is missing or was changed."""
    manifest, signature = _manifest(half.sidecar, half.trailer)
    policy = _policy(half.sidecar, manifest)
    return Bundle(
        half.executable, half.sidecar, half.trailer, manifest, policy, half.carried, signature
    )


def listed(bundle: Bundle, path: str) -> bytes:
    """A file of the sidecar, which is what its digest says. Raises RefusedError: it is not."""
    return _listed(bundle.sidecar, path, bundle.manifest, MOST_EXECUTABLE_BYTES)


def read(path: Path, most_bytes: int) -> bytes:
    """A regular file that is no link. Raises SpoiledError: it is not, or cannot be read."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise SpoiledError(path, "is no file")
        return files.read_bytes(path, most_bytes)
    except OSError as error:
        raise _unreadable(path, error) from error
    except SpoiledError:
        raise
    except X07Error as error:
        raise SpoiledError(path, "cannot be read", error.brief) from error


def _unreadable(path: Path, error: OSError) -> SpoiledError:
    if error.errno == errno.ENOENT:
        return SpoiledError(path, "is missing", TOGETHER)
    return SpoiledError(path, f"cannot be read: {os.strerror(error.errno or 0).lower()}")


def _resolved(executable: Path) -> Path:
    try:
        return executable.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its links lead in a circle"
        raise RefusedError(
            f"cannot read `{executable}`: {(reason or '').lower()}", hint=launcher_trailer.HINT
        ) from error


def _manifest(sidecar: Path, trailer: Trailer) -> tuple[Manifest, bytes | None]:
    """And its signature."""
    place = sidecar / vm_manifest.NAME
    data = read(place, vm_manifest.MOST_BYTES)
    if files.sha256_bytes(data) != trailer.manifest:
        raise SpoiledError(place, CHANGED)
    try:
        manifest = vm_manifest.read(data, str(place))
    except ManifestError as error:
        raise SpoiledError(place, "is no valid manifest", error.details) from error
    if dict(trailer.files) != dict(manifest.files):
        raise SpoiledError(place, "and the executable name different files")
    return manifest, _signature(sidecar, data, manifest, trailer)


def _signature(sidecar: Path, data: bytes, manifest: Manifest, trailer: Trailer) -> bytes | None:
    """Raises SpoiledError: it is not that of the key."""
    key, signed = trailer.key, manifest.signature
    if key is None and signed is None:
        return None
    from x07bundle.keys.public_key import is_signed  # few bundles are signed

    place = sidecar / vm_manifest.SIGNATURE_NAME
    if key is None or signed is None or files.sha256_bytes(key.der) != signed.key_sha256:
        raise SpoiledError(sidecar / vm_manifest.NAME, "and the executable name different keys")
    signature = read(place, MOST_SIGNATURE_BYTES)
    if key.algorithm != signed.algorithm or not is_signed(key.algorithm, key.der, data, signature):
        raise SpoiledError(place, "is no signature of the manifest by the key of this bundle")
    return signature


def _policy(sidecar: Path, manifest: Manifest) -> Loaded:
    place = sidecar / manifest.policy
    data = _listed(sidecar, manifest.policy, manifest, MOST_POLICY_BYTES)
    try:
        found = policy_reading.read(data, str(place))
    except X07Error as error:
        raise SpoiledError(place, "is no valid policy", error.details) from error
    if vm_manifest.limits_of(found.policy.limits) != manifest.limits:
        raise SpoiledError(place, "and the manifest name different limits")
    return found


def _listed(sidecar: Path, path: str, manifest: Manifest, most_bytes: int) -> bytes:
    data = read(sidecar / path, most_bytes)
    if files.sha256_bytes(data) != manifest.files[path]:
        raise SpoiledError(sidecar / path, CHANGED)
    return data
