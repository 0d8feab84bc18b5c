"""Several blobs at the same time: most of what one takes is waiting for the registry."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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


@contextmanager
def beside(action: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Does something while the block goes on, which is given a way to wait for its end. That raises
    what the action does."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(action).result
    finally:
        pool.shutdown(wait=False)
