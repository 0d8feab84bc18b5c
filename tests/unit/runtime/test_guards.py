"""Which test closes which way out of a sandbox, and which guard that test takes out to show it.

A guard is a switch in the runtime's sources (stubs/runtime/src/guard.h) that only builds for tests
have. Those that are named by a policy's field take out that field's verdict.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

FOLDER: Final = Path(__file__).parent
SOURCES: Final = FOLDER.parents[2] / "stubs" / "runtime" / "src"


class Closed(NamedTuple):
    """The file of the test, what it is called there, and the guard; "" where there is no code that
    could be taken out."""

    file: str
    test: str
    guard: str


FILES: Final = "test_files_escapes.py"
RACES: Final = "test_files_races.py"
EXECS: Final = "test_process_escapes.py"
STARTS: Final = "test_process_policy.py"
SERVICES: Final = "test_services.py"
KERNEL: Final = "test_confine.py"
CALLS: Final = "test_confine_calls.py"
LIMITS: Final = "test_confine_limits.py"

NETWORK: Final = "test_sockets_escapes.py"

WAYS: Final = {
    "..": Closed(FILES, '"parent"', "spelling"),
    "absolute path": Closed(FILES, '"absolute"', "roots"),
    "symlink in the middle": Closed(FILES, '"link-in-the-middle"', "beneath"),
    "symlink at the end": Closed(FILES, '"link-at-the-end"', "beneath"),
    "symlink swapped meanwhile": Closed(RACES, "test_a_race_is_won_without_the_guard", "beneath"),
    "hard link": Closed(FILES, '"hard-link"', "names"),
    "/proc/self/root": Closed(FILES, '"proc-root"', "beneath"),
    "hidden by case": Closed(FILES, '"hidden-capital"', "hidden"),
    "hidden by Unicode": Closed(FILES, '"hidden-wide"', "hidden"),
    "NUL": Closed(FILES, '"nul"', "spelling"),
    "very long path": Closed(FILES, "test_a_long_path_meets_its_end", "long"),
    "walk through a link": Closed(FILES, "test_a_walk_does_not_go_through_a_link", "walk-links"),
    "glob to a link": Closed(FILES, "test_links_to_files_outside_are_not_walked_to", "beneath"),
    "rename across roots": Closed(FILES, '"rename-from-what-is-read"', "roots"),
    "fifo": Closed(FILES, '"fifo"', "regular"),
    "device": Closed(FILES, '"device"', "regular"),
    "key by case": Closed(SERVICES, "test_keys_are_granted_by_every_byte", "env.allow_keys"),
    "empty key": Closed(SERVICES, "test_keys_are_granted_by_every_byte", "env.allow_keys"),
    "LD_PRELOAD for a child": Closed(STARTS, '"allow_env_keys"', "case.field"),
    "key of a child by case": Closed(
        STARTS,
        "test_an_environment_variable_is_granted_by_its_exact_name",
        "process.allow_env_keys",
    ),
    "exec by relative path": Closed(EXECS, '"a relative path"', "process.allow_execs"),
    "exec by a link": Closed(EXECS, '"a link"', "beneath"),
    "exec by a link swapped meanwhile": Closed(
        EXECS, "test_a_link_that_is_swapped_in_never_runs", "beneath"
    ),
    "interpreter of a script": Closed(EXECS, '"a script\'s interpreter"', "interpreter"),
    "look-alike of a prefix": Closed(EXECS, '"a look-alike"', "process.allow_execs"),
    "exec by PATH": Closed(EXECS, "test_nothing_is_looked_up_in_path", ""),
    "arguments": Closed(STARTS, '"allow_args_regex_lite"', "case.field"),
    "too many at a time": Closed(
        STARTS, "test_no_more_are_live_than_the_policy_says", "process.max_live"
    ),
    "too many in all": Closed(
        STARTS, "test_no_more_are_started_than_the_policy_says", "process.max_spawns"
    ),
    "fork bomb": Closed(LIMITS, "test_processes", "rlimits"),
    "output over caps": Closed(STARTS, "test_output_ends_at_the_limit", "process-output"),
    "stdin over caps": Closed(STARTS, "test_pending_input_is_limited", "process.max_stdin_bytes"),
    "running over the limit": Closed(STARTS, "test_the_time_limit_is_kept", "process-time"),
    "sleeping over the limit": Closed(SERVICES, "test_sleep_has_a_limit", "time.max_sleep_ms"),
    "memory": Closed(LIMITS, "test_memory", "rlimits"),
    "processor time": Closed(LIMITS, "test_processor_time_without_the_limit", "rlimits"),
    "time": Closed(LIMITS, "test_time_without_the_limit", "wall"),
    "file size": Closed(LIMITS, "test_file_size", "rlimits"),
    "descriptors": Closed(LIMITS, "test_descriptors_without_the_limit", "rlimits"),
    "files by native code": Closed(KERNEL, "test_files_below_the_roots_and_no_others", "landlock"),
    "sockets by native code": Closed(KERNEL, "test_sockets_without_the_filter", "seccomp"),
    "processes by native code": Closed(KERNEL, "test_without_processes_none_starts", "seccomp"),
    "sessions of processes that were started": Closed(
        KERNEL, "test_a_process_that_was_started_stays_in_its_group", "group"
    ),
    "calls for nobody": Closed(CALLS, "test_they_are_refused_by_the_filter", "seccomp"),
    "spellings of hosts": Closed(NETWORK, "test_no_connection_to_what_is_not_granted", "net-hosts"),
    "look-up of names": Closed(NETWORK, "test_no_look_up_of_what_is_not_granted", "net-hosts"),
    "name of an address of this machine": Closed(
        NETWORK, "test_an_address_that_nobody_is_granted_by_name", "net-special"
    ),
    "name with an address that is not granted": Closed(
        NETWORK, "test_one_of_two_addresses", "net-resolved"
    ),
    "name whose address changes": Closed(NETWORK, "test_a_name_whose_address_changes", ""),
    "listening": Closed(NETWORK, "test_no_listener_where_none_is_granted", "net-hosts"),
    "listening by name": Closed(NETWORK, "test_no_listener_by_name", "net-bound"),
    "messages of UDP": Closed(NETWORK, "test_no_message_to_what_is_not_granted", "net-hosts"),
    "descriptors left open": Closed(
        KERNEL, "test_descriptors_that_were_left_open_are_closed", "descriptors"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_has_its_test(way: str) -> None:
    closed = WAYS[way]
    source = (FOLDER / closed.file).read_text()
    assert closed.test in source
    assert closed.guard in source


def test_no_guard_is_without_a_test() -> None:
    sources = "".join(path.read_text() for path in sorted(SOURCES.glob("*.c")))
    guards = set(re.findall(r'x07_guard\("([^"]+)"\)', sources))
    tests = "".join(path.read_text() for path in FOLDER.glob("*.py") if path != Path(__file__))
    assert len(guards) > 10
    assert sorted(guard for guard in guards if not re.search(rf"[\"',]{guard}[\"',]", tests)) == []
