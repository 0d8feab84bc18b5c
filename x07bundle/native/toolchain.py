"""A compiler, a cache and how many processes to use: what building anything needs."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from x07bundle import files
from x07bundle.native.cache import Cache, open_cache, temporary_root
from x07bundle.native.compiler import Compiler, Libc, find_compiler, split_words
from x07bundle.native.flags import Sanitizer


class Toolchain(NamedTuple):
    """`arguments`: `X07_CC_ARGS`, added to the program's compilation (not to the runtime's)."""

    compiler: Compiler
    cache: Cache
    temporary: Path
    arguments: tuple[str, ...] = ()
    sanitizers: tuple[Sanitizer, ...] = ()
    jobs: int = 1


def open_toolchain(
    env: Mapping[str, str],
    *,
    libc: Libc = "system",
    jobs: int | None = None,
    sanitizers: tuple[Sanitizer, ...] = (),
) -> Toolchain:
    """Find the compiler and the cache folder.

    `libc`: `musl` for a static program that uses no foreign library.

    Raises:
        ToolMissingError: there is no C compiler.
        OutputError: the cache folder cannot be written.
        UsageError: `X07_CC` or `X07_CC_ARGS` cannot be read.
    """
    cache = open_cache(env)
    return Toolchain(
        compiler=find_compiler(env, cache, libc),
        cache=cache,
        temporary=temporary_root(env),
        arguments=split_words(env.get("X07_CC_ARGS", ""), "X07_CC_ARGS"),
        sanitizers=sanitizers,
        jobs=jobs or usable_cores(),
    )


@contextlib.contextmanager
def without_cache(toolchain: Toolchain) -> Iterator[Toolchain]:
    """The same toolchain with an empty cache of its own, removed afterwards: all is built again."""
    with files.temporary_folder(toolchain.temporary) as folder:
        yield toolchain._replace(cache=Cache(folder))


def usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
