"""Steps of what takes a while, told to whoever shows them."""

from typing import Protocol


class Steps(Protocol):
    def begin(self, what: str, total_bytes: int) -> None:
        """A step starts; `total_bytes` 0 where nobody knows."""

    def advance(self, size_bytes: int) -> None:
        """So much more of it is done."""

    def end(self) -> None:
        """It is done."""


class Silent:
    """Nobody looks."""

    def begin(self, what: str, total_bytes: int) -> None: ...

    def advance(self, size_bytes: int) -> None: ...

    def end(self) -> None: ...
