"""Executables of bundles, with a bit changed."""

from collections.abc import Iterable

from x07bundle.contract import launcher_trailer
from x07bundle.contract.launcher_trailer import Trailer, TrailerError


def assert_every_bit_counts(executable: bytes, trailer: Trailer, places: Iterable[int]) -> None:
    """Wherever one is changed, what is read is refused, or another trailer."""
    for at in places:
        for bit in range(8):
            changed = bytearray(executable)
            changed[at] ^= 1 << bit
            try:
                found = launcher_trailer.read(bytes(changed), "app")
            except TrailerError:
                continue
            assert found != trailer, at
