"""`x07 bundle --check APP`: whether the sources at hand still give the payload of a bundle.

The bundle's own record is followed: the words that made its payload, for the files of which it has
the digests, in a guest of the image that compiled it, or on this machine.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from x07bundle import files
from x07bundle.bundle import vm_payload
from x07bundle.contract import consent
from x07bundle.contract.vm_manifest import Manifest
from x07bundle.errors import RefusedError, X07Error
from x07bundle.project import portable
from x07bundle.vm import boundary, choose, images
from x07bundle.vm.boundary import Boundary, Wanted

SCHEMA_VERSION: Final = "x07.bundle.check.report@0.1.0"

Rebuild = Callable[[tuple[str, ...], Path], bytes]
"""Words after `x07`, and the folder that they are for -> the executable."""


class Checked(NamedTuple):
    """`payload`: the digest that came out; None where the inputs differ already."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    expected: str
    payload: str | None = None

    @property
    def ok(self) -> bool:
        return self.payload == self.expected

    def as_json(self) -> dict[str, Any]:
        inputs = {"changed": self.changed, "missing": self.missing, "added": self.added}
        return {
            "schema_version": SCHEMA_VERSION,
            "ok": self.ok,
            "inputs": {name: list(found) for name, found in inputs.items()},
            "payload": {"expected_sha256": self.expected, "sha256": self.payload},
        }


def compared(manifest: Manifest, policy: bytes, sources: portable.Sources) -> Checked:
    """The inputs of the record with those at hand. `policy`: the one that would be bundled now."""
    record = manifest.payload_build.inputs
    here = {path: files.sha256_bytes(data) for path, data in sources.contents.items()}
    here[vm_payload.POLICY] = files.sha256_bytes(policy)
    return Checked(
        changed=tuple(sorted(path for path in record.keys() & here if record[path] != here[path])),
        missing=tuple(sorted(record.keys() - here)),
        added=tuple(sorted(here.keys() - record)),
        expected=manifest.files[manifest.payload],
    )


def rebuilt(
    manifest: Manifest,
    policy: bytes,
    sources: portable.Sources,
    rebuild: Rebuild,
    temporary: Path,
) -> Checked:
    """As `compared`, and the payload made again where the inputs are the same.

    Raises:
        X07Error: it cannot be made.
    """
    found = compared(manifest, policy, sources)
    if found.changed or found.missing or found.added:
        return found
    with files.temporary_folder(temporary) as folder:
        portable.write(sources, folder)
        files.write_atomic(folder / vm_payload.POLICY, policy)
        program = rebuild(manifest.payload_build.command, folder)
    return found._replace(payload=files.sha256_bytes(program))


def in_guest(
    manifest: Manifest, accepted: bool, environment: Mapping[str, str], cache: Path
) -> Rebuild:
    """Compiles in a guest of the image that the record names, in the bundle's own backend where the
    environment names none.

    Raises:
        RefusedError: that image is not the one that is there.
        X07Error: there is no guest.
    """

    def rebuild(command: tuple[str, ...], folder: Path) -> bytes:
        place = _place(manifest, accepted, environment)
        contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        found = vm_payload.compile_in_guest(place, command, contents, cache)
        if found.program is None:
            raise X07Error("the guest does not compile the program any more")
        return found.program

    return rebuild


def _place(manifest: Manifest, accepted: bool, environment: Mapping[str, str]) -> Boundary:
    build = manifest.payload_build
    assert build.image is not None
    named = {
        **consent.told(environment, accepted=accepted),
        choose.VARIABLE: choose.named_backend(environment) or manifest.backend,
        boundary.IMAGE: build.image.reference,
        images.VARIABLE: build.image.digest,
    }
    place = boundary.find(named, Wanted(accepted))
    if place.image.digest.value != build.image.digest:
        raise RefusedError(
            f"the payload was compiled in another image: {build.image.digest}",
            f"there is {place.image.digest}",
            "load that image with `x07 vm load`",
        )
    return place._replace(env=environment)
