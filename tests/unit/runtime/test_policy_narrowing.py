"""What an environment says to a bundle, in every way that it can be said: it never widens."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.unit.runtime.c_program import LIMIT_SECONDS, CProgram, Programs, Ran, encoded
from tests.unit.runtime.policies import variables
from tests.unit.runtime.test_policy import FULL, REFUSED, ROWS, rows_of, started

VARIABLES: Final = 4

EXECUTE: Final = """
import ctypes, sys
entries = [entry.encode() for entry in sys.argv[2:]]
texts = ctypes.c_char_p * (len(entries) + 1)
path = sys.argv[1].encode()
ctypes.CDLL(None).execve(path, (ctypes.c_char_p * 2)(path, None), texts(*entries, None))
"""
"""Starts a program with entries of an environment as they are."""


@pytest.fixture
def program(c_program: Programs) -> CProgram:
    return c_program("policy")


LINKS = {"FS_READ_ROOTS": "", "FS_WRITE_ROOTS": "", "PROC_ALLOW_CWD_ROOTS": "",
         "PROC_ALLOW_EXEC_PREFIXES": "/"}  # fmt: skip
"""Fields that name folders, and what a name there ends with."""


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("allowed", [False, True])
def test_a_link_is_no_way_to_more(
    program: CProgram, tmp_path: Path, name: str, *, allowed: bool
) -> None:
    """Of the caller's folder, which it leads out of; and `..` behind it."""
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "data" / "out").symlink_to("/etc")
    (tmp_path / "data" / "in").symlink_to("inner")
    end = LINKS[name]
    env = {**FULL, **variables({name: f"data{end}", "FS_ALLOW_SYMLINKS": allowed})}

    def ran(folder: str, without: str = "") -> Ran:
        narrower = {**variables({name: f"{folder}{end}"}), "X07_TEST_WITHOUT_GUARD": without}
        return program.run(started(env), (ROWS,), env=narrower, cwd=tmp_path)

    for folder in ("data/out", "data/out/new", "data/./out", "data/out/../inner"):
        refused = ran(folder)
        assert (refused.status, refused.stdout) == (REFUSED, b""), folder
        assert ran(folder, "narrow-links").status == 0
    follows = allowed or not name.startswith("FS_")
    assert ran("data/in").status == (0 if follows else REFUSED)
    for folder in ("data", "data/inner", "data/inner/new", "data/new"):
        assert ran(folder).status == 0, folder


def test_a_link_within_a_root_is_told_from_one_that_leads_out(
    program: CProgram, tmp_path: Path
) -> None:
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "data" / "in").symlink_to("inner")
    (tmp_path / "data" / "out").symlink_to("/etc")
    env = {**FULL, **variables({"FS_READ_ROOTS": "data"})}

    def said(folder: str, *, allowed: bool) -> str:
        policy = {**env, **variables({"FS_ALLOW_SYMLINKS": allowed})}
        narrower = variables({"FS_READ_ROOTS": folder})
        return program.run(started(policy), (ROWS,), env=narrower, cwd=tmp_path).stderr

    for folder in ("data/in", "data/out"):
        passes = "it passes a symbolic link, and fs.allow_symlinks is false"
        assert passes in said(folder, allowed=False)
    assert "a symbolic link leads out of fs.read_roots" in said("data/out", allowed=True)


UNKNOWN: Final = {
    "X07_OS_FS_READ_ROOT=data": "X07_OS_FS_READ_ROOTS",
    "X07_OS_FS_MAX_RAED_BYTES=1": "X07_OS_FS_MAX_READ_BYTES",
    "X07_OS_PROC_ALOW_SPAWN=0": "X07_OS_PROC_ALLOW_SPAWN",
    "X07_OS_DENIAL=stderr": "X07_OS_DENIALS",
    "X07_OS_DENIALS=bogus": "X07_OS_DENIALS",
    "X07_OS_fs=0": None,
    "X07_OS_BOGUS=1": None,
    "X07_OS_LIMITS_WALL_MS=1": None,
    "X07_OS_LAYERS=": None,
    "X07_OS_=1": None,
    f"X07_OS_{'A' * 5000}=1": None,
}


@pytest.mark.parametrize("entry", UNKNOWN, ids=lambda entry: entry[:40])
def test_what_would_narrow_and_is_misspelt_is_refused(program: CProgram, entry: str) -> None:
    name, _, value = entry.partition("=")
    ran = program.run(started(FULL), (ROWS,), env={name: value})
    assert (ran.status, ran.stdout) == (REFUSED, b"")
    shown, hint = ran.stderr.splitlines()
    assert shown.startswith(f"x07: `{entry[:900]}")
    assert shown.endswith("` says nothing that narrows this program's policy")
    nearest = UNKNOWN[entry]
    assert hint == (
        f"hint: is `{nearest}` meant? If not, unset it" if nearest else "hint: unset it"
    )


@pytest.mark.parametrize("value", ["", "report", "stderr", "collect"])
def test_how_denials_are_told_is_no_misspelling(program: CProgram, value: str) -> None:
    ran = program.run(started(FULL), (ROWS,), env={"X07_OS_DENIALS": value, "X07_CA_FILE": "x"})
    assert ran.status == 0, ran.stderr


def test_a_policy_s_own_names_are_not_looked_through(program: CProgram, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc")
    env = {**FULL, **variables({"FS_READ_ROOTS": "link;../up"})}
    for folders in ("link", "../up", "link/ssl"):
        ran = program.run(
            started(env), (ROWS,), env=variables({"FS_READ_ROOTS": folders}), cwd=tmp_path
        )
        assert ran.status == 0, ran.stderr


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("x07_os_net", "1", 0),
        ("X07_os_NET", "1", 0),
        ("X07_OS_NET ", "1", REFUSED),
        (" X07_OS_NET", "1", 0),
        ("X07_OS_NET", " 1", REFUSED),
        ("X07_OS_NET", "1 ", REFUSED),
        ("X07_OS_NET", "TrUe", REFUSED),
        ("X07_OS_NET", "1" * 100_000, REFUSED),
        ("X07_OS_NET", "", 0),
        ("X07_OS_FS_READ_ROOTS", ";;data;;", 0),
        ("X07_OS_FS_READ_ROOTS", ";;/;;", REFUSED),
        ("X07_OS_FS_READ_ROOTS", " ", 0),
        ("X07_OS_FS_READ_ROOTS", "data;" * 20_000, 0),
        ("X07_OS_FS_READ_ROOTS", "data/" * 20_000, REFUSED),
        ("X07_OS_FS_MAX_READ_BYTES", "", REFUSED),
        ("X07_OS_FS_MAX_READ_BYTES", "-1", REFUSED),
        ("X07_OS_FS_MAX_READ_BYTES", "0x1", REFUSED),
        ("X07_OS_FS_MAX_READ_BYTES", "18446744073709551617", REFUSED),
        ("X07_OS_DB_NET_ALLOW_PORTS", ",,5432,", 0),
        ("X07_OS_DB_NET_ALLOW_PORTS", "5432;80", REFUSED),
        ("X07_WORLD", "run-os", 0),
    ],
)
def test_other_spellings(program: CProgram, name: str, value: str, status: int) -> None:
    """Whatever they mean, the network stays off and the world what it was."""
    ran = program.run(started(FULL), (ROWS,), env={name: value})
    assert ran.status == status, ran.stderr[:200]
    if status == 0:
        rows = rows_of(ran)
        assert (rows["SANDBOXED"], rows["NET"]) == (1, 0)


def test_a_bundle_s_program_sees_what_its_policy_names(program: CProgram) -> None:
    caller = {"HOME": "/root", "LANG": "C", "TOKEN": "x", "PATH": "/bin", "X07_OS_NET": "0"}
    narrow = {"X07_OS_ENV": "1", **caller}
    env = {**FULL, **variables({"ENV": True})}

    def shown(without: str) -> set[bytes | int]:
        told = {**narrow, "X07_TEST_WITHOUT_GUARD": without}
        return set(program.answers(started(env), (VARIABLES,), env=told)[1:])

    assert shown("") == {b"HOME=/root", b"LANG=C", b"X07_OS_ENV=1", b"X07_OS_NET=0"}
    assert {b"TOKEN=x", b"PATH=/bin"} <= shown("variables")


ENTRIES = [
    (["X07_OS_FS=0", "X07_OS_FS=1"], 0),
    (["X07_OS_FS=1", "X07_OS_FS=0"], 1),
    (["X07_OS_FS", "X07_OS_FS=1"], 0),
    (["X07_OS_NET=0", "X07_OS_NET=1", "X07_OS_FS=1"], 1),
    (["=X07_OS_NET=1", "", "=", "X07_OS_FS=1"], 1),
]


@pytest.mark.parametrize(("entries", "files"), ENTRIES)
def test_entries_that_no_shell_makes(program: CProgram, entries: list[str], files: int) -> None:
    """Names that come twice, entries without a value, without a name."""
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, program.path, *entries],
        input=b"".join(encoded(word) for word in (*started(FULL), ROWS)),
        capture_output=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    rows = rows_of(Ran(done.returncode, done.stdout, done.stderr.decode()))
    assert (rows["NET"], rows["FS"]) == (0, files)
