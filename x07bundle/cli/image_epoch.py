"""The time that files get: SOURCE_DATE_EPOCH (reproducible-builds.org)."""

import os
import re
from typing import Final

from x07bundle.errors import UsageError

EPOCH: Final = "SOURCE_DATE_EPOCH"
MOST_SECONDS: Final = 9_999_999_999
"""Ten digits: in the year 2286."""


def epoch_seconds() -> int | None:
    """Seconds since 1970, if it says any.

    Raises:
        UsageError: what it says is no time that files can have.
    """
    text = os.environ.get(EPOCH, "")
    if text and not re.fullmatch(r"\d{1,10}", text, re.ASCII):
        raise UsageError(
            f"{EPOCH} is `{text[:40]}`",
            hint=f"it is to be seconds since 1970, a whole number from 0 to {MOST_SECONDS}",
        )
    return int(text) if text else None
