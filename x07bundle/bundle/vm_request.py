"""What a caller asked for of a VM bundle, beside what every bundle has."""

from pathlib import Path
from typing import Literal, NamedTuple

from x07bundle.bundle.sidecar import Signer

Where = Literal["guest", "host"]
Pull = Literal["never", "missing"]


class VmRequest(NamedTuple):
    """`backend`: to pin; None is the one in force. `where`: the payload is compiled. `embed`: an
    OCI archive that goes into the sidecar. `signer`: of the manifest; None leaves it unsigned.
    """

    backend: str | None = None
    where: Where = "guest"
    embed: Path | None = None
    pull: Pull = "never"
    signer: Signer | None = None
