"""The files of an image from packages of tests."""

import tarfile
from pathlib import Path

import pytest

from tests.unit.image.debian.making import (
    TIME_SECONDS,
    Made,
    deb,
    folder,
    hard,
    link,
    make_mirror,
    member,
)
from tests.unit.image.debian.recipes import TEXT, around, recipe
from x07bundle.errors import X07Error
from x07bundle.image import rootfs as room
from x07bundle.image.debian import locking
from x07bundle.image.debian.deb import LARGE_BYTES
from x07bundle.image.layer import Entry

Member = tuple[tarfile.TarInfo, bytes]

BUNDLE = 'certificates = "etc/ssl/bundle.crt"\n[base.folders]'


def rootfs(
    tmp_path: Path, *packages: Made, text: str = TEXT, flavour: str = "full"
) -> dict[str, dict[str, Entry]]:
    """Layers by name, entries by path; `alpha` and `gamma` are made where they are not given."""
    names = {made.name for made in packages}
    mirror = make_mirror(tmp_path / "mirror")
    mirror.fill([*packages, *(deb(name) for name in ("alpha", "gamma") if name not in names)])
    surroundings, loaded = around(mirror, tmp_path), recipe(tmp_path, text)
    lock = locking.make(loaded, "amd64", surroundings, None)
    mirrors, downloads = surroundings.mirrors, surroundings.downloads
    cache = locking.fetch(lock, flavour, mirrors, downloads, lambda _: None)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = room.rootfs(loaded, lock, flavour, room.Places(cache, scratch), mirror.env)
    return {name: {entry.path: entry for entry in entries} for name, entries in found.items()}


def test_layers_and_their_packages(tmp_path: Path) -> None:
    found = rootfs(
        tmp_path,
        deb("alpha", member("./usr/bin/a", content=b"a"), Depends="beta"),
        deb("beta", folder("./usr", 0o750), member("./usr/bin/b")),
        deb("gamma", member("./usr/bin/c"), Depends="beta"),
    )
    assert list(found) == ["distribution", "compiler"]
    assert {"usr/bin/a", "usr/bin/b", "var/lib/dpkg/status.d/beta"} <= set(found["distribution"])
    assert {"usr/bin/c", "usr/bin/cc", "var/lib/dpkg/status.d/gamma"} <= set(found["compiler"])
    assert not {"usr/bin/a", "usr/bin/b", "etc/passwd"} & set(found["compiler"])
    assert found["compiler"]["usr"] == found["distribution"]["usr"]


def test_what_packages_say_of_themselves(tmp_path: Path) -> None:
    found = rootfs(tmp_path)["distribution"]["var/lib/dpkg/status.d/alpha"]
    assert isinstance(found.content, bytes)
    assert found.content.startswith(b"Package: alpha\nVersion: 1.0\n")


def test_a_flavour_without_packages(tmp_path: Path) -> None:
    found = rootfs(tmp_path, flavour="run")
    assert list(found) == ["distribution"]
    assert found["distribution"]["etc/passwd"].mode == 0o644
    assert found["distribution"]["tmp"].mode == 0o1777


def test_everything_of_the_root_is_in_usr(tmp_path: Path) -> None:
    members = [
        folder("./lib"), folder("./lib/x"), member("./lib/x/c.so"), link("./lib64", "usr/lib64"),
        hard("./lib/x/d.so", "./lib/x/c.so"), member("./bin/sh"), link("./sbin/a", "/bin/sh"),
    ]  # fmt: skip
    found = rootfs(tmp_path, deb("alpha", *members))["distribution"]
    assert found["lib"] == Entry("lib", "symlink", 0o777, target="usr/lib")
    assert (found["lib64"].kind, found["lib64"].target) == ("symlink", "usr/lib64")
    assert (found["bin"].target, found["sbin"].target) == ("usr/bin", "usr/sbin")
    assert found["usr/lib/x/d.so"].target == "usr/lib/x/c.so"
    assert found["usr/sbin/a"].target == "/bin/sh"
    assert not any(path.startswith(("lib/", "bin/", "sbin/")) for path in found)


def test_what_is_dropped_and_what_is_kept(tmp_path: Path) -> None:
    members = [
        folder("./usr/share/doc"), folder("./usr/share/doc/a"), folder("./usr/share/doc/b"),
        member("./usr/share/doc/a/copyright"), member("./usr/share/doc/a/news"),
        member("./usr/share/doc/b/news"), member("./usr/lib/x86_64-linux-gnu/gconv/x.so"),
    ]  # fmt: skip
    found = rootfs(tmp_path, deb("alpha", *members))["distribution"]
    assert sorted(path for path in found if "doc" in path or "gconv" in path) == [
        "usr/share/doc", "usr/share/doc/a", "usr/share/doc/a/copyright",
    ]  # fmt: skip


def test_a_hard_link_to_what_is_dropped(tmp_path: Path) -> None:
    members = [
        member("./usr/share/doc/a/x", content=b"x", mode=0o755),
        hard("./usr/b", "./usr/share/doc/a/x"), hard("./usr/c", "./usr/b"),
    ]  # fmt: skip
    found = rootfs(tmp_path, deb("alpha", *members))["distribution"]
    assert found["usr/b"] == Entry("usr/b", "file", 0o755, b"x", time_seconds=TIME_SECONDS)
    assert found["usr/c"] == Entry(
        "usr/c", "hardlink", 0o755, target="usr/b", time_seconds=TIME_SECONDS
    )


def test_names_of_the_machine(tmp_path: Path) -> None:
    found = rootfs(tmp_path)["distribution"]
    assert found["usr/lib/x86_64-linux-gnu/one"].target == "two"


def test_the_recipe_has_the_last_word(tmp_path: Path) -> None:
    package = deb("alpha", member("./etc/passwd", content=b"mine"), folder("./tmp", 0o700))
    found = rootfs(tmp_path, package)["distribution"]
    assert found["etc/passwd"].content != b"mine"
    assert found["tmp"].mode == 0o1777


def test_certificates(tmp_path: Path) -> None:
    certificates = [
        member(f"./usr/share/ca-certificates/{name}.crt", content=content)
        for name, content in (("z/A", b"3"), ("m/b", b"2\n"), ("m/Z", b"1\n"))
    ]
    text = TEXT.replace("[base.folders]", f"[base]\n{BUNDLE}")
    found = rootfs(tmp_path, deb("alpha", *certificates), text=text)["distribution"]
    assert found["etc/ssl/bundle.crt"] == Entry("etc/ssl/bundle.crt", "file", 0o644, b"1\n2\n3\n")


def test_no_certificates(tmp_path: Path) -> None:
    text = TEXT.replace("[base.folders]", f"[base]\n{BUNDLE}")
    with pytest.raises(X07Error, match=r"no certificates for `etc/ssl/bundle\.crt`"):
        rootfs(tmp_path, text=text)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (member("./a", content=b"1"), member("./a", content=b"2"), "`gamma` both have `a`"),
        (member("./a"), folder("./a"), "both have `a`"),
        (link("./a", "etc"), member("./a/b"), "`a/b` is below `a`, a symlink of alpha"),
        (member("./lib/a", content=b"1"), member("./usr/lib/a"), "both have `usr/lib/a`"),
    ],
)  # fmt: skip
def test_packages_that_do_not_fit(first: Member, second: Member, why: str, tmp_path: Path) -> None:
    with pytest.raises(X07Error, match=why):
        rootfs(tmp_path, deb("alpha", first), deb("gamma", second))


def test_the_same_in_two_packages(tmp_path: Path) -> None:
    same, later = member("./usr/share/a", content=b"1"), member("./usr/share/a", content=b"1")
    later[0].mtime += 1
    found = rootfs(tmp_path, deb("alpha", same), deb("gamma", later))
    assert "usr/share/a" in found["distribution"]
    assert "usr/share/a" not in found["compiler"]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_the_same_large_file_in_two_packages(tmp_path: Path) -> None:
    """Each is kept in a file of its own."""
    content = b"1" * (LARGE_BYTES + 1)
    same = (
        deb("alpha", member("./a", content=content)),
        deb("gamma", member("./a", content=content)),
    )
    found = rootfs(_made(tmp_path / "1"), *same)
    assert found["distribution"]["a"].read() == content
    assert "a" not in found["compiler"]
    other = deb("gamma", member("./a", content=content[1:] + b"2"))
    with pytest.raises(X07Error, match="both have `a`"):
        rootfs(_made(tmp_path / "2"), same[0], other)


def test_a_package_that_is_another(tmp_path: Path) -> None:
    other = deb("other")
    made = Made("alpha", "1.0", other.data, {})
    with pytest.raises(X07Error, match=r"`alpha` 1\.0 says that it is other 1\.0 amd64"):
        rootfs(tmp_path, made)
