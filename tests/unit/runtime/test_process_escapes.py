"""Ways to run what is not granted. Each is closed, and each is open where the guard against it is
taken out, so that no test here passes for another reason (stubs/runtime/src/guard.h)."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.c_program import CProgram, Programs
from tests.unit.runtime.exchanges import exchanging
from tests.unit.runtime.process_policies import SHELL, answers, policy, run
from tests.unit.runtime.processes import (
    CAPS,
    DENIED,
    FAILED,
    RUN_MANY,
    Done,
    Error,
    request,
)

ROUNDS = 100
TRIES = 20
GRANTED = "deps/x07/"


@pytest.fixture
def process(c_program: Programs) -> CProgram:
    return c_program("process")


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """What is granted is `true`, what is not is `false`."""
    granted, evil = tmp_path / "deps" / "x07", tmp_path / "evil"
    for folder in (granted, evil, tmp_path / "deps" / "x07-evil"):
        folder.mkdir(parents=True)
    shutil.copy("/bin/true", granted / "tool")
    for folder in (evil, tmp_path / "deps" / "x07-evil", tmp_path / "out"):
        folder.mkdir(exist_ok=True)
        shutil.copy("/bin/false", folder / "tool")
    (granted / "link").symlink_to("/bin/false")
    (granted / "near").symlink_to("../../evil/tool")
    (granted / "folder").symlink_to(evil)
    (granted / "inside").symlink_to("tool")
    script(granted / "script", f"#!{evil}/tool\n")
    script(granted / "relative", "#! evil/tool \n")
    script(granted / "linked", "#!deps/x07/link\n")
    return tmp_path


def granting(**fields: Any) -> dict[str, str]:  # noqa: ANN401  a policy's fields differ
    return policy(**{"PROC_ALLOW_EXECS": [], "PROC_ALLOW_EXEC_PREFIXES": [GRANTED], **fields})


@dataclass(frozen=True)
class Escape:
    """`program` may name the folder as `{}`; `guards` are those that close it, all of them."""

    program: str
    guards: str
    told: str = "process.allow_execs"
    fields: dict[str, Any] = field(default_factory=dict)


LISTED = "process.allow_execs"
PREFIXES = "process.allow_exec_prefixes"

ESCAPES = {
    "an absolute path": Escape("{}/evil/tool", LISTED),
    "a relative path": Escape("evil/tool", LISTED),
    "a path through its own folder": Escape("./deps/x07/../../evil/tool", LISTED),
    "up from the prefix": Escape("deps/x07/../../evil/tool", "exec-parent,beneath"),
    "a link": Escape("deps/x07/link", "beneath", PREFIXES),
    "a relative link": Escape("deps/x07/near", "beneath", PREFIXES),
    "a link on the way": Escape("deps/x07/folder/tool", "beneath", PREFIXES),
    "a look-alike": Escape("deps/x07-evil/tool", LISTED),
    "a script's interpreter": Escape("deps/x07/script", "interpreter"),
    "a script's relative interpreter": Escape("deps/x07/relative", "interpreter"),
    "a script's linked interpreter": Escape("deps/x07/linked", "interpreter", PREFIXES),
    "another root": Escape("/proc/self/root{}/evil/tool", LISTED),
    "another name of the same file": Escape("deps//x07/../x07-evil/tool", LISTED),
    "a magic link": Escape(
        "/proc/self/cwd/evil/tool", "beneath", PREFIXES, {"PROC_ALLOW_EXEC_PREFIXES": ["/proc/"]}
    ),
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_what_is_not_granted_does_not_run(process: CProgram, world: Path, escape: Escape) -> None:
    env = granting(**escape.fields)
    asked = request(escape.program.format(world))
    done, told = run(process, env, asked, cwd=world)
    assert done == Error(DENIED)
    assert [each["field"] for each in told] == [escape.told]
    env["X07_TEST_WITHOUT_GUARD"] = escape.guards
    assert run(process, env, asked, cwd=world) == (Done(1), [])


def test_what_is_granted_runs(process: CProgram, world: Path) -> None:
    for program in ("deps/x07/tool", "deps/x07/inside"):
        assert run(process, granting(), request(program), cwd=world) == (Done(0), [])


def test_what_a_granted_path_leads_to_is_granted(process: CProgram, world: Path) -> None:
    env = policy(PROC_ALLOW_EXECS=["deps/x07/near"])
    assert run(process, env, request("deps/x07/near"), cwd=world) == (Done(1), [])


def test_nothing_is_looked_up_in_path(process: CProgram, world: Path) -> None:
    """There is no guard to take out: what is opened is the path that was judged."""
    env = {**policy(PROC_ALLOW_EXECS=["tool"], PROC_ALLOW_ENV_KEYS=["PATH"]), "PATH": "evil"}
    asked = request("tool", env={"PATH": "evil"})
    assert run(process, env, asked, cwd=world) == (Error(FAILED), [])


def test_a_granted_program_is_that_of_the_program_s_folder(process: CProgram, world: Path) -> None:
    """`out/deps/x07/tool` is none that the policy speaks of."""
    shutil.copytree(world / "evil", world / "out" / "deps" / "x07")
    env = granting(PROC_ALLOW_CWD=True, PROC_ALLOW_CWD_ROOTS=["out"])
    asked = request("deps/x07/tool", cwd="out")
    assert run(process, env, asked, cwd=world) == (Done(0), [])


@pytest.mark.parametrize("name", ["fifo", "folder/", "missing", "text"])
def test_what_is_no_program(process: CProgram, world: Path, name: str) -> None:
    folder = world / "deps" / "x07"
    os.mkfifo(folder / "fifo", 0o755)
    script(folder / "text", "echo no first line\n")
    (folder / "folder").unlink()
    (folder / "folder").mkdir()
    done, told = run(process, granting(), request(f"deps/x07/{name}"), cwd=world)
    assert (done, told) == (Error(FAILED), [])


# -- scripts


def in_shell(process: CProgram, world: Path, first_line: str) -> Done | Error:
    script(world / "deps" / "x07" / "run", f"{first_line}\nprintf '<%s>' \"$@\"; echo $-\n")
    env = policy(PROC_ALLOW_EXECS=[SHELL], PROC_ALLOW_EXEC_PREFIXES=[GRANTED])
    done, _ = run(process, env, request("deps/x07/run", "a", "b c"), cwd=world)
    return done


def test_a_script_of_a_granted_interpreter_runs(process: CProgram, world: Path) -> None:
    assert in_shell(process, world, "#!/bin/sh") == Done(0, b"<a><b c>\n")
    assert in_shell(process, world, "#!  /bin/sh\t-f  ") == Done(0, b"<a><b c>f\n")


@pytest.mark.parametrize(
    "line", ["#!", "#! ", "# !/bin/sh", "#!/bin/sh\0", f"#!/bin/sh {'x' * 300}"]
)
def test_a_first_line_that_is_none(process: CProgram, world: Path, line: str) -> None:
    assert in_shell(process, world, line) in (Error(FAILED), Error(DENIED))


def test_a_script_is_no_interpreter(process: CProgram, world: Path) -> None:
    script(world / "deps" / "x07" / "outer", "#!/bin/sh\n")
    assert in_shell(process, world, "#!deps/x07/outer") == Error(FAILED)


def test_a_script_reads_itself_by_descriptor(process: CProgram, world: Path) -> None:
    """Whatever lies at its path by then."""
    script(world / "deps" / "x07" / "run", "#!/bin/sh\necho $0\n")
    env = policy(PROC_ALLOW_EXECS=[SHELL], PROC_ALLOW_EXEC_PREFIXES=[GRANTED])
    done, _ = run(process, env, request("deps/x07/run"), cwd=world)
    assert isinstance(done, Done)
    assert done.stdout.startswith(b"/proc/self/fd/")


# -- links that are swapped meanwhile


def until(seen: Callable[[], bool]) -> bool:
    """Whether it is seen at last: threads do not always run when one would like them to."""
    return any(seen() for _ in range(TRIES))


@pytest.mark.parametrize("walk", ["", "openat2"], ids=["openat2", "name by name"])
def test_a_link_that_is_swapped_in_never_runs(process: CProgram, world: Path, walk: str) -> None:
    folder = world / "deps" / "x07"
    (folder / "granted").mkdir()
    shutil.copy("/bin/true", folder / "granted" / "tool")
    (folder / "other").symlink_to(world / "evil")

    def ran(without: str) -> list[int]:
        """How often what is granted ran, what is not, and none."""
        env = {**granting(PROC_MAX_SPAWNS=1 << 20), "X07_TEST_WITHOUT_GUARD": without}
        asked = (RUN_MANY, ROUNDS, request("deps/x07/granted/tool"), CAPS)
        words, _ = answers(process, env, asked, cwd=world)
        return [int(word) for word in words]

    def both() -> bool:
        granted, escaped, refused = ran(walk)
        assert escaped == 0
        return granted != 0 and refused != 0

    with exchanging((folder / "granted", folder / "other")):
        assert until(both)
        assert until(lambda: ran("beneath")[1] != 0)
