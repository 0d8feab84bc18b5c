"""What somebody may see of a transfer while it lasts."""

from typing import Protocol


class Watch(Protocol):
    """Told of one thing after the other. `end` says what became of it, as "pushed"."""

    def begin(self, name: str, size_bytes: int) -> None: ...

    def moved(self, done_bytes: int) -> None: ...

    def end(self, outcome: str) -> None: ...

    def note(self, text: str) -> None: ...


class Unwatched:
    """Nobody looks."""

    def begin(self, name: str, size_bytes: int) -> None:
        """Nothing to show."""

    def moved(self, done_bytes: int) -> None:
        """Nothing to show."""

    def end(self, outcome: str) -> None:
        """Nothing to show."""

    def note(self, text: str) -> None:
        """Nothing to show."""
