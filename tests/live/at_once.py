"""Many starts at once, and engines that do not survive them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.live.vm_engines import LiveEngine

Result = TypeVar("Result")


def results(
    engine: LiveEngine, count: int, one: Callable[[int], Result]
) -> list[Result | Exception]:
    """What each of them gave, or how it failed.

    docker 20.10 may lock itself up where dozens of guests end at once: its libnetwork takes two
    locks in both orders, and then no guest starts or ends any more. It is started again, and so are
    they.
    """
    found = _all(count, one)
    if engine.is_locked_up():
        engine.restart()
        found = _all(count, one)
    return found


def _all(count: int, one: Callable[[int], Result]) -> list[Result | Exception]:
    def caught(number: int) -> Result | Exception:
        try:
            return one(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(caught, range(count)))
