"""What a policy says to files: each switch, limit and list, the codes, and the denials."""

import errno
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.file_calls import (
    ALLOW_HIDDEN,
    ALLOW_SYMLINKS,
    ATOMIC,
    CAPS,
    CREATE_PARENTS,
    OVERWRITE,
    PLAIN,
    Call,
    Code,
    Files,
    Op,
    Sandbox,
    caps,
)
from tests.unit.runtime.policies import denials


def _denied(operation: str, target: str, field: str, grant: str) -> dict[str, str]:
    return {"operation": operation, "target": target, "field": field, "grant": grant}


# -- roots


def test_reading_and_writing_have_roots_of_their_own(sandbox: Sandbox) -> None:
    fs = sandbox()
    results = fs.results(
        (Op.READ_ALL, "data/a", CAPS),
        (Op.WRITE_ALL, "out/b", b"new", CAPS),
        (Op.READ_ALL, "out/b", CAPS),
        (Op.WRITE_ALL, "data/b", b"new", CAPS),
        (Op.STAT, "secret/a", CAPS),
        (Op.LIST, "secret", CAPS),
        (Op.WALK, "secret", "*", CAPS),
        (Op.OPEN_READ, "secret/a", CAPS),
    )
    assert results == [b"data", 3, *[Code.POLICY_DENY] * 6]
    assert denials(fs.run((Op.READ_ALL, "secret/a", CAPS), (Op.WALK, "secret", "*", CAPS))) == [
        _denied("os.fs.read_all_v1", "secret/a", "fs.read_roots",
                'add "secret/a" to fs.read_roots'),
        _denied("os.fs.walk_glob_sorted_text_v1", "secret", "fs.read_roots",
                'add "secret" to fs.read_roots'),
    ]  # fmt: skip


def test_no_roots_no_files(sandbox: Sandbox) -> None:
    fs = sandbox(FS_READ_ROOTS=[], FS_WRITE_ROOTS=[])
    assert fs(Op.READ_ALL, "data/a", CAPS) is Code.POLICY_DENY
    assert fs(Op.WRITE_ALL, "out/a", b"", CAPS) is Code.POLICY_DENY


def test_a_root_is_relative_to_the_working_folder_and_may_be_absolute(sandbox: Sandbox) -> None:
    folder = sandbox().folder
    for root in ("data", "./data", "data/", f"{folder}/data", "out/../data", "."):
        fs = sandbox(FS_READ_ROOTS=[root])
        assert fs(Op.READ_ALL, "data/a", CAPS) == b"data", root
        assert fs(Op.READ_ALL, f"{folder}/data/a", CAPS) == b"data", root


def test_the_longest_root_has_the_path(sandbox: Sandbox) -> None:
    """`data` leads elsewhere: as a root of its own it was granted as such."""
    fs = sandbox(FS_READ_ROOTS=[".", "data"])
    (fs.folder / "data/a").unlink()
    (fs.folder / "data").rmdir()
    (fs.folder / "data").symlink_to("secret")
    assert fs(Op.READ_ALL, "data/a", CAPS) == b"secret"
    assert sandbox(FS_READ_ROOTS=["."])(Op.READ_ALL, "data/a", CAPS) is Code.SYMLINK_DENIED


def test_a_root_may_be_a_file(sandbox: Sandbox) -> None:
    fs = sandbox(FS_READ_ROOTS=["secret/a"], FS_WRITE_ROOTS=["secret/a"])
    assert fs(Op.READ_ALL, "secret/a", CAPS) == b"secret"
    assert fs(Op.READ_FILE, "secret/a") == b"secret"
    assert fs(Op.WRITE_ALL, "secret/a", b"new", PLAIN) == 3
    assert fs(Op.READ_ALL, "secret/b", CAPS) is Code.POLICY_DENY
    assert fs(Op.REMOVE_FILE, "secret/a", CAPS) is Code.POLICY_DENY


@pytest.mark.parametrize("name", ["a", "new"])
def test_a_file_that_is_a_root_is_written_in_place(sandbox: Sandbox, name: str) -> None:
    """What renames another into its place takes the folder, as the kernel has it."""
    fs = sandbox(FS_WRITE_ROOTS=[f"data/{name}"])
    in_place = caps(flags=CREATE_PARENTS | OVERWRITE)
    assert fs(Op.WRITE_ALL, f"data/{name}", b"new", in_place) == 3
    assert (fs.folder / "data" / name).read_bytes() == b"new"
    replacing = (Op.WRITE_ALL, f"data/{name}", b"other", caps(flags=ATOMIC | OVERWRITE))
    assert fs(*replacing) is Code.POLICY_DENY
    assert denials(fs.run(replacing))[0]["grant"] == 'add "data" to fs.write_roots'
    assert (fs.folder / "data" / name).read_bytes() == b"new"


def test_a_root_that_is_not_there(sandbox: Sandbox) -> None:
    fs = sandbox(FS_READ_ROOTS=["new/root"], FS_WRITE_ROOTS=["new/root"])
    assert fs(Op.READ_ALL, "new/root/a", CAPS) is Code.NOT_FOUND
    assert fs(Op.WRITE_ALL, "new/root/a", b"x", PLAIN) is Code.NOT_FOUND
    assert fs(Op.WRITE_FILE, "new/root/a", b"x") == errno.ENOENT
    assert not (fs.folder / "new").exists()
    assert fs(Op.WRITE_ALL, "new/root/a", b"x", CAPS) == 1
    assert fs(Op.READ_ALL, "new/root/a", CAPS) == b"x"


def test_a_root_that_is_made_is_used_at_once(sandbox: Sandbox) -> None:
    fs = sandbox(FS_READ_ROOTS=["new"], FS_WRITE_ROOTS=["new"])
    results = fs.results(
        (Op.STAT, "new", CAPS),
        (Op.MKDIRS, "new", CAPS),
        (Op.WRITE_ALL, "new/a", b"x", PLAIN),
        (Op.LIST, "new", CAPS),
    )
    assert results[1:] == [1, 1, b"a\n"]


def test_a_link_in_place_of_a_root_that_was_not_there(sandbox: Sandbox) -> None:
    """Renamed into its place after the policy was read."""
    fs = sandbox(FS_READ_ROOTS=["."], FS_WRITE_ROOTS=[".", "new"], FS_ALLOW_SYMLINKS=True)
    (fs.folder / "link").symlink_to("/etc")
    results = fs.results(
        (Op.RENAME, "link", "new", CAPS), (Op.WRITE_ALL, "new/x07_test", b"x", PLAIN)
    )
    assert results == [1, Code.POLICY_DENY]
    assert not Path("/etc/x07_test").exists()


def test_a_root_is_what_it_was_at_first(sandbox: Sandbox) -> None:
    """A link that takes its name is not the root."""
    fs = sandbox(FS_READ_ROOTS=[".", "out"], FS_WRITE_ROOTS=[".", "out"])
    (fs.folder / "link").symlink_to("/etc")
    results = fs.results(
        (Op.RENAME, "out", "old", CAPS),
        (Op.RENAME, "link", "out", CAPS),
        (Op.WRITE_ALL, "out/x07_test", b"x", PLAIN),
    )
    assert results == [1, 1, 1]
    assert (fs.folder / "old/x07_test").exists()
    assert not Path("/etc/x07_test").exists()


def test_a_root_itself_stays(sandbox: Sandbox) -> None:
    fs = sandbox()
    calls = [
        (Op.REMOVE_DIR_ALL, "out", CAPS),
        (Op.RENAME, "out", "out/b", CAPS),
        (Op.RENAME, "out/a", "out", CAPS),
        (Op.REMOVE_FILE, "out", CAPS),
    ]
    assert fs.results(*calls) == [Code.POLICY_DENY] * 4
    assert (fs.folder / "out/a").exists()
    assert denials(fs.run(*calls))[0]["grant"] == 'add "." to fs.write_roots'


# -- switches

SWITCHES = [
    ("MKDIR", (Op.MKDIRS, "out/b", CAPS)),
    ("MKDIR", (Op.WRITE_ALL, "out/b", b"", caps(CREATE_PARENTS))),
    ("MKDIR", (Op.APPEND_ALL, "out/b", b"", caps(CREATE_PARENTS))),
    ("MKDIR", (Op.OPEN_WRITE, "out/b", caps(CREATE_PARENTS))),
    ("RENAME", (Op.RENAME, "out/a", "out/b", CAPS)),
    ("RENAME", (Op.WRITE_ALL, "out/b", b"", caps(ATOMIC))),
    ("RENAME", (Op.OPEN_WRITE, "out/b", caps(ATOMIC))),
    ("REMOVE", (Op.REMOVE_FILE, "out/a", CAPS)),
    ("REMOVE", (Op.REMOVE_DIR_ALL, "out/b", CAPS)),
    ("WALK", (Op.LIST, "data", CAPS)),
    ("WALK", (Op.WALK, "data", "*", CAPS)),
    ("GLOB", (Op.WALK, "data", "*", CAPS)),
]


@pytest.mark.parametrize(("switch", "call"), SWITCHES)
@pytest.mark.parametrize("on", [True, False])
def test_each_switch_has_its_heads(
    sandbox: Sandbox, switch: str, call: tuple[Any, ...], on: bool
) -> None:
    """Before anything else of the policy is asked: also where files are off as a whole."""
    target = call[1]
    field = f"fs.allow_{switch.lower()}"
    ran = sandbox(**{f"FS_ALLOW_{switch}": on}).run(call)
    found = [(denial["field"], denial["grant"], denial["target"]) for denial in denials(ran)]
    assert found == ([] if on else [(field, f"set {field} to true", target)])
    off = sandbox(**{f"FS_ALLOW_{switch}": on, "FS": False})
    assert off(*call) is (Code.DISABLED if on else Code.POLICY_DENY)


def test_other_calls_need_no_switch(sandbox: Sandbox) -> None:
    names = ("MKDIR", "REMOVE", "RENAME", "WALK", "GLOB")
    fs = sandbox(**{f"FS_ALLOW_{name}": False for name in names})
    results = fs.results(
        (Op.READ_ALL, "data/a", CAPS),
        (Op.STAT, "data/a", CAPS),
        (Op.WRITE_ALL, "out/b", b"x", PLAIN),
        (Op.APPEND_ALL, "out/b", b"x", PLAIN),
        (Op.OPEN_READ, "data/a", CAPS),
        (Op.OPEN_WRITE, "out/b", PLAIN),
    )
    assert not [result for result in results if isinstance(result, Code)]


def test_files_are_off(sandbox: Sandbox) -> None:
    fs = sandbox(FS=False)
    calls = [(Op.READ_ALL, "data/a", CAPS), (Op.WRITE_ALL, "out/b", b"", CAPS)]
    assert fs.results(*calls) == [Code.DISABLED] * 2
    assert denials(fs.run(*calls))[0] == _denied(
        "os.fs.read_all_v1", "data/a", "fs.enabled", "set fs.enabled to true"
    )


# -- hidden


HIDDEN = ("data/.a", "data/.git/x", "data/\u200b.a", "data/\uff0ea")


@pytest.mark.parametrize("path", HIDDEN)
def test_the_caps_lift_no_denial_of_what_is_hidden(sandbox: Sandbox, path: str) -> None:
    fs = sandbox(FS_READ_ROOTS=["."], FS_WRITE_ROOTS=["."])
    (fs.folder / path).parent.mkdir(exist_ok=True)
    (fs.folder / path).write_bytes(b"hidden")
    asked = caps(OVERWRITE | ALLOW_HIDDEN)
    calls: list[Call] = [
        (Op.READ_ALL, path, asked),
        (Op.WRITE_ALL, path, b"", asked),
        (Op.STAT, path, asked),
        (Op.REMOVE_FILE, path, asked),
        (Op.RENAME, path, "data/b", asked),
        (Op.RENAME, "data/a", path, asked),
    ]
    assert fs.results(*calls) == [Code.POLICY_DENY] * 6
    assert denials(fs.run(calls[0])) == [
        _denied("os.fs.read_all_v1", path.replace("\u200b", "\u200b"), "fs.deny_hidden",
                "set fs.deny_hidden to false")
    ]  # fmt: skip
    allowed = sandbox(FS_READ_ROOTS=["."], DENY_HIDDEN=False)
    assert allowed(Op.READ_ALL, path, CAPS) == b"hidden"


def test_what_is_hidden_is_not_listed(sandbox: Sandbox) -> None:
    fs = sandbox()
    for name in (".env", "\u200b.env", "\uff0eenv"):
        (fs.folder / "data" / name).write_bytes(b"")
    (fs.folder / "data/.git").mkdir()
    (fs.folder / "data/.git/x").write_bytes(b"")
    asked = caps(ALLOW_HIDDEN)
    assert fs(Op.LIST, "data", asked) == b"a\n"
    assert fs(Op.WALK, "data", "**", asked) == b"a\n"
    shown = sandbox(DENY_HIDDEN=False)
    assert (
        shown(Op.WALK, "data", "**", asked) == ".env\n.git/x\na\n\u200b.env\n\uff0eenv\n".encode()
    )


def test_what_is_hidden_is_not_removed_with_its_folder(sandbox: Sandbox) -> None:
    fs = sandbox()
    (fs.folder / "out/b").mkdir()
    (fs.folder / "out/b/.env").write_bytes(b"")
    assert fs(Op.REMOVE_DIR_ALL, "out/b", CAPS) is Code.POLICY_DENY
    assert (fs.folder / "out/b/.env").exists()


# -- links


def test_links_inside_need_their_switch(sandbox: Sandbox) -> None:
    (sandbox().folder / "data/link").symlink_to("a")
    (sandbox().folder / "data/up").symlink_to("../data")
    fs = sandbox(FS_READ_ROOTS=["."])
    assert fs(Op.READ_ALL, "data/link", CAPS) is Code.SYMLINK_DENIED
    assert fs(Op.READ_ALL, "data/up/a", CAPS) is Code.SYMLINK_DENIED
    assert denials(fs.run((Op.READ_ALL, "data/link", CAPS))) == [
        _denied("os.fs.read_all_v1", "data/link", "fs.allow_symlinks",
                "set fs.allow_symlinks to true")
    ]  # fmt: skip
    allowed = sandbox(FS_READ_ROOTS=["."], FS_ALLOW_SYMLINKS=True)
    for env in (allowed.env, {**allowed.env, "X07_TEST_WITHOUT_GUARD": "openat2"}):
        follows = Files(allowed.program, allowed.folder, env)
        assert follows(Op.READ_ALL, "data/link", CAPS) == b"data"
        assert follows(Op.READ_ALL, "data/up/a", CAPS) == b"data"
        assert follows(Op.READ_ALL, "data/up/./up/link", CAPS) == b"data"


def test_caps_that_ask_for_links_need_the_switch(sandbox: Sandbox) -> None:
    asked = caps(ALLOW_SYMLINKS)
    assert sandbox()(Op.READ_ALL, "data/a", asked) is Code.SYMLINK_DENIED
    assert sandbox(FS_ALLOW_SYMLINKS=True)(Op.READ_ALL, "data/a", asked) == b"data"


@pytest.mark.parametrize("guard", ["", "openat2"])
def test_links_that_go_round_or_up_and_stay_inside(sandbox: Sandbox, guard: str) -> None:
    fs = sandbox(FS_ALLOW_SYMLINKS=True)
    fs = Files(fs.program, fs.folder, {**fs.env, "X07_TEST_WITHOUT_GUARD": guard})
    (fs.folder / "data/sub/deep").mkdir(parents=True)
    links = {
        "loop": "loop",
        "sub/deep/up": "../../a",
        "sub/here": "./.././a",
        "sub/out": "../../data/a",
        "chain": "sub/deep/up",
        "top": "/",
        "sub/folder": "deep/",
    }
    for name, target in links.items():
        (fs.folder / "data" / name).symlink_to(target)
    results = fs.results(*((Op.READ_ALL, f"data/{name}", CAPS) for name in links))
    denied = Code.POLICY_DENY
    assert results == [denied, b"data", b"data", denied, b"data", denied, Code.IS_DIR]
    assert fs(Op.READ_ALL, "data/sub/folder/up", CAPS) == b"data"
    fields = [(denial["target"], denial["field"]) for denial in denials(
        fs.run((Op.READ_ALL, "data/sub/out", CAPS)))]  # fmt: skip
    assert fields == [("data/sub/out", "fs.read_roots")]


# -- limits


def test_the_smaller_limit_counts(sandbox: Sandbox) -> None:
    fs = sandbox(FS_MAX_READ_BYTES=4, FS_MAX_WRITE_BYTES=2, FS_MAX_ENTRIES=1, FS_MAX_DEPTH=1)
    (fs.folder / "data/long").write_bytes(b"12345")
    (fs.folder / "data/deep").mkdir()
    (fs.folder / "data/deep/er").mkdir()
    calls: list[Call] = [
        (Op.READ_ALL, "data/long", caps(read=9)),
        (Op.READ_ALL, "data/long", caps(read=0)),
        (Op.READ_ALL, "data/a", CAPS),
        (Op.WRITE_ALL, "out/b", b"123", PLAIN),
        (Op.LIST, "data", CAPS),
        (Op.WALK, "data", "**", CAPS),
    ]
    assert fs.results(*calls) == [
        Code.TOO_LARGE,
        Code.TOO_LARGE,
        b"data",
        Code.TOO_LARGE,
        Code.TOO_MANY_ENTRIES,
        Code.DEPTH_EXCEEDED,
    ]
    assert [(denial["field"], denial["grant"]) for denial in denials(fs.run(*calls))] == [
        ("fs.max_read_bytes", "raise fs.max_read_bytes to 5"),
        ("fs.max_write_bytes", "raise fs.max_write_bytes to 3"),
        ("fs.max_entries", "raise fs.max_entries to 2"),
        ("fs.max_depth", "raise fs.max_depth to 2"),
    ]


def test_a_limit_of_the_caps_is_no_denial(sandbox: Sandbox) -> None:
    fs = sandbox()
    ran = fs.run((Op.READ_ALL, "data/a", caps(read=1)), (Op.LIST, "data", caps(entries=1)))
    assert denials(ran) == []


def test_streams_have_the_policy_s_limits(sandbox: Sandbox) -> None:
    fs = sandbox(FS_MAX_READ_BYTES=3, FS_MAX_WRITE_BYTES=3)
    calls: list[Call] = [
        (Op.OPEN_READ, "data/a", CAPS),
        (Op.READ_SOME, 1, 9),
        (Op.READ_SOME, 1, 9),
        (Op.OPEN_WRITE, "out/b", PLAIN),
        (Op.WRITE_SOME, 2, b"12"),
        (Op.WRITE_SOME, 2, b"34"),
    ]
    assert fs.results(*calls) == [1, b"dat", b"", 2, 2, Code.TOO_LARGE]
    assert denials(fs.run(*calls)) == [
        _denied("os.fs.stream_write_all_v1", "", "fs.max_write_bytes",
                "raise fs.max_write_bytes to 4")
    ]  # fmt: skip


# -- the report


def test_denials_are_told_once_and_only_so_many(sandbox: Sandbox) -> None:
    fs = sandbox()
    calls = [(Op.READ_ALL, f"secret/{i % 300}", CAPS) for i in range(600)]
    found = denials(fs.run(*calls))
    assert [denial["target"] for denial in found] == [f"secret/{i}" for i in range(256)]


def test_long_targets_fill_the_report_and_no_more(sandbox: Sandbox) -> None:
    found = denials(sandbox().run(*((Op.STAT, f"secret/{i}{'x' * 2000}", CAPS) for i in range(99))))
    assert 0 < len(found) < 99
    assert all(len(denial["target"]) == 903 for denial in found)


def test_without_a_sandbox_there_is_no_report(sandbox: Sandbox) -> None:
    fs = sandbox()
    ran = Files(fs.program, fs.folder).run((Op.READ_ALL, "missing", CAPS))
    assert ran.stderr.strip() == ""
