"""Flags of the C compiler, as tables (contract/abi.md §8, decision 0005 for what differs)."""

import sys
from pathlib import Path
from typing import Final, Literal, NamedTuple

CcProfile = Literal["default", "size"]
Sanitizer = Literal["address", "undefined"]

BASE: Final = (
    "-std=c11", "-O2", "-ffp-contract=off", "-ffunction-sections", "-fdata-sections",
)  # fmt: skip
RUNTIME: Final = ("-D_GNU_SOURCE", "-g0")
"""For the runtime's own sources. Debug data would hold names of folders."""

PROFILES: Final[dict[CcProfile, tuple[str, ...]]] = {"default": (), "size": ("-Os",)}

LINK_LINUX: Final = ("-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--build-id=none")
LINK_MACOS: Final = ("-Wl,-dead_strip", "-Wl,-x")


class Link(NamedTuple):
    """What a project links with. `search_paths` are absolute, `sources` are C files, absolute too.

    `extra` are words added last.
    """

    libs: tuple[str, ...] = ()
    search_paths: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    static: bool = False
    sources: tuple[Path, ...] = ()
    extra: tuple[str, ...] = ()

    def with_code(self, sources: tuple[Path, ...], libs: tuple[str, ...]) -> "Link":
        """The same with C code of packages, and the libraries that it needs."""
        return self._replace(
            sources=(*self.sources, *sources), libs=tuple(dict.fromkeys((*self.libs, *libs)))
        )


NO_LINK: Final = Link()


def compile_flags(cc_profile: CcProfile, sanitizers: tuple[Sanitizer, ...]) -> tuple[str, ...]:
    """For the runtime and the program alike: they must agree."""
    return (*BASE, *PROFILES[cc_profile], *_sanitizing(sanitizers))


def link_flags(sanitizers: tuple[Sanitizer, ...]) -> tuple[str, ...]:
    """Dead code out, symbols out. Symbols stay where a sanitizer wants to name places."""
    if sanitizers:
        return ()
    return LINK_MACOS if sys.platform == "darwin" else LINK_LINUX


def library_flags(link: Link) -> tuple[str, ...]:
    """Options and values as separate words, in the contract's order."""
    words: list[str] = ["-static"] if link.static else []
    for option, values in (("-L", link.search_paths), ("-l", link.libs)):
        words += [word for value in values for word in (option, value)]
    for name in link.frameworks:
        words += ["-framework", name]
    words += link.extra
    return (*words, *MATHS)


MATHS: Final = () if sys.platform == "darwin" else ("-Wl,--as-needed", "-lm")
"""Part of the C library that Linux keeps apart: linked by the programs that use it."""


def _sanitizing(sanitizers: tuple[Sanitizer, ...]) -> tuple[str, ...]:
    if not sanitizers:
        return ()
    return (f"-fsanitize={','.join(sanitizers)}", "-fno-sanitize-recover=all", "-g")
