"""(i) What images cost: building from packages that are in the cache, and packing a tree.

Beside them are the commands that do the same on a distribution: `dpkg-deb`, `tar`, `gzip` and
`sha256sum`. The tool's own sources stand for a frozen toolchain.
"""

import json
import platform
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.clock import command, interleave
from bench.figures import Figure
from bench.workshop import HERE, Workshop
from x07bundle.native.cache import open_cache

REPETITIONS: Final = 3
BUILD_TARGET: Final = 1.0
PACK_TARGET: Final = 1.5
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
LOCKS: Final = HERE.parent / "guest_image"
TAR: Final = "tar --sort=name -C '{tree}' -c . | tee >(sha256sum >&2) | gzip"


def measure(workshop: Workshop) -> Iterator[Figure]:
    """Nothing where packages cannot be had, or there is no `dpkg-deb` to measure against."""
    image = full_image(workshop)
    if image is None:
        return
    tree = _tree(image, workshop.folder / "tree")
    if shutil.which("dpkg-deb") is not None:
        yield _build(workshop)
    yield _pack(workshop, tree)


def full_image(workshop: Workshop) -> Path | None:
    """A layout folder with an image of the flavour `full`, made once; None where it cannot be."""
    image = workshop.folder / "full"
    if not image.exists():
        argv = _build_command(workshop, image)
        done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode:
            sys.stderr.write(f"no figures of images: {done.stderr.decode().splitlines()[-1]}\n")
            return None
    return image


def _build_command(workshop: Workshop, out: Path, *flags: str) -> list[str]:
    toolchain = workshop.folder / "toolchain"
    if not toolchain.exists():
        place = toolchain / "usr" / "local" / "lib" / "x07bundle"
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE.parent / "x07bundle", place, ignore=ignore)
    argv = [workshop.x07, "image", "build", "--toolchain", toolchain, "--out", out, *flags]
    return [str(word) for word in argv]


def _tree(image: Path, tree: Path) -> Path:
    """The files of an image, below `opt`, where no image has any: a hundred megabytes."""
    for layer in layers_of(image):
        with tarfile.open(layer) as archive:
            for member in archive:
                if member.isfile():
                    place = tree / "opt" / "tree" / member.name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    content = archive.extractfile(member)
                    place.write_bytes(content.read() if content is not None else b"")
    return tree


def layers_of(image: Path) -> list[Path]:
    """The layers of the first image of a layout folder."""
    top = _document(image / "index.json")["manifests"][0]
    manifest = _document(_blob(image, top))
    return [_blob(image, layer) for layer in manifest["layers"]]


def _blob(image: Path, descriptor: Any) -> Path:  # noqa: ANN401  it is a member of JSON
    return image / "blobs" / str(descriptor["digest"]).replace(":", "/")


def _document(path: Path) -> Any:  # noqa: ANN401  it is JSON
    return json.loads(path.read_bytes())


def _build(workshop: Workshop) -> Figure:
    actions = {
        "x07": command(_build_command(workshop, workshop.folder / "again", "--offline")),
        "dpkg": command(("bash", "-ec", _by_commands(workshop))),
    }
    spent = interleave(actions, REPETITIONS)
    ratio = spent["x07"].least_ms / spent["dpkg"].least_ms
    detail = f"x07 image build {spent['x07']}; dpkg-deb, tar, gzip {spent['dpkg']}"
    name = "(i) building `full` from a warm cache against dpkg-deb, tar and gzip"
    return Figure(name, ratio, BUILD_TARGET, "", detail)


def _by_commands(workshop: Workshop) -> str:
    """The same packages into a folder, and that into a layer with both digests."""
    lock = tomllib.loads((LOCKS / f"lock-{ARCHITECTURES[platform.machine()]}.toml").read_text())
    digests = [
        package["sha256"]
        for package in lock["package"]
        if any(layer.startswith("full/") for layer in package["layers"])
    ]
    cache = open_cache({"HOME": str(Path.home())}).folder / "packages"
    root, out = workshop.folder / "root", workshop.folder / "layer.tar.gz"
    return "\n".join(
        [
            f"rm -rf '{root}'; mkdir '{root}'",
            *(f"dpkg-deb -x '{cache / digest}' '{root}'" for digest in digests),
            f"{TAR.format(tree=root)} > '{out}'; sha256sum '{out}'",
        ]
    )


def _pack(workshop: Workshop, tree: Path) -> Figure:
    out = workshop.folder / "packed"
    flags = ("--flavour", "run", "--offline")
    ours = [str(workshop.x07), "image", "build", *flags, "--toolchain", str(tree)]
    blob = workshop.folder / "packed.tar.gz"
    theirs = f"{TAR.format(tree=tree)} > '{blob}'; sha256sum '{blob}'"
    actions = {
        "x07": command([*ours, "--out", str(out)]),
        "tar": command(("bash", "-ec", theirs)),
    }
    spent = interleave(actions, REPETITIONS)
    ratio = spent["x07"].least_ms / spent["tar"].least_ms
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) >> 20
    detail = f"x07 image build {spent['x07']}; tar, gzip, sha256sum {spent['tar']}"
    name = f"(i) packing a tree of {size} MiB against tar, gzip and sha256sum"
    return Figure(name, ratio, PACK_TARGET, "", detail)
