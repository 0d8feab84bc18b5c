"""What an image is called, to each of those who load it.

`x07-guest-runner:vm-smoke` is that to docker. containerd and newer dockers take a whole reference
from an annotation; one without a host becomes one of `localhost/`, as podman makes it.
"""

import re
from typing import Final, NamedTuple

from x07bundle.errors import UsageError

PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
HOST: Final = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?:\.[A-Za-z0-9-]+|:\d{1,5})|localhost)(?::\d{1,5})?"
TAG: Final = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
REFERENCE: Final = re.compile(
    rf"(?:(?P<host>{HOST})/)?(?P<repository>{PART}(?:/{PART})*)(?::(?P<tag>{TAG}))?"
)
LOCAL: Final = "localhost"
LATEST: Final = "latest"
MOST_CHARACTERS: Final = 255


class Name(NamedTuple):
    """`host` is "" where none was given."""

    host: str
    repository: str
    tag: str

    @property
    def short(self) -> str:
        """As it was given, with its tag."""
        return f"{self.host}/{self.repository}:{self.tag}".removeprefix("/")

    @property
    def whole(self) -> str:
        return f"{self.host or LOCAL}/{self.repository}:{self.tag}"


def read(text: str) -> Name:
    """`[HOST[:PORT]/]NAME[:TAG]`.

    Raises:
        UsageError: it is none.
    """
    match = REFERENCE.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if match is None:
        raise UsageError(
            f"`{text[:MOST_CHARACTERS]}` is no name of an image",
            hint="names are small letters and digits with - . _ between: x07-guest-runner:1.0",
        )
    return Name(match["host"] or "", match["repository"], match["tag"] or LATEST)
