"""The image `full` unpacked by others; and what is bundled in it, against what is bundled outside.

Outside is the tool as Python runs it, not frozen, from this checkout. It gets the compiler of the
image by standing in its root, with this Python laid over it: the same compiler, another tool.
"""

import base64
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.live import engines, full_image
from tests.live.engines import Engine
from tests.program_build import ROOT
from x07bundle.contract import toolchain as contract
from x07bundle.files import sha256_file

pytestmark = pytest.mark.live

MOST_UNPACKED_BYTES: Final = 150_000_000
MOST_STORED_BYTES: Final = 55_000_000
PRINTED: Final = "base64 echo"
LINKINGS: Final = ("", "--static")
OVER: Final = "/opt/outside"
"""Where this Python is in the root of the image."""
MOUNT: Final = f"""
root=$1 script=$2; shift 2
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
while test $# -gt 0; do mount --bind "$2" "$root{OVER}/$1"; shift 2; done
exec chroot "$root" /bin/sh -c "$script"
"""


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory, full: Path) -> Iterator[Engine]:
    with engines.docker(tmp_path_factory.mktemp("docker")) as engine:
        engine.load(full)
        yield full_image.guest(engine)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, full: Path) -> Path:
    engines.need_root()
    engines.need("unshare", "chroot")
    return full_image.unpacked(full, tmp_path_factory.mktemp("unpacked"))


def test_sizes(full: Path) -> None:
    words = ["skopeo", "inspect", "--raw", f"oci-archive:{full}:{full_image.TAG}"]
    engines.need("skopeo")
    layers = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)["layers"]
    assert sum(layer["size"] for layer in layers) <= MOST_STORED_BYTES


def test_what_umoci_unpacks(root: Path) -> None:
    """Sizes, and the std modules that are pinned."""
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    once = {path.stat().st_ino: path.stat().st_size for path in files}
    assert sum(once.values()) <= MOST_UNPACKED_BYTES
    found = contract.read((root / contract.PLACE).read_bytes(), contract.PLACE)
    assert len(found.std) > 20
    for name, digest in found.std.items():
        assert sha256_file(root / contract.FOLDER / name) == digest


@pytest.mark.parametrize("flag", LINKINGS)
def test_bundles_are_those_of_outside(docker: Engine, root: Path, flag: str) -> None:
    script = full_image.bundle_script(flag) + PRINTED
    inside = docker.start(full_image.NAME, "sh", "-c", script)
    assert base64.b64decode(inside)[:4] == b"\x7fELF"
    assert outside(root, script) == inside


def outside(root: Path, script: str) -> str:
    """What a script says in the image's root, where `x07` is that of this checkout.

    In namespaces of its own, which take the mounts away when it ends.
    """
    places = {name: str(place) for name, place in laid_over().items()}
    for name, place in places.items():
        _make_room(root / OVER[1:] / name, Path(place))
    shim = f'x07() {{ {OVER}/bin/python -m x07bundle.cli.main "$@"; }}; {script}'
    pairs = [word for pair in places.items() for word in pair]
    words = ["unshare", "--mount", "--net", "sh", "-ec", MOUNT, "sh", str(root), shim, *pairs]
    env = {
        "PATH": "/usr/bin:/usr/sbin",
        "HOME": "/root",
        "PYTHONHOME": OVER,
        "PYTHONPATH": f"{OVER}/checkout:{OVER}/site",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LD_LIBRARY_PATH": f"{OVER}/lib",
    }
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def laid_over() -> dict[str, Path]:
    """The parts of this Python, by where they go below `OVER`."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    parts = {
        "bin/python": Path(os.path.realpath(sys.executable)),
        f"lib/{version}": Path(sysconfig.get_path("stdlib")),
        "site": Path(sysconfig.get_path("purelib")),
        "checkout": ROOT,
    }
    name = sysconfig.get_config_var("INSTSONAME")
    library = Path(sysconfig.get_config_var("LIBDIR"), name)
    return parts | {f"lib/{name}": library} if library.is_file() else parts


def _make_room(place: Path, there: Path) -> None:
    if there.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
