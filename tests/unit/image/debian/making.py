"""Packages, indices, releases and mirrors, made byte by byte so that they can be wrong as well."""

import gzip
import hashlib
import io
import lzma
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.fakes import install

ENV: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
SUITE: Final = "stable"
TIME_SECONDS: Final = 1_700_000_000
"""Of members."""
DATE: Final = "Sat, 11 Jul 2026 10:16:37 UTC"


class Made(NamedTuple):
    """A package. `data`: its archive."""

    name: str
    version: str
    data: bytes
    fields: Mapping[str, str]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def path(self) -> str:
        return f"pool/main/{self.name[0]}/{self.name}/{self.name}_{self.version}_amd64.deb"


def ar(*members: tuple[bytes, bytes]) -> bytes:
    """Names of 16 bytes at most, and contents."""
    parts = [b"!<arch>\n"]
    for name, content in members:
        parts.append(b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"100644", len(content)))
        parts.append(content + b"\n" * (len(content) % 2))
    return b"".join(parts)


def member(
    name: str,
    kind: bytes = tarfile.REGTYPE,
    content: bytes = b"",
    target: str = "",
    mode: int = 0o644,
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, target, mode, len(content)
    info.mtime = TIME_SECONDS
    return info, content


def folder(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, tarfile.DIRTYPE, mode=mode)


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, tarfile.SYMTYPE, target=target, mode=0o777)


def hard(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, tarfile.LNKTYPE, target=target)


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """As dpkg-deb makes it: the format of GNU."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def _xz(data: bytes) -> bytes:
    """With a small dictionary: setting up a large one is all that takes time here."""
    return lzma.compress(data, preset=0)


def control(name: str, version: str, fields: Mapping[str, str]) -> bytes:
    lines = {"Package": name, "Version": version, "Architecture": "amd64", **fields}
    return "".join(f"{key}: {value}\n" for key, value in lines.items()).encode()


def deb(
    name: str,
    *members: tuple[tarfile.TarInfo, bytes],
    version: str = "1.0",
    packed: str = "xz",
    **fields: str,
) -> Made:
    """Fields by their names with `_` for `-`."""
    named = {key.replace("_", "-"): value for key, value in fields.items()}
    text = control(name, version, named)
    pack = {"xz": _xz, "gz": gzip.compress}[packed]
    data = ar(
        (b"debian-binary", b"2.0\n"),
        (b"control.tar." + packed.encode(), pack(tar(member("./control", content=text)))),
        (b"data.tar." + packed.encode(), pack(tar(folder("./"), *members))),
    )
    return Made(name, version, data, named)


def stanza(made: Made) -> str:
    text = control(made.name, made.version, made.fields).decode()
    return f"{text}Filename: {made.path}\nSize: {len(made.data)}\nSHA256: {made.sha256}\n"


def release(
    files: Mapping[str, bytes], suite: str = SUITE, date: str = DATE, **fields: str
) -> bytes:
    lines = [f"Codename: {suite}", f"Date: {date}", "Architectures: amd64 arm64"]
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in fields.items()]
    lines += ["SHA256:"]
    lines += [
        f" {hashlib.sha256(data).hexdigest()} {len(data)} {path}" for path, data in files.items()
    ]
    return ("\n".join(lines) + "\n").encode()


class Keys(NamedTuple):
    """A pair of keys. `keyring`: the public one, as gpgv reads it."""

    home: Path
    keyring: Path

    def sign(self, text: bytes) -> bytes:
        return self._gpg("--clearsign", stdin=text)

    def _gpg(self, *words: str, stdin: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", *words]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def make_keys(home: Path) -> Keys:
    """Skips the test where there is no GnuPG."""
    if shutil.which("gpg") is None or shutil.which("gpgv") is None:
        pytest.skip("no gpg or gpgv (`apt-get install gnupg gpgv`)")
    home.mkdir(mode=0o700)
    keys = Keys(home, home / "keyring.gpg")
    keys._gpg("--passphrase", "", "--quick-generate-key", "mirror", "ed25519", "sign", "never")
    keys.keyring.write_bytes(keys._gpg("--export"))
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    return keys


SIGNER: Final = (
    'out=; while [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done\n'
    'cat "$1" > "$out"\n'
    "for word in 'PLAINTEXT 74 0' NEWSIG 'GOODSIG 1 m' 'VALIDSIG 1'; do\n"
    '  echo "[GNUPG:] $word"\ndone'
)
"""A `gpgv` that finds everything well signed."""


class Mirror(NamedTuple):
    """A folder that is a mirror. `env` has a `gpgv` that takes what is not signed."""

    root: Path
    env: Mapping[str, str]

    @property
    def url(self) -> str:
        return self.root.as_uri()

    @property
    def keyring(self) -> str:
        return str(self.root / "keys")

    def fill(self, packages: Sequence[Made], suite: str = SUITE, date: str = DATE) -> None:
        index = "\n".join(stanza(made) for made in packages).encode()
        files = {"main/binary-amd64/Packages.xz": _xz(index)}
        files["main/binary-arm64/Packages.xz"] = _xz(b"")
        base = self.root / "dists" / suite
        for path, data in {**files, "InRelease": release(files, suite, date)}.items():
            place = base / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        for made in packages:
            place = self.root / made.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(made.data)


def make_mirror(root: Path) -> Mirror:
    programs = root / "programs"
    install(programs, "gpgv", SIGNER)
    (root / "keys").write_bytes(b"")
    return Mirror(root, {"PATH": f"{programs}:{ENV['PATH']}"})
