"""What a bundle is: its policy, what it is pinned to, its files, and how it was made."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from x07bundle.contract import vm_manifest
from x07bundle.contract.policy_rules import shown
from x07bundle.launcher.bundle import Bundle

SCHEMA_VERSION: Final = "x07.bundle.inspect@0.1.0"
COLUMN: Final = 12
THE_GUESTS: Final = "the compiler of that guest"


def document(bundle: Bundle) -> dict[str, Any]:
    """The whole manifest and the whole policy, and what the disk says."""
    return {
        "schema_version": SCHEMA_VERSION,
        "executable": str(bundle.executable),
        "sidecar": str(bundle.sidecar),
        "manifest": vm_manifest.plain(bundle.manifest),
        "policy": bundle.policy.document,
        "files": [
            {"path": path, "bytes": size, "sha256": bundle.manifest.files[path]}
            for path, size in _sizes(bundle).items()
        ],
    }


def text(bundle: Bundle) -> str:
    rows = [*_what(bundle), *_made(bundle), *_limits(bundle), *_policy(bundle), *_files(bundle)]
    lines, before = [], ""
    for name, value in rows:
        heading = name if name != before else ""
        lines.append(f"{heading:{COLUMN}}{shown_line(value)}".rstrip())
        before = name
    return "\n".join(lines) + "\n"


def shown_line(value: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in value)


Row = tuple[str, str]


def _what(bundle: Bundle) -> Iterator[Row]:
    manifest = bundle.manifest
    yield "bundle", str(bundle.executable)
    yield "backend", manifest.backend
    yield "guest", manifest.guest_image
    for kind, digest in sorted(manifest.guest_digests.items()):
        mark = ", by which it is run" if kind == manifest.guest_digest_kind else ""
        yield "guest", f"{digest} ({kind}{mark})"
    yield "guest", f"embedded: {manifest.guest_archive or 'no'}"
    signed = manifest.signature
    yield "signed", f"{signed.algorithm}, key {signed.key_sha256}" if signed else "no"


def _made(bundle: Bundle) -> Iterator[Row]:
    build, launcher = bundle.manifest.payload_build, bundle.manifest.launcher
    linked = "static" if build.static else "dynamic"
    where = f"in the guest {build.image.reference}" if build.image else "on the host"
    yield "payload", f"{build.architecture}, {linked}, built {where}"
    yield "payload", f"{build.tool}, language {build.language}, {build.compiler or THE_GUESTS}"
    yield "payload", f"x07 {' '.join(build.command)}"
    yield "launcher", f"{launcher.version} for {launcher.platform}, Python {launcher.python}"


def _limits(bundle: Bundle) -> Iterator[Row]:
    for name, value in bundle.manifest.limits._asdict().items():
        yield "limits", f"{name} {value}"


def _policy(bundle: Bundle) -> Iterator[Row]:
    """What it grants: every field that is neither false, nor empty, nor zero."""
    yield "policy", str(bundle.policy.document["policy_id"])
    for name, section in bundle.policy.document.items():
        if isinstance(section, Mapping) and name != "limits" and section.get("enabled", True):
            for field, value in section.items():
                if value and field != "enabled":
                    yield "policy", f"{name}.{field}: {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    if isinstance(value, dict):
        return " ".join(_value(item) for item in value.values())
    return "yes" if value is True else shown(str(value))


def _files(bundle: Bundle) -> Iterator[Row]:
    for path, size in _sizes(bundle).items():
        yield "files", f"{bundle.manifest.files[path]} {size:>10} {path}"


def _sizes(bundle: Bundle) -> dict[str, int]:
    """In bytes, by path; -1 where a file is missing."""
    found = {}
    for path in sorted(bundle.manifest.files):
        try:
            found[path] = (bundle.sidecar / path).lstat().st_size
        except OSError:
            found[path] = -1
    return found
