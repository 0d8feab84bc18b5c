"""`x07 image build`, `inspect`, `verify` and `diff`: reports, words, exit codes."""

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.unit.cli.commands import X07, environment, x07
from tests.unit.image.debian.making import deb, make_mirror, member
from tests.unit.image.debian.recipes import TEXT, around, recipe
from tests.unit.image.layouts import blob_file, opened
from x07bundle.image.debian import lock as locks
from x07bundle.image.debian import locking
from x07bundle.native.agent import agent


class Place(NamedTuple):
    """A recipe with its lock, a mirror, and a toolchain."""

    folder: Path
    mirror: str
    variables: dict[str, str]

    def run(self, *words: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        done = x07("image", *words, folder=self.folder, variables={**self.variables, **variables})
        assert done.returncode == code, done.stderr
        return done

    def words(self, out: str, *words: str) -> list[str]:
        recipe_file = str(self.folder / "recipe.toml")
        common = ["build", "--recipe", recipe_file, "--mirror", self.mirror, "--arch", "amd64"]
        return [*common, "--out", out, *words]

    def build(self, out: str, *words: str, code: int = 0, **variables: str) -> Any:  # noqa: ANN401
        """The report."""
        done = self.run(*self.words(out, "--json", *words), code=code, **variables)
        return json.loads(done.stdout) if done.stdout else done.stderr


@pytest.fixture
def place(tmp_path: Path, x07_cache: Path) -> Place:
    """The agent is compiled once for all."""
    mirror = make_mirror(tmp_path / "mirror")
    agent({**os.environ, "PATH": mirror.env["PATH"], "X07_CACHE_DIR": str(x07_cache)})
    shutil.copytree(x07_cache / "agents", tmp_path / "x07-cache/agents")
    mirror.fill([deb("alpha", member("./usr/bin/a", content=b"a")), deb("gamma")])
    loaded = recipe(tmp_path, TEXT)
    lock = locking.make(loaded, "amd64", around(mirror, tmp_path), None)
    (tmp_path / locks.file_name("amd64")).write_bytes(locks.text(lock))
    tools = tmp_path / "toolchain/usr/local/bin"
    tools.mkdir(parents=True)
    (tools / "x07").write_bytes(b"frozen")
    (tools / "x07").chmod(0o755)
    variables = {
        "X07_CACHE_DIR": str(tmp_path / "x07-cache"), "PATH": mirror.env["PATH"],
    }  # fmt: skip
    return Place(tmp_path, mirror.url, variables)


FULL = ("--flavour", "full", "--toolchain", "toolchain")


def test_a_full_image(place: Place) -> None:
    report = place.build("out/full.tar", *FULL, "--tag", "app:1")
    assert report["schema_version"] == "x07.image.build.report@0.1.0"
    assert (report["name"], report["flavour"], report["form"]) == ("app:1", "full", "archive")
    assert report["created"] == "2026-07-11T10:16:37Z"
    (image,) = report["images"]
    names = ["distribution", "compiler", "agent", "toolchain"]
    assert [layer["name"] for layer in image["layers"]] == names
    assert image["packages"] == 2
    _, found = opened(place.folder / "out/full.tar")
    assert found.config.env[1] == "X07_WORKSPACE_ROOT=/opt/x07"
    assert found.config.working_dir == "/opt/x07"
    assert found.descriptor.digest == report["digest"]


def test_the_same_bytes_whoever_builds(place: Place, tmp_path: Path) -> None:
    """Another folder, umask, time zone, locale and cache; nothing from the network."""
    place.build("one.tar", *FULL)
    other = tmp_path / "other folder"
    other.mkdir()
    command = [*X07, "image", *place.words(str(other / "two.tar"), *FULL[:-1])]
    variables = {**place.variables, "TZ": "Asia/Kathmandu", "LC_ALL": "C", "HOME": str(other)}
    variables["X07_CACHE_DIR"] = str(other / "cache")
    subprocess.run(
        [*command, str(tmp_path / "toolchain")],
        cwd=other,
        env=environment(**variables),
        umask=0o077,
        check=True,
        capture_output=True,
    )
    assert (other / "two.tar").read_bytes() == (tmp_path / "one.tar").read_bytes()


def test_source_date_epoch(place: Place) -> None:
    made = [
        place.build(name, "--flavour", "run", SOURCE_DATE_EPOCH=when)
        for name, when in (("a", "1700000000"), ("b", "1700000000"), ("c", ""))
    ]
    assert made[0]["created"] == "2023-11-14T22:13:20Z"
    assert made[0]["digest"] == made[1]["digest"] != made[2]["digest"]
    said = place.build("d", "--flavour", "run", code=2, SOURCE_DATE_EPOCH="yesterday")
    assert "SOURCE_DATE_EPOCH is `yesterday`" in said
    said = place.build("d", "--flavour", "run", code=2, SOURCE_DATE_EPOCH="253402300800")
    assert "a whole number from 0 to 9999999999" in said
    last = place.build("d", "--flavour", "run", SOURCE_DATE_EPOCH="9999999999")
    assert last["created"].startswith("2286-")


def test_zstd(place: Place) -> None:
    report = place.build("x.tar", "--flavour", "run", "--compression", "zstd")
    assert report["images"][0]["layers"][0]["media_type"].endswith("+zstd")
    assert place.run("verify", "x.tar").stdout.endswith(": well\n")


def test_a_full_image_of_both_architectures_needs_a_toolchain_of_the_other(place: Place) -> None:
    said = place.build("x.tar", "--arch", "arm64", code=2)
    assert "needs a toolchain frozen there" in said
    assert "as a job of CI: `x07 image toolchain --out DIR`" in said
    assert not (place.folder / "x.tar").exists()


def test_a_toolchain_over_what_a_package_has(place: Place) -> None:
    (place.folder / "toolchain/usr/bin").mkdir()
    (place.folder / "toolchain/usr/bin/a").write_bytes(b"other")
    said = place.build("x.tar", *FULL, code=2)
    assert "has `usr/bin/a`, which the image has as a file" in said


def test_no_lock_for_the_architecture(place: Place) -> None:
    said = place.run(*place.words("x.tar", "--flavour", "run", "--arch", "arm64"), code=2).stderr
    assert "there is no lock for arm64" in said
    assert "hint: make it: `x07 image lock --arch arm64`" in said


def test_a_lock_for_another_architecture(place: Place) -> None:
    """An image of its packages would run nowhere: the agent is that of the right one."""
    file = place.folder / "lock-amd64.toml"
    (place.folder / "lock-arm64.toml").write_bytes(file.read_bytes())
    said = place.build("x.tar", "--flavour", "run", "--arch", "arm64", code=2)
    assert "lock-arm64.toml` is a lock for amd64, not for arm64" in said
    assert not (place.folder / "x.tar").exists()


def test_a_recipe_that_changed(place: Place) -> None:
    (place.folder / "recipe.toml").write_text(TEXT.replace('"gamma"', '"alpha"'))
    said = place.build("x.tar", "--flavour", "run", code=2)
    assert "was made for another recipe" in said


def test_packages_that_have_left(place: Place) -> None:
    for file in (place.folder / "mirror/pool").rglob("alpha*.deb"):
        file.unlink()
    said = place.build("x.tar", *FULL, code=2)
    assert "1 locked package has left the mirror" in said
    assert "alpha 1.0" in said


def test_a_package_with_other_bytes(place: Place) -> None:
    for file in (place.folder / "mirror/pool").rglob("alpha*.deb"):
        file.write_bytes(b"x" * file.stat().st_size)
    said = place.build("x.tar", *FULL, code=125)
    assert "is not what it is to be" in said


def test_packages_that_nobody_used_for_a_month(place: Place) -> None:
    """Those of the build stay, however old; without a network, all do."""
    place.build("full.tar", *FULL)
    packages = place.folder / "x07-cache" / "packages"
    used = {file.name for file in packages.iterdir()}
    (packages / ("0" * 64)).touch()
    for file in packages.iterdir():
        os.utime(file, (1, 1))
    place.build("full.tar", *FULL, "--offline")
    assert {file.name for file in packages.iterdir()} == {"0" * 64, *used}
    place.build("full.tar", *FULL)
    assert {file.name for file in packages.iterdir()} == used


def test_a_place_that_holds_something_else(place: Place) -> None:
    said = place.build("mirror", "--flavour", "run", code=2)
    assert "is there, and is no image layout" in said
    assert (place.folder / "mirror/pool").is_dir()


def test_steps_are_lines_where_nobody_watches(place: Place) -> None:
    done = place.run(*place.words("x.tar", *FULL))
    lines = done.stderr.splitlines()
    assert [line.split(":")[1] for line in lines[:3]] == [" amd64"] * 3
    assert lines[3].startswith("x07 image build: layer distribution: 0.0 MiB in ")
    assert "\x1b" not in done.stderr
    assert done.stdout.startswith("x.tar  x07-guest-runner:0.1.0  sha256:")


def test_steps_are_a_bar_on_a_terminal(place: Place) -> None:
    main, side = pty.openpty()
    with subprocess.Popen(
        [*X07, "image", *place.words("x.tar", *FULL)],
        cwd=place.folder,
        env=environment(**place.variables),
        stdout=subprocess.DEVNULL,
        stderr=side,
    ) as child:
        os.close(side)
        shown = b""
        while chunk := read_terminal(main):
            shown += chunk
    os.close(main)
    assert child.returncode == 0
    assert b"layer compiler [........................]   0%" in shown
    assert shown.endswith(b"\r\x1b[K")
    assert b"\n" not in shown


def read_terminal(descriptor: int) -> bytes:
    """A terminal whose other side is closed fails instead of ending."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_inspect(place: Place) -> None:
    place.build("x.tar", *FULL)
    text = place.run("inspect", "x.tar").stdout
    assert "\n2 packages\n  alpha  1.0" in text
    document = json.loads(place.run("inspect", "--json", "x.tar").stdout)
    assert [one["name"] for one in document["packages"]] == ["alpha", "gamma"]
    assert place.run("inspect", "x.tar").stderr == ""


def test_verify_refuses(place: Place) -> None:
    place.build("image", *FULL)
    _, image = opened(place.folder / "image")
    blob_file(place.folder / "image", image.manifest.layers[1].digest).write_bytes(b"x")
    done = place.run("verify", "image", code=125)
    assert done.stdout == ""
    assert "`image` is damaged, or was not well made\n  blob" in done.stderr
    report = json.loads(place.run("verify", "--json", "image", code=125).stdout)
    assert report["ok"] is False
    assert report["problems"]
    assert "bytes, not" in place.run("inspect", "image", code=125).stderr


def test_no_image_at_all(place: Place) -> None:
    (place.folder / "x.tar").write_text("nothing of the kind")
    for verb in ("inspect", "verify"):
        assert "is truncated at byte" in place.run(verb, "x.tar", code=2).stderr
        assert "`none`" in place.run(verb, "none", code=2).stderr


def test_diff(place: Place) -> None:
    place.build("a.tar", *FULL)
    (place.folder / "toolchain/usr/local/bin/x07").write_bytes(b"frozen again")
    place.build("b", *FULL)
    assert place.run("diff", "a.tar", "a.tar").stdout == "both hold the same\n"
    done = place.run("diff", "a.tar", "b", code=1)
    assert done.stdout == "~ usr/local/bin/x07: content\n"
    document = json.loads(place.run("diff", "--json", "a.tar", "b", code=1).stdout)
    assert document["files"] == [
        {"path": "usr/local/bin/x07", "what": "content", "old_bytes": 6, "new_bytes": 12}
    ]


def test_the_group_lists_what_there_is(tmp_path: Path) -> None:
    done = x07("image", folder=tmp_path)
    assert done.returncode == 2
    for name in ("build", "lock", "inspect", "verify", "diff"):
        assert f"\n  {name} " in done.stderr
    assert "no such command" in x07("image", "nonsense", folder=tmp_path).stderr.lower()
