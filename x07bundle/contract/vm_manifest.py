"""`manifest.json` of a VM bundle: `x07.vm.bundle.manifest@0.3.0` (contract/vm.md §11).

The fields of 0.2.0, and ours: what every other file of the sidecar is by its SHA-256, which digests
pin the guest, what the policy limits, and how the payload and the launcher were made. The sidecar
holds the files that it names, itself, the signature where it says so, and nothing else.

docs/reference/vm-bundle.md says what each field is for.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple

from x07bundle import strict_json
from x07bundle.contract import policy
from x07bundle.contract.document_reading import Reader, escaped
from x07bundle.contract.policy_problems import Problem
from x07bundle.contract.policy_rules import Choice, Exactly, Many, OrNull, Table, Text
from x07bundle.errors import RefusedError
from x07bundle.files import json_pretty

FAMILY: Final = "x07.vm.bundle.manifest@"
SCHEMA_VERSION: Final = f"{FAMILY}0.3.0"
NAME: Final = "manifest.json"
SIGNATURE_NAME: Final = "manifest.json.sig"
SIDECAR_SUFFIX: Final = ".vm"
"""Of the folder beside the executable."""
MOST_BYTES: Final = 8 << 20
MOST_LINES: Final = 20
"""Of an error for people."""
HINT: Final = "get the bundle again, or make it again with `x07 bundle`"

BACKENDS: Final = ("apple-container", "docker", "firecracker-ctr", "podman", "qemu", "vz")
DIGEST_KINDS: Final = ("manifest", "config", "bundle")
ARCHITECTURES: Final = ("x86_64", "aarch64")
ALGORITHMS: Final = ("ecdsa-p256", "ed25519")

_image_digest = re.compile(r"sha256:[0-9a-f]{64}").fullmatch
_sha256 = re.compile(r"[0-9a-f]{64}").fullmatch
_word = re.compile(r"[!-~]+").fullmatch
_control = re.compile(r"[\x00-\x1f\x7f]").search


def _digest_problem(text: str) -> str | None:
    return None if _image_digest(text) else "must be `sha256:` and 64 hex digits in lower case"


def _sha256_problem(text: str) -> str | None:
    return None if _sha256(text) else "must be 64 hex digits in lower case"


def _word_problem(text: str) -> str | None:
    return None if _word(text) else "must be printable ASCII without spaces"


def _line_problem(text: str) -> str | None:
    return "must not contain control characters" if _control(text) else None


def _nul_problem(text: str) -> str | None:
    return "must not contain NUL" if "\0" in text else None


def _path_problem(text: str) -> str | None:
    if _control(text):
        return "must not contain control characters"
    if any(part in ("", ".", "..") for part in text.split("/")):
        return "must be a relative path without empty parts, `.` and `..`"
    return None


def _absolute_problem(text: str) -> str | None:
    if not text.startswith("/"):
        return "must be an absolute path of the guest"
    return _path_problem(text[1:])


BackendName = Annotated[str, Choice(BACKENDS)]
Reference = Annotated[str, Text(512, _word_problem)]
ImageDigest = Annotated[str, Text(71, _digest_problem)]
Kind = Annotated[str, Choice(DIGEST_KINDS)]
Sha256 = Annotated[str, Text(64, _sha256_problem)]
RelativePath = Annotated[str, Text(1024, _path_problem)]
Line = Annotated[str, Text(256, _line_problem)]
LineOrNothing = Annotated[str, Text(256, _line_problem, shortest=0)]
Word = Annotated[str, Text(64, _word_problem)]
Files = Annotated[Mapping[str, str], Table(10_000, Text(1024, _path_problem), Sha256)]


class Limits(NamedTuple):
    """Those of the policy, as it has them."""

    cpu_ms: policy.Duration
    wall_ms: policy.Duration
    mem_bytes: policy.Memory
    fds: policy.Units
    procs: policy.Units


class BuildImage(NamedTuple):
    """The image of a guest that something was built in."""

    reference: Reference
    digest: ImageDigest
    digest_kind: Kind


class PayloadBuild(NamedTuple):
    """How the payload came about, so that it can be made again and compared.

    `image`: of the guest that compiled it; null where the host did. `command`: words after `x07`,
    for the folder that `inputs` are below: every file that was read, by its SHA-256.
    """

    where: Annotated[str, Choice(("guest", "host"))]
    tool: Line
    language: Word
    architecture: Annotated[str, Choice(ARCHITECTURES)]
    compiler: LineOrNothing
    static: bool
    image: Annotated[BuildImage | None, OrNull(BuildImage)]
    command: Annotated[tuple[str, ...], Many(1000, Annotated[str, Text(4096, _nul_problem, 0)])]
    inputs: Files


class LauncherBuild(NamedTuple):
    """What the files of `runtime/` are. `platform`: system and machine, as in `linux-x86_64`."""

    version: Word
    platform: Word
    python: Word


class Signature(NamedTuple):
    """By whom `manifest.json` is signed. `key_sha256`: of the public key in DER form."""

    algorithm: Annotated[str, Choice(ALGORITHMS)]
    key_sha256: Sha256


class Manifest(NamedTuple):
    """`guest_digests`: the same image by each kind that is known, for engines that pin by another.

    `guest_archive`: the image itself, an OCI archive in the sidecar; null where it is not embedded.
    """

    schema_version: Annotated[str, Exactly(SCHEMA_VERSION)]
    backend: BackendName
    guest_image: Reference
    guest_digest: ImageDigest
    payload: RelativePath
    workdir: Annotated[str, Text(1024, _absolute_problem)]
    policy: RelativePath
    guest_digest_kind: Kind
    guest_digests: Annotated[Mapping[str, str], Table(3, Choice(DIGEST_KINDS), ImageDigest)]
    guest_archive: Annotated[str | None, OrNull(RelativePath)]
    files: Files
    limits: Limits
    payload_build: PayloadBuild
    launcher: LauncherBuild
    signature: Annotated[Signature | None, OrNull(Signature)]


class ManifestError(RefusedError):
    """A manifest that is not valid. `problems` are all of them."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        lines = [str(problem) for problem in problems[:MOST_LINES]]
        left = len(problems) - MOST_LINES
        lines += [f"and {left} more"] if left > 0 else []
        super().__init__(f"the manifest `{file}` is not valid", "\n".join(lines), HINT)
        self.problems = tuple(problems)


def read(data: bytes, file: str) -> Manifest:
    """The manifest in the bytes of `file`. Raises ManifestError: it is not valid."""
    document, unreadable, _ = strict_json.read(data)
    if unreadable:
        raise ManifestError(file, [Problem("", message) for message in unreadable])
    manifest, problems = parse(document)
    if manifest is None:
        raise ManifestError(file, problems)
    return manifest


def parse(document: object) -> tuple[Manifest | None, list[Problem]]:
    """The manifest of a JSON value; None where there are problems."""
    reader = Reader()
    manifest = reader.section(Manifest, document, "")
    if not isinstance(manifest, Manifest):
        return None, reader.problems
    problems = conflicts(manifest)
    return (None if problems else manifest), problems


def written(manifest: Manifest) -> bytes:
    """The file of a manifest: read, it gives the same."""
    return json_pretty(plain(manifest))


def limits_of(found: policy.Limits) -> Limits:
    return Limits(found.cpu_ms, found.wall_ms, found.mem_bytes, found.fds, found.procs)


def conflicts(manifest: Manifest) -> list[Problem]:
    """What fields say against each other."""
    problems = _missing_files(manifest) + _files_in_the_way(manifest.files)
    if manifest.guest_digests.get(manifest.guest_digest_kind) != manifest.guest_digest:
        problems.append(
            Problem("/guest_digests", "must have `guest_digest` under `guest_digest_kind`")
        )
    build = manifest.payload_build
    if (build.image is None) != (build.where == "host"):
        problems.append(
            Problem("/payload_build/image", "must be there for a guest, and null for a host")
        )
    return problems


def _missing_files(manifest: Manifest) -> list[Problem]:
    named = {
        "/payload": manifest.payload,
        "/policy": manifest.policy,
        "/guest_archive": manifest.guest_archive,
    }
    return [
        Problem(at, "is not among `files`")
        for at, path in named.items()
        if path is not None and path not in manifest.files
    ]


def _files_in_the_way(files: Mapping[str, str]) -> list[Problem]:
    """Names that are taken, and files that would have to be folders too."""
    folders = {path[:end] for path in files for end in _slashes(path)}
    taken = folders | {NAME, SIGNATURE_NAME}
    return [
        Problem(f"/files/{escaped(path)}", "has a place that something else has")
        for path in files
        if path in taken or path.startswith((f"{NAME}/", f"{SIGNATURE_NAME}/"))
    ]


def _slashes(path: str) -> list[int]:
    return [index for index, letter in enumerate(path) if letter == "/"]


def plain(value: Any) -> object:  # noqa: ANN401  a field of any kind
    """A manifest as JSON has it; tables are sorted."""
    if hasattr(value, "_asdict"):
        return {name: plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, Mapping):
        return {name: plain(value[name]) for name in sorted(value)}
    return [plain(inner) for inner in value] if isinstance(value, tuple) else value
