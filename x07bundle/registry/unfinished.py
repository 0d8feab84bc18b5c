"""Uploads that were begun and not ended: where they go on, kept from process to process.

The file is for its owner alone: the URLs let anybody go on. Losing it costs an upload from the
beginning, so that nothing here is an error.
"""

import contextlib
import threading
from pathlib import Path
from typing import Any, Final

from x07bundle.errors import X07Error
from x07bundle.files import json_compact_sorted, sha256_bytes, write_atomic
from x07bundle.strict_json import read

MOST_BYTES: Final = 1 << 20


class Unfinished:
    """`folder` None: nothing is kept."""

    def __init__(self, folder: Path | None, repository: str) -> None:
        name = f"{sha256_bytes(repository.encode())}.json"
        self.file = folder / name if folder is not None else None
        self.lock = threading.Lock()

    def find(self, digest: str) -> str:
        """The URL where an upload goes on, or ""."""
        url = self._places().get(digest)
        return url if isinstance(url, str) else ""

    def keep(self, digest: str, url: str) -> None:
        with self.lock:
            self._write({**self._places(), digest: url})

    def forget(self, digest: str) -> None:
        with self.lock:
            places = self._places()
            if places.pop(digest, None) is not None:
                self._write(places)

    def _places(self) -> dict[str, Any]:
        if self.file is None:
            return {}
        try:
            with self.file.open("rb") as stream:
                document = read(stream.read(MOST_BYTES)).value
        except OSError:
            return {}
        return document if isinstance(document, dict) else {}

    def _write(self, places: dict[str, Any]) -> None:
        if self.file is None:
            return
        with contextlib.suppress(X07Error, OSError):
            if places:
                write_atomic(self.file, json_compact_sorted(places), 0o600, parents=True)
            else:
                self.file.unlink(missing_ok=True)
