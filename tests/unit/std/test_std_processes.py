"""The modules about processes, standard streams and random bytes."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.program_build import Workshop
from tests.unit.std import table_processes
from tests.unit.std.calling import call_all
from tests.unit.std.calls import Call, functions_of
from tests.unit.std.test_std_system import run

Group = Callable[[], Iterator[Call]]

GROUPS: dict[str, Group] = {
    "requests": table_processes.request_calls,
    "capabilities": table_processes.caps_calls,
    "documents": partial(table_processes.document_calls, "std.os.process"),
    "documents of std.world": partial(table_processes.document_calls, "std.world.process"),
    "specs": table_processes.spec_calls,
}
MODULES = ("std.os.process", "std.world.process")
IMPORTS = ["std.os.process.caps_v1", "std.os.process.req_v1"]

WITH_HANDLES = (
    *("spawn_capture_v1", "spawn_piped_v1", "run_capture_v1", "try_join_capture_v1"),
    *("stdout_read_v1", "stderr_read_v1", "stdin_write_v1", "stdin_close_v1"),
    *("try_wait_v1", "take_exit_v1", "kill_v1", "drop_v1", "exit"),
)
"""Functions that the programs below call."""


@pytest.mark.parametrize("group", GROUPS)
def test_functions_return_what_they_say(group: str, workshop: Workshop) -> None:
    call_all(workshop, f"std_{group}", list(GROUPS[group]()))


def test_every_function_is_called() -> None:
    called = {call.function for calls in GROUPS.values() for call in calls()}
    modules = (*MODULES, *IMPORTS, "std.os.stdio.spec", "std.os.rand.spec")
    exported = {name for module in modules for name in functions_of(module)}
    by_hand = {f"{module}.{name}" for module in MODULES for name in WITH_HANDLES}
    assert exported - called == by_hand


def shell(script: str) -> list[object]:
    new = ["std.os.process.req_v1.new", ["bytes.lit", "/bin/sh"]]
    option = ["std.os.process.req_v1.arg", new, ["bytes.lit", "-c"]]
    with_script = ["std.os.process.req_v1.arg", option, ["bytes.lit", script]]
    return ["std.os.process.req_v1.finish", with_script]


LIMITS = ["std.os.process.caps_v1.finish", 100, 100, 0, 0]


@pytest.mark.parametrize("module", MODULES)
def test_a_captured_process(workshop: Workshop, module: str) -> None:
    start = [f"{module}.spawn_capture_v1", shell("printf out; exit 3"), LIMITS]
    ran = run(
        workshop,
        f"{module}_captured",
        [module, *IMPORTS],
        ["let", "first", [f"{module}.run_capture_v1", shell("printf 'run '"), LIMITS]],
        ["let", "p", start],
        ["while", ["=", 0, [f"{module}.try_wait_v1", "p"]], 0],
        ["let", "joined", [f"{module}.try_join_capture_v1", "p"]],
        ["let", "doc", ["option_bytes.unwrap_or", "joined", ["bytes.empty"]]],
        ["let", "dropped", [f"{module}.drop_v1", "p"]],
        ["let", "code", ["+", "dropped", [f"{module}.resp_exit_code", "doc"]]],
        [
            "bytes.concat",
            [f"{module}.resp_stdout", "first"],
            ["bytes.concat", [f"{module}.resp_stdout", "doc"], ["fmt.u32_to_dec", "code"]],
        ],
    )
    assert ran.output == b"run out4", ran


@pytest.mark.parametrize("module", MODULES)
def test_a_piped_process(workshop: Workshop, module: str) -> None:
    script = "read line; printf $line; printf $line >&2; exec sleep 1000"
    ran = run(
        workshop,
        f"{module}_piped",
        [module, *IMPORTS],
        ["let", "p", [f"{module}.spawn_piped_v1", shell(script), LIMITS]],
        ["let", "out", ["bytes.empty"]],
        [f"{module}.stdin_write_v1", "p", ["bytes.lit", "word\n"]],
        [f"{module}.stdin_close_v1", "p"],
        ["let", "err", ["bytes.empty"]],
        [
            "while",
            ["=", 0, ["view.len", "err"]],
            ["set", "err", [f"{module}.stderr_read_v1", "p", 9]],
        ],
        ["set", "out", [f"{module}.stdout_read_v1", "p", 9]],
        ["while", ["=", 0, [f"{module}.try_wait_v1", "p"]], [f"{module}.kill_v1", "p", 15]],
        ["let", "code", ["fmt.s32_to_dec", [f"{module}.take_exit_v1", "p"]]],
        ["bytes.concat", "out", ["bytes.concat", "err", "code"]],
    )
    assert ran.output == b"wordword143", ran


def test_streams_and_random_bytes(workshop: Workshop) -> None:
    caps = ["std.os.stdio.spec.caps_default_v1"]
    some = ["std.os.rand.bytes_v1", 5, ["std.os.rand.spec.caps_default_v1"]]
    number = ["std.os.rand.u64_v1", ["std.os.rand.spec.caps_default_v1"]]
    ran = run(
        workshop,
        "services",
        ["std.os.stdio", "std.os.stdio.spec", "std.os.rand", "std.os.rand.spec"],
        ["let", "end", ["result_bytes.err_code", ["std.os.stdio.read_line_v1", caps]]],
        ["std.os.stdio.write_stdout_v1", ["bytes.empty"], caps],
        ["std.os.stdio.write_stderr_v1", ["bytes.lit", "said\n"], caps],
        ["std.os.stdio.flush_stdout_v1"],
        ["std.os.stdio.flush_stderr_v1"],
        ["let", "a", ["result_bytes.unwrap_or", some, ["bytes.empty"]]],
        ["let", "b", ["result_bytes.unwrap_or", number, ["bytes.empty"]]],
        ["fmt.u32_to_dec", ["+", "end", ["+", ["view.len", "a"], ["view.len", "b"]]]],
    )
    assert ran.output == b"60134", ran
    assert ran.stderr.startswith("said\n")
