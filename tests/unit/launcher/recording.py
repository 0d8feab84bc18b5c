"""A launcher that notes which of its variables are read:
`python -m tests.unit.launcher.recording NOTES APP ARGUMENTS`.

NOTES gets a line of JSON: the names that were read, whether there is such a variable or not, and
how often all names were gone through.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from x07bundle.launcher import main
from x07bundle.launcher.environment import unveiled


class Recording(Mapping[str, str]):
    """`get`, `in`, `items` and copies of it are reads of each name."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.read: set[str] = set()
        self.rounds = 0

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        self.rounds += 1
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


if __name__ == "__main__":
    variables = Recording(unveiled(os.environb))
    status = main.run(sys.argv[2:], variables)
    told = {"read": sorted(variables.read), "rounds": variables.rounds}
    Path(sys.argv[1]).write_text(json.dumps(told))
    sys.stdout.flush()
    os._exit(status)
