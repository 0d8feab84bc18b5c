"""A VM bundle on disk: the folder `APP.vm` and the executable `APP`, which belong together.

    APP                   stubs/launcher, and the digests of what it loads
    APP.vm/manifest.json  everything else by its digest
           policy.json  payload  runtime/  and, where they were asked for,  guest.tar
           manifest.json.sig  compile.attest.json

Both are written beside their places and renamed when they are whole, the folder first: between the
two renamings a start is refused, and never runs one half with the other.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from x07bundle import files
from x07bundle.bundle.outputs import folder_for
from x07bundle.contract import launcher_trailer, policy_reading, vm_manifest
from x07bundle.contract.launcher_trailer import PublicKey, Trailer
from x07bundle.contract.vm_manifest import (
    SIDECAR_SUFFIX,
    LauncherBuild,
    Manifest,
    PayloadBuild,
    Signature,
)
from x07bundle.errors import OutputError

PAYLOAD: Final = "payload"
POLICY: Final = "policy.json"
GUEST_ARCHIVE: Final = "guest.tar"
ATTESTATION: Final = "compile.attest.json"
WORKDIR: Final = "/x07/work"
PROGRAM: Final = f"{launcher_trailer.RUNTIME}launcher"
STARTER: Final = f"{launcher_trailer.RUNTIME}starter"
PROGRAM_MODE: Final = 0o777
FILE_MODE: Final = 0o666
CHUNK_BYTES: Final = 1 << 20
FIRST_BYTES: Final = 4096


class Guest(NamedTuple):
    """The image that a bundle is pinned to. `kind` is the digest that the backend runs it by, and
    is in `digests`. `archive`: an OCI archive of it to embed.
    """

    reference: str
    kind: str
    digests: dict[str, str]
    archive: Path | None = None


Within = Callable[[Trailer], bytes]
"""Compiles an executable that has the trailer within."""


class Runtime(NamedTuple):
    """`program`, `starter`: those of `native/launcher_stub`. `folder`: what was frozen. `within`:
    makes the executable on macOS, where nothing may be behind it; `program` is empty then.
    """

    program: bytes
    starter: bytes
    folder: Path
    build: LauncherBuild
    within: Within | None = None


class Signer(NamedTuple):
    """`sign`: the bytes of a manifest -> its signature."""

    key: PublicKey
    sign: Callable[[bytes], bytes]


class SidecarContent(NamedTuple):
    """`policy`: the bytes of a policy that was read. `attestation`: of the payload."""

    backend: str
    guest: Guest
    payload: bytes
    policy: bytes
    payload_build: PayloadBuild
    runtime: Runtime
    signer: Signer | None = None
    attestation: bytes | None = None


class Written(NamedTuple):
    """`folder_bytes`: of all files of the sidecar."""

    manifest: Manifest
    folder: Path
    folder_bytes: int
    executable_bytes: int


def folder_of(out: Path) -> Path:
    return out.with_name(out.name + SIDECAR_SUFFIX)


def write(out: Path, content: SidecarContent) -> Written:
    """A whole bundle; one that was there is replaced.

    Raises:
        PolicyError: the policy is not valid.
        OutputError: something else is in the way, or the disk does not take it; what was there
            before is there again.
    """
    folder = folder_of(out)
    refuse_others(folder)
    files.refuse_other_than_files(out)
    with folder_for(out), _staged(folder) as staged, _staged_file(out) as executable:
        manifest, data = _fill(staged, content)
        files.write_new(executable, _executable(manifest, data, content), PROGRAM_MODE)
        sizes = [path.stat().st_size for path in staged.rglob("*") if path.is_file()]
        written = Written(manifest, folder, sum(sizes), executable.stat().st_size)
        _swap(staged, folder, lambda: executable.rename(out))
    return written


def refuse_others(folder: Path) -> None:
    """Raises OutputError: something is at the place of a sidecar that is none."""
    is_sidecar = folder.is_dir() and not folder.is_symlink() and _is_ours(folder)
    if is_sidecar or not (folder.exists() or folder.is_symlink()):
        return
    raise OutputError(
        f"`{folder}` is there, and is no folder of a bundle",
        "a bundle has a folder beside it, with its name and `.vm`",
        "choose another `--out`, or move that away",
    )


def _is_ours(folder: Path) -> bool:
    """Whether it is empty, or has the manifest of a bundle, be it one that was changed."""
    try:
        with (folder / vm_manifest.NAME).open("rb") as stream:
            return vm_manifest.FAMILY.encode() in stream.read(FIRST_BYTES)
    except FileNotFoundError:
        return not any(folder.iterdir())
    except OSError as error:
        raise files.output_error(folder, error) from error


@contextlib.contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A new folder beside its place, and nothing of it where the block fails."""
    staged = files.beside(folder)
    try:
        staged.mkdir()
        yield staged
    except OSError as error:
        raise files.output_error(folder, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


@contextlib.contextmanager
def _staged_file(out: Path) -> Iterator[Path]:
    staged = files.beside(out)
    try:
        yield staged
    finally:
        staged.unlink(missing_ok=True)


def _executable(manifest: Manifest, data: bytes, content: SidecarContent) -> bytes:
    key = content.signer.key if content.signer is not None else None
    trailer = Trailer(files.sha256_bytes(data), manifest.files, key)
    runtime = content.runtime
    if runtime.within is not None:
        return runtime.within(trailer)
    return launcher_trailer.finished(runtime.program, trailer)


def _fill(staged: Path, content: SidecarContent) -> tuple[Manifest, bytes]:
    """Writes all files; the manifest, and its bytes."""
    digests = {
        PAYLOAD: _write(staged / PAYLOAD, content.payload, PROGRAM_MODE),
        POLICY: _write(staged / POLICY, content.policy),
        **_copy_runtime(content.runtime.folder, staged),
        STARTER: _write(staged / STARTER, content.runtime.starter, PROGRAM_MODE),
        **_copy_archive(content.guest.archive, staged),
    }
    if content.attestation is not None:
        digests[ATTESTATION] = _write(staged / ATTESTATION, content.attestation)
    manifest = _manifest(content, digests)
    problems = vm_manifest.conflicts(manifest)
    assert not problems, problems
    data = vm_manifest.written(manifest)
    _write(staged / vm_manifest.NAME, data)
    if content.signer is not None:
        _write(staged / vm_manifest.SIGNATURE_NAME, content.signer.sign(data))
    return manifest, data


def _manifest(content: SidecarContent, digests: dict[str, str]) -> Manifest:
    guest = content.guest
    policy = policy_reading.read(content.policy, POLICY).policy
    return Manifest(
        schema_version=vm_manifest.SCHEMA_VERSION,
        backend=content.backend,
        guest_image=guest.reference,
        guest_digest=guest.digests[guest.kind],
        payload=PAYLOAD,
        workdir=WORKDIR,
        policy=POLICY,
        guest_digest_kind=guest.kind,
        guest_digests=guest.digests,
        guest_archive=GUEST_ARCHIVE if guest.archive is not None else None,
        files=digests,
        limits=vm_manifest.limits_of(policy.limits),
        payload_build=content.payload_build,
        launcher=content.runtime.build,
        signature=_signature(content.signer),
    )


def _signature(signer: Signer | None) -> Signature | None:
    if signer is None:
        return None
    return Signature(signer.key.algorithm, files.sha256_bytes(signer.key.der))


def _copy_runtime(source: Path, staged: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            name = launcher_trailer.RUNTIME + path.relative_to(source).as_posix()
            mode = PROGRAM_MODE if name == PROGRAM else FILE_MODE
            digests[name] = _copy(path, staged / name, mode)
    return digests


def _copy_archive(archive: Path | None, staged: Path) -> dict[str, str]:
    return {} if archive is None else {GUEST_ARCHIVE: _copy(archive, staged / GUEST_ARCHIVE)}


def _copy(source: Path, target: Path, mode: int = FILE_MODE) -> str:
    """The digest of what was written, which is read once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    files.write_new(target, b"", mode)
    with source.open("rb") as reading, target.open("ab") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            digest.update(chunk)
            writing.write(chunk)
    return digest.hexdigest()


def _write(path: Path, data: bytes, mode: int = FILE_MODE) -> str:
    files.write_new(path, data, mode)
    return files.sha256_bytes(data)


def _swap(staged: Path, folder: Path, place_executable: Callable[[], object]) -> None:
    """Puts the new folder in, then the executable; where that fails, the old folder comes back."""
    aside = files.beside(folder)
    is_old = folder.exists()
    if is_old:
        folder.rename(aside)
    try:
        staged.rename(folder)
        place_executable()
    except BaseException:
        if folder.exists():
            folder.rename(staged)
        if is_old:
            aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
