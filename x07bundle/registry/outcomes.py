"""What became of each part of an image. A module of its own: a pull imports nothing of a push."""

from typing import NamedTuple


class Done(NamedTuple):
    """`outcome`: there, mounted, resumed, pushed or pulled; of referrers "api" or "tag", by what
    they are found."""

    kind: str
    media_type: str
    digest: str
    size_bytes: int
    outcome: str
