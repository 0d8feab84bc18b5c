"""Campaigns on the readers of what mirrors send: `python -m tests.fuzz.packages --count 50000`.

Sound packages, tars, indices and releases are changed at random places. A reader takes what comes
of that or refuses it with an error for people: anything else is a finding, printed with its seed.
"""

import argparse
import gzip
import io
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.unit.image.debian.making import (
    ENV,
    SUITE,
    ar,
    control,
    deb,
    folder,
    hard,
    link,
    member,
    release,
    stanza,
    tar,
)
from x07bundle.errors import X07Error
from x07bundle.image.debian import ar as ar_reader
from x07bundle.image.debian import deb as debs
from x07bundle.image.debian import fields, packages
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian import release as releases
from x07bundle.image.tar_reader import Limits, TarReader

Reader = Callable[[bytes], object]

EDITS: Final = 4
WORDS: Final = (
    b"../", b"/", b"\0", b"\xff", b"\n", b"\n\n", b": ", b"!<arch>\n", b"`\n", b"ustar",
    b"99999999", b"-1", b"7" * 12, b"\x80" + b"\xff" * 11, b"path=../x\n", b"GNU.sparse.size=1",
    b"Package: a\n",
)  # fmt: skip
MEMBERS: Final = (
    folder("./usr"), member("./usr/a", content=b"x" * 700, mode=0o755), link("./usr/b", "a"),
    hard("./usr/c", "./usr/a"), member("./usr/" + "long" * 40, content=b"y"),
)  # fmt: skip
LOCK: Final = locks.text(
    locks.Lock(
        "amd64",
        "0" * 64,
        (locks.Seen(SUITE, releases.read(release({"a": b""}), SUITE).date, "1" * 64),),
        (locks.Locked("a1", "1.0", "all", SUITE, "pool/a/a1", 1, "2" * 64, ("full/x",)),),
    )
)


def read_ar(data: bytes) -> None:
    list(ar_reader.members(io.BytesIO(data), len(data), "it"))


def read_tar(data: bytes) -> None:
    for _, content in TarReader(io.BytesIO(data), "it", Limits(1000, 1 << 20)):
        content.all()


def read_deb(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "a.deb")
        file.write_bytes(data)
        debs.read(file, ENV, "it", Path(folder, "large"))


def read_index(data: bytes) -> None:
    for package in packages.read(data, SUITE, "amd64"):
        _ = (package.clauses, package.provided, package.excluded)


def read_fields(data: bytes) -> None:
    list(fields.paragraphs(data, "it", comments=True))


def read_release(data: bytes) -> None:
    releases.read(data, SUITE)


def read_lock(data: bytes) -> None:
    locks.parse(data, "it")


READERS: Final[Mapping[str, Reader]] = {
    "ar": read_ar, "tar": read_tar, "deb": read_deb, "index": read_index, "fields": read_fields,
    "release": read_release, "lock": read_lock,
}  # fmt: skip


@cache
def seeds() -> Mapping[str, tuple[bytes, ...]]:
    """What each reader takes as it is. Some packages are not packed: changes reach their tars."""
    made = deb("a1", *MEMBERS, Depends="libc6 (>= 2) | b1:any", Provides="v1 (= 1)", Conflicts="c1")
    text = tar(member("./control", content=control("a1", "1.0", {})))
    plain = ar((b"debian-binary", b"2.0\n"), (b"control.tar", text), (b"data.tar", tar(*MEMBERS)))
    packed = ar(
        (b"debian-binary", b"2.0\n"),
        (b"control.tar.gz", gzip.compress(text, mtime=0)),
        (b"data.tar.xz", made.data[-200:]),
    )
    index = f"{stanza(made)}\n{stanza(deb('b1'))}".encode()
    listed = release({"main/binary-amd64/Packages.xz": b"x"}, Valid_Until="never")
    return {
        "ar": (plain, made.data),
        "tar": (tar(*MEMBERS), text),
        "deb": (plain, made.data, packed),
        "index": (index,),
        "fields": (b"# x\nTypes: deb\nURIs: http://a\n b\n\nTypes: deb\n",),
        "release": (listed, release({"a": b"", "b": b"1"})),
        "lock": (LOCK,),
    }


def changed(kind: str, seed: int) -> bytes:
    """Input number `seed` of a reader."""
    chance = random.Random(f"{kind} {seed}")
    data = bytearray(chance.choice(seeds()[kind]))
    for _ in range(chance.randint(1, EDITS)):
        _edit(data, chance)
    return bytes(_summed(data) if kind == "tar" and chance.random() < 0.7 else data)


def _edit(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    end = at + chance.choice((1, 2, 8, 60, 512))
    match chance.randrange(6):
        case 0:
            data[at : at + 1] = bytes((chance.randrange(256),))
        case 1:
            del data[at:end]
        case 2:
            data[at:at] = data[at:end]
        case 3:
            data[at:at] = chance.choice(WORDS)
        case 4:
            word = chance.choice(WORDS)
            data[at : at + len(word)] = word
        case _:
            del data[at : at + 1 if chance.random() < 0.7 else len(data)]


def _summed(data: bytearray) -> bytearray:
    """Headers of a tar with sums that are right, so that what is behind the sum is read."""
    for at in range(0, len(data) - 511, 512):
        if data[at + 257 : at + 262] == b"ustar":
            data[at + 148 : at + 156] = b" " * 8
            data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
    return data


def finding(kind: str, seed: int, reader: Reader | None = None) -> str | None:
    """What a reader (that of the kind) did that it may not do."""
    try:
        (reader or READERS[kind])(changed(kind, seed))
    except X07Error:
        return None
    except Exception as error:
        return f"{kind} seed {seed}: {type(error).__name__}: {error}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000, help="inputs, over all readers")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = 0
    for number in range(options.count):
        kind = list(READERS)[number % len(READERS)]
        problem = finding(kind, options.seed + number // len(READERS))
        if problem is not None:
            found += 1
            print(problem)  # noqa: T201
        if number % 5000 == 4999:
            print(f"{number + 1} inputs, {found} findings", file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
