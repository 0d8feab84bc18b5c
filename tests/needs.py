"""What tests take of a machine beside Python and a C compiler: engines, servers, tools.

X07_TEST_ENGINES=1 says that all that `.ci/engines` installs is here and can be started. Then a test
that does not find it fails, where it would be skipped.
"""

import os
from typing import Final, NoReturn

import pytest

VARIABLE: Final = "X07_TEST_ENGINES"


def are_met() -> bool:
    """Whether all that can be installed has to be here."""
    return os.environ.get(VARIABLE) == "1"


def missing(reason: str) -> NoReturn:
    """Skips the test, or fails it. Not for what no package brings: a kernel's abilities, a Mac."""
    if are_met():
        pytest.fail(f"{reason}, and {VARIABLE}=1 says that it is here", pytrace=False)
    pytest.skip(reason)
