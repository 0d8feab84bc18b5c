"""What one look at the machine found."""

from typing import NamedTuple


class Check(NamedTuple):
    """`fix`: a command for this machine. `needed`: the project at hand does not work without."""

    name: str
    ok: bool
    detail: str
    fix: str | None = None
    needed: bool = False

    @property
    def is_missing(self) -> bool:
        return self.needed and not self.ok
