"""Several blobs at the same time: most of what one takes is waiting for the registry."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

WORKERS: Final = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


def together(action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The results, in the order of the items.

    After an error nothing more is begun, and what was begun ends first. Ctrl-C waits for nothing:
    the process ends, and what is on its way goes on the next time.
    """
    pool = ThreadPoolExecutor(WORKERS)
    try:
        results = list(pool.map(action, items))
    except Exception:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return results
