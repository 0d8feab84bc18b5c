"""`x07 pkg pack` and `verify`: for those who make packages, and those who run an index."""

from pathlib import Path
from typing import Any, Final

import click

from x07bundle.cli.options import PATH
from x07bundle.cli.pkg_report import (
    around,
    complete,
    index_option,
    offline_option,
    reachable,
    reported,
    say,
)
from x07bundle.files import sha256_bytes
from x07bundle.project.packages import queries, signatures
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.packing import pack_for_others
from x07bundle.project.packages.spec import required
from x07bundle.project.packages.supply import index_of
from x07bundle.project.packages.vendoring import download


@click.command(name="pack")
@click.option(
    "--package", "folder", metavar="DIR", type=PATH, default=Path(), help="Its folder. [here]"
)
@click.option("--out", metavar="PATH", type=PATH, help="The archive, by custom *.x07pkg.")
@reported("pack")
def pack(folder: Path, out: Path | None) -> dict[str, Any]:
    """Make the archive of a package.

    The same files give the same bytes. It holds x07-package.json, the modules that this names, and
    all below ffi/.

    \b
    Examples:
      x07 pkg pack --package packages/my-package --out dist/my-package-1.0.0.x07pkg
    """
    if out is None:
        hint = "name the archive: --out NAME-VERSION.x07pkg"
        raise PackageError("X07PKG_PACK_OUT", "`--out` is missing", None, hint)
    archive = pack_for_others(folder, out)
    digest = sha256_bytes(archive)
    say(f"wrote {out}: {len(archive)} bytes, SHA-256 {digest}")
    return {
        "package_dir": str(folder),
        "out": str(out),
        "sha256": digest,
        "bytes": len(archive),
    }


@click.command(name="verify")
@click.argument("spec", metavar="NAME[@VERSION]", shell_complete=complete)
@index_option
@offline_option
@reported("verify")
def verify(spec: str, index: str | None, offline: bool) -> dict[str, Any]:
    """Check a version's checksum and signature.

    The keys are those that the index publishes.

    \b
    Examples:
      x07 pkg verify my-package@1.0.0 --index https://HOST/index/
    """
    wanted = required(spec)
    found = index_of(reachable(around(None, index, offline).settings))
    entry = queries.entry(found, wanted)
    download(entry, found)
    key_id = signatures.verify(entry, found)
    say(f"{entry.name}@{entry.version} is signed with {key_id}")
    head = {"index": found.url.written, "name": entry.name, "version": entry.version}
    return {**head, "cksum": entry.cksum, "key_id": key_id}


COMMANDS: Final = (pack, verify)
