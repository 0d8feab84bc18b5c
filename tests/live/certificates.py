"""A certificate authority for tests, made by `openssl`."""

import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple


class Authority(NamedTuple):
    """`file`: what clients are to trust."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def context(self, *names: str, days: int = 2) -> ssl.SSLContext:
        """For a server that is called so: `DNS:localhost`, `IP:127.0.0.1`."""
        stem = "-".join(names).replace(":", "_").replace("*", "any") + f"-{days}"
        if not (self.folder / f"{stem}.pem").exists():
            _sign(self.folder, stem, names, days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")
        return context


def make(folder: Path) -> Authority:
    _openssl(
        folder,
        *("req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem"),
        *("-subj", "/CN=test authority", "-days", "2"),
    )
    return Authority(folder)


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _sign(folder: Path, stem: str, names: tuple[str, ...], days: int) -> None:
    wanted = ("-keyout", f"{stem}.key", "-out", f"{stem}.csr", "-subj", "/CN=server")
    _openssl(folder, "req", *KEY, *wanted)
    (folder / f"{stem}.ext").write_text(f"subjectAltName={','.join(names)}\n")
    _openssl(
        folder,
        *("x509", "-req", "-in", f"{stem}.csr", "-out", f"{stem}.pem", "-days", str(days)),
        *("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", f"{stem}.ext"),
    )


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=True)
