"""What somebody may see of transfers while they last. Several last at the same time."""

from typing import Protocol


class Transfer(Protocol):
    """One blob on its way. `end` says what became of it, as "pushed"."""

    def moved(self, done_bytes: int) -> None: ...

    def end(self, outcome: str) -> None: ...


class Watch(Protocol):
    """Asked for by several threads."""

    def begin(self, name: str, size_bytes: int) -> Transfer: ...

    def note(self, text: str) -> None: ...


class _Unseen:
    def moved(self, done_bytes: int) -> None:
        """Nothing to show."""

    def end(self, outcome: str) -> None:
        """Nothing to show."""


class Unwatched:
    """Nobody looks."""

    def begin(self, name: str, size_bytes: int) -> Transfer:
        return _Unseen()

    def note(self, text: str) -> None:
        """Nothing to show."""
