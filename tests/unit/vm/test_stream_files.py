"""What a guest sends back is believed in nothing; what goes in depends on the folder alone."""

import io
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.vm.hostile_tars import (
    FOLDER,
    LONG,
    ROOT,
    Part,
    block,
    header,
    long_file,
    record,
    said_checksum,
    tar,
)
from x07bundle.errors import OutputError, RefusedError, X07Error
from x07bundle.vm import stream_files
from x07bundle.vm.job import Mount

FILE = Part(f"{ROOT}/file", content=b"content")
ZEROS = bytes(512)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A root that may be written, with something in it, and a place that may not be."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "old").write_bytes(b"old")
    (root / "link").symlink_to("../elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").write_bytes(b"secret")
    return root


def restore(data: io.BytesIO, host: Path, *others: Mount) -> None:
    stream_files.restore(data, (Mount(str(host), f"/{ROOT}", writable=True), *others))


def contents(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = b"-> " + os.fsencode(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else b"/"
    return found


def test_the_agents_own_form(host: Path) -> None:
    link = Part(f"{ROOT}/link", tarfile.SYMTYPE, target="../elsewhere")
    sub = Part(f"{ROOT}/sub", tarfile.DIRTYPE)
    restore(tar(FILE, link, sub, long_file(LONG, b"long")), host)
    assert contents(host) == {
        "file": b"content", "link": b"-> ../elsewhere", "sub": b"/", "n" * 120: b"long",
    }  # fmt: skip


def sized(size: int) -> Callable[[tarfile.TarInfo], None]:
    return lambda info: setattr(info, "size", size)


def patched(part: Part, at: int, data: bytes) -> bytes:
    """With other bytes in the header, whose checksum is right."""
    found = block(part)
    return said_checksum(found[:at] + data + found[at + len(data) :])


HUGE = record("path", LONG) + record("path", LONG)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "parent": (block(Part(f"{ROOT}/../../etc/x")), "no path of a file"),
    "dot": (block(Part(f"{ROOT}/./x")), "no path of a file"),
    "absolute": (block(Part(f"/{ROOT}/x")), "no path of a file"),
    "empty name": (block(Part(f"{ROOT}//x")), "no path of a file"),
    "slash at the end": (block(Part(f"{ROOT}/x/")), "no path of a file"),
    "long name": (long_file(f"{ROOT}/{'n' * 256}", b""), "no path of a file"),
    "long path": (long_file(f"{ROOT}{'/nnn' * 1100}", b""), "no path of a file"),
    "outside": (block(Part("x07/work/other")), "in no root"),
    "beside": (block(Part(f"{ROOT}side")), "in no root"),
    "above": (block(Part("x07/work", tarfile.DIRTYPE)), "in no root"),
    "hard link": (block(Part(f"{ROOT}/x", tarfile.LNKTYPE, target="etc/passwd")), "no file"),
    "device": (patched(FILE, 156, b"3"), "no file, folder or link"),
    "block device": (patched(FILE, 156, b"4"), "no file, folder or link"),
    "pipe": (block(Part(f"{ROOT}/x", tarfile.FIFOTYPE)), "no file, folder or link"),
    "contiguous": (block(Part(f"{ROOT}/x", tarfile.CONTTYPE)), "no file, folder or link"),
    "old file": (block(Part(f"{ROOT}/x", tarfile.AREGTYPE)), "no file, folder or link"),
    "sparse": (patched(FILE, 156, b"S"), "no file, folder or link"),
    "gnu name": (patched(FILE, 156, b"L"), "no file, folder or link"),
    "global": (block(Part("pax", b"g", record("path", LONG))), "no file"),
    "link of its own": (block(Part(f"{ROOT}/x", tarfile.SYMTYPE, target="/etc")), "a link that"),
    "link elsewhere": (block(Part(f"{ROOT}/link", tarfile.SYMTYPE, target="/etc")), "a link that"),
    "link without": (block(Part(f"{ROOT}/link", tarfile.SYMTYPE)), "says two things"),
    "file with a target": (block(Part(f"{ROOT}/x", target="y")), "says two things"),
    "folder with content": (block(Part(f"{ROOT}/x", tarfile.DIRTYPE, b"x" * 512)), "two things"),
    "twice": (block(FILE) + block(FILE), "twice"),
    "below a file": (block(FILE) + block(Part(f"{ROOT}/file/x")), "in no folder"),
    "below a link": (
        block(Part(f"{ROOT}/link", tarfile.SYMTYPE, target="../elsewhere"))
        + block(Part(f"{ROOT}/link/secret")),
        "in no folder",
    ),
    "no folder": (block(Part(f"{ROOT}/a/x")), "in no folder"),
    "negative": (patched(FILE, 124, b"\xff" * 12), "a header"),
    "minus": (patched(FILE, 124, b"-0000000512\0"), "a header"),
    "base 256": (patched(FILE, 124, b"\x80" + bytes(10) + b"\7"), ""),
    "spaces": (patched(FILE, 124, b"          7\0"), "a header"),
    "underscore": (patched(FILE, 124, b"000000000_7\0"), "a header"),
    "too large": (header(Part(f"{ROOT}/x", change=sized(1 << 30))), "cut short"),
    "set user id": (patched(FILE, 100, b"0004755\0"), "no path of a file"),
    "owner": (patched(FILE, 108, b"0000001\0"), "a header"),
    "time": (patched(FILE, 136, b"00000000001\0"), "a header"),
    "magic": (patched(FILE, 257, b"ustar  \0"), "a header"),
    "prefix": (patched(FILE, 345, b"etc"), "a header"),
    "after the name": (patched(FILE, 60, b"x"), "a header"),
    "checksum": (block(FILE)[:150] + b"7" + block(FILE)[151:], "a header"),
    "fill": (block(FILE)[:-1] + b"x", "filled up"),
    "record twice": (long_file(LONG, b"", HUGE), "a long path"),
    "record of a size": (long_file(LONG, b"", record("size", "9" * 120)), "a long path"),
    "record of sparse": (long_file(LONG, b"", record("GNU.sparse.realsize", "9" * 120)), "a long"),
    "record without need": (long_file(LONG, b"", record("path", f"{ROOT}/y")), "a long path"),
    "record with another length": (long_file(LONG, b"", b"0" + record("path", LONG)), "a long"),
    "record of no length": (long_file(LONG, b"", b"0 path=x\n"), "a long path"),
    "record of minus": (long_file(LONG, b"", b"-5 path=" + b"x" * 120), "a header"),
    "record of another path": (long_file(LONG, b"", record("path", "e" * 120)), "two things"),
    "many records": (long_file(LONG, b"", record("path", "n" * 9000)), "a long path"),
    "two long paths": (block(Part("pax", b"x", record("path", LONG))) * 2, ""),
    "zero inside": (ZEROS + block(FILE), "does not end"),
    "more after the end": (bytes(1024) + b"x", "does not end"),
    "zeros after the end": (bytes(512), "does not end"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, host: Path, tmp_path: Path) -> None:
    """Refused, and nothing was written or removed, here or elsewhere."""
    data, why = HOSTILE[name]
    before = contents(tmp_path)
    with pytest.raises(RefusedError, match="was not taken") as refused:
        restore(tar(data), host)
    assert why in (refused.value.details or "")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("left", range(0, 3584, 100))
def test_cut_short(left: int, host: Path) -> None:
    before = contents(host)
    data = tar(FILE, Part(f"{ROOT}/sub", tarfile.DIRTYPE), long_file(LONG, b"x")).getvalue()
    assert len(data) > left
    with pytest.raises(RefusedError):
        restore(io.BytesIO(data[:left]), host)
    assert contents(host) == before


def test_a_root_that_is_missing(host: Path) -> None:
    before = contents(host)
    with pytest.raises(RefusedError, match="was not taken") as refused:
        restore(io.BytesIO(bytes(1024)), host)
    assert "did not come back" in (refused.value.details or "")
    assert contents(host) == before


def test_a_root_that_became_a_file(host: Path) -> None:
    before = contents(host)
    with pytest.raises(RefusedError):
        restore(io.BytesIO(block(Part(ROOT, content=b"x")) + bytes(1024)), host)
    assert contents(host) == before


def test_too_many_files(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_files, "MOST_ENTRIES", 3)
    parts = [Part(f"{ROOT}/{number}") for number in range(3)]
    restore(tar(*parts[:2]), host)
    with pytest.raises(RefusedError, match="was not taken") as refused:
        restore(tar(*parts), host)
    assert "more than 3 files" in (refused.value.details or "")


@pytest.mark.parametrize("seed", range(150))
def test_any_bytes(seed: int, host: Path, tmp_path: Path) -> None:
    """Nothing else is changed, whatever comes; and where it is refused, nothing at all is."""
    chance = random.Random(seed)
    parts: list[Part | bytes] = [FILE, Part(f"{ROOT}/sub", tarfile.DIRTYPE)]
    parts.append(long_file(LONG, b"x" * 600))
    data = bytearray(tar(*parts, HOSTILE[chance.choice(list(HOSTILE))][0]).getvalue())
    for _ in range(chance.randint(0, 6)):
        data[chance.randrange(len(data))] = chance.choice((0, 0x2F, 0x30, 0x37, 0x80, 0xFF))
    start = 512 * chance.randrange(len(data) // 512)
    data[start : start + 512] = said_checksum(bytes(data[start : start + 512]))
    before, elsewhere = contents(host), contents(tmp_path / "elsewhere")
    try:
        restore(io.BytesIO(bytes(data)), host)
    except RefusedError:
        assert contents(host) == before
    assert contents(tmp_path / "elsewhere") == elsewhere
    assert {path.name for path in tmp_path.iterdir()} == {"root", "elsewhere"}


def test_a_folder_that_is_swapped_meanwhile(host: Path, tmp_path: Path) -> None:
    """Somebody puts a link in the place of a folder, between the look and the write."""

    class Swapping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if (host / "sub/first").exists() and not (host / "sub").is_symlink():
                (host / "sub").rename(tmp_path / "moved")
                (host / "sub").symlink_to(tmp_path / "elsewhere")
            return super().read(size)

    parts = [
        Part(f"{ROOT}/sub", tarfile.DIRTYPE),
        Part(f"{ROOT}/sub/first", content=b"1"),
        Part(f"{ROOT}/sub/secret", content=b"2"),
        Part(f"{ROOT}/sub/third", content=b"3"),
    ]
    with pytest.raises(OutputError, match="cannot write"):
        restore(Swapping(tar(*parts).getvalue()), host)
    assert contents(tmp_path / "elsewhere") == {"secret": b"secret"}
    assert sorted(contents(tmp_path / "moved")) == ["first", "secret"]


def test_a_file_that_is_a_link_here_is_replaced(host: Path, tmp_path: Path) -> None:
    """Not what it leads to."""
    (host / "file").symlink_to(tmp_path / "elsewhere/secret")
    restore(tar(FILE), host)
    assert contents(host)["file"] == b"content"
    assert not (host / "file").is_symlink()
    assert contents(tmp_path / "elsewhere") == {"secret": b"secret"}


def test_roots_within_roots(host: Path, tmp_path: Path) -> None:
    """What lies over a folder hides it; what may only be read is not written, nor its place."""
    (host / "sub/hidden").write_bytes(b"hidden")
    inner = Mount(str(tmp_path / "elsewhere"), f"/{ROOT}/sub")
    outer = Mount(str(host), f"/{ROOT}", writable=True)
    sent = [entry.path for entry in stream_files.entries((outer, inner))]
    assert sorted(sent) == [
        ROOT,
        f"{ROOT}/link",
        f"{ROOT}/old",
        f"{ROOT}/sub",
        f"{ROOT}/sub/secret",
    ]
    sub = [Part(f"{ROOT}/sub", tarfile.DIRTYPE), Part(f"{ROOT}/sub/secret", content=b"changed")]
    restore(tar(FILE, *sub), host, inner)
    assert contents(host) == {"file": b"content", "sub": b"/", "sub/hidden": b"hidden"}
    assert contents(tmp_path / "elsewhere") == {"secret": b"secret"}


def test_what_no_guest_sees(host: Path) -> None:
    """It is not written, though the folder that it is in may be."""
    mount = Mount(str(host), f"/{ROOT}", writable=True, masked=("sub/.x07",))
    (host / "sub/.x07").mkdir()
    before = contents(host)
    sub = [Part(f"{ROOT}/sub", tarfile.DIRTYPE), Part(f"{ROOT}/sub/.x07", tarfile.DIRTYPE)]
    with pytest.raises(RefusedError) as refused:
        stream_files.restore(tar(*sub, Part(f"{ROOT}/sub/.x07/file")), (mount,))
    assert "where no guest writes" in (refused.value.details or "")
    assert contents(host) == before
    stream_files.restore(tar(sub[0]), (mount,))
    assert contents(host) == {"sub": b"/", "sub/.x07": b"/"}


def packed(folder: Path) -> bytes:
    found = stream_files.entries((Mount(str(folder), f"/{ROOT}"),))
    return b"".join(stream_files.packed(found))


def test_the_same_bytes_of_the_same_folder(tmp_path: Path) -> None:
    """Made in another order, at another time, by another user's mask, elsewhere."""
    names = ["a", "a-", "a0", "\u00e4", "n" * 200, "sub/x", "sub/y", os.fsdecode(b"\xff\xfe")]
    for folder, order in (("one", names), ("deeper/two", names[::-1])):
        for name in order:
            file = tmp_path / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name.encode(errors="replace").hex())
            file.chmod(0o640)
        (tmp_path / folder / "link").symlink_to("a")
        (tmp_path / folder / "sub").chmod(0o750)
        os.utime(tmp_path / folder / "a", (len(folder), len(folder)))
    (tmp_path / "one").chmod(0o755)
    (tmp_path / "deeper/two").chmod(0o755)
    if os.geteuid() == 0:
        os.chown(tmp_path / "one/a", 12345, 12345)
    assert packed(tmp_path / "one") == packed(tmp_path / "deeper/two")
    mount = Mount(str(tmp_path / "one"), f"/{ROOT}")
    paths = [entry.path.split("/") for entry in stream_files.entries((mount,))]
    assert paths == sorted(paths)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before a guest is started."""
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(X07Error, match="cannot read"):
        stream_files.entries((Mount(str(tmp_path), f"/{ROOT}"),))


def test_a_file_that_became_a_link(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/file").write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"s")
    found = stream_files.entries((Mount(str(tmp_path / "root"), f"/{ROOT}"),))
    (tmp_path / "root/file").unlink()
    (tmp_path / "root/file").symlink_to(tmp_path / "secret")
    with pytest.raises(X07Error, match="cannot read"):
        list(stream_files.packed(found))


def test_folders_come_first() -> None:
    """As the agent has it: the tests of hostile tars rely on it."""
    assert tar().getvalue()[:512] == block(FOLDER)
