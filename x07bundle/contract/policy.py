"""The sandbox policy `x07.run-os-policy@0.1.0` (contract/policy.md §1).

Every field is here once: its type, its bounds as a rule beside it, and its default, which holds
where the field is left out. A field without a default must be written. `policy_reading` makes these
values of a file; docs/reference/policy.md says what each field grants.

Times are in milliseconds. Where an absent object would have left a protection off, it is on.
"""

from typing import Annotated, Final, NamedTuple

from x07bundle.contract import hosts, regex_lite
from x07bundle.contract.policy_rules import (
    Exactly,
    Many,
    Range,
    Text,
    entry_problem,
    key_problem,
    policy_id_problem,
)

SCHEMA_VERSION: Final = "x07.run-os-policy@0.1.0"
MOST_HOSTS: Final = 256
MOST_PORTS: Final = 64
MOST_ROOTS: Final = 128
LONGEST_NOTES: Final = 4096


def _argument_problem(text: str) -> str | None:
    return entry_problem(text) or regex_lite.problem(text)


Duration = Annotated[int, Range(1, 600_000)]
Memory = Annotated[int, Range(1 << 20, 16 << 30)]
Deadline = Annotated[int, Range(0, 600_000)]
Units = Annotated[int, Range(0, 1024)]
Word = Annotated[int, Range(0, 0xFFFF_FFFF)]
Million = Annotated[int, Range(0, 1_000_000)]
Argument = Annotated[int, Range(0, 1 << 20)]
Stream = Annotated[int, Range(0, 256 << 20)]
Port = Annotated[int, Range(1, 65_535)]

Path = Annotated[str, Text(4096, entry_problem)]
Key = Annotated[str, Text(256, key_problem)]

Roots = Annotated[tuple[str, ...], Many(MOST_ROOTS, Path)]
Paths = Annotated[tuple[str, ...], Many(256, Path)]
Keys = Annotated[tuple[str, ...], Many(256, Key)]
Peers = Annotated[tuple[str, ...], Many(256, Annotated[str, Text(hosts.LONGEST, hosts.problem)])]
Networks = Annotated[
    tuple[str, ...], Many(256, Annotated[str, Text(hosts.LONGEST, hosts.network_problem)])
]
Arguments = Annotated[tuple[str, ...], Many(128, Annotated[str, Text(256, _argument_problem)])]


class Limits(NamedTuple):
    """What the kernel and the runner stop at."""

    cpu_ms: Duration
    wall_ms: Duration
    mem_bytes: Memory
    fds: Units
    procs: Units
    core_dumps: bool = False


class Fs(NamedTuple):
    """A limit of 0 is the default of the runtime (policy.md §6.4)."""

    enabled: bool
    read_roots: Roots
    write_roots: Roots
    deny_hidden: bool
    allow_symlinks: bool = False
    allow_mkdir: bool = False
    allow_remove: bool = False
    allow_rename: bool = False
    allow_walk: bool = False
    allow_glob: bool = False
    max_read_bytes: Word = 0
    max_write_bytes: Word = 0
    max_entries: Word = 0
    max_depth: Word = 0


class Host(NamedTuple):
    host: Annotated[str, Text(hosts.LONGEST, hosts.problem)]
    ports: Annotated[tuple[int, ...], Many(MOST_PORTS, Port, least=1)]


class Net(NamedTuple):
    enabled: bool
    allow_dns: bool
    allow_tcp: bool
    allow_udp: bool
    allow_hosts: Annotated[tuple[Host, ...], Many(MOST_HOSTS, Host)]


class Drivers(NamedTuple):
    sqlite: bool
    postgres: bool
    mysql: bool
    redis: bool = False


class Sqlite(NamedTuple):
    allow_paths: Paths = ()
    readonly_only: bool = False
    allow_create: bool = False
    allow_in_memory: bool = False


class DbNet(NamedTuple):
    allow_dns: Peers = ()
    allow_cidrs: Networks = ()
    allow_ports: Annotated[tuple[int, ...], Many(256, Port)] = ()
    require_tls: bool = True
    require_verify: bool = True


class Db(NamedTuple):
    """A limit of 0 is the default of the runtime (policy.md §6.6)."""

    enabled: bool
    drivers: Drivers
    max_live_conns: Units = 0
    max_queries: Million = 0
    connect_timeout_ms: Deadline = 0
    query_timeout_ms: Deadline = 0
    max_sql_bytes: Annotated[int, Range(0, 10 << 20)] = 0
    max_rows: Million = 0
    max_resp_bytes: Annotated[int, Range(0, 128 << 20)] = 0
    sqlite: Sqlite = Sqlite()
    net: DbNet = DbNet()


class Env(NamedTuple):
    enabled: bool
    allow_keys: Keys
    deny_keys: Keys


class Time(NamedTuple):
    enabled: bool
    allow_monotonic: bool
    allow_wall_clock: bool
    allow_sleep: bool
    allow_local_tzid: bool
    max_sleep_ms: Annotated[int, Range(0, 86_400_000)]


class Language(NamedTuple):
    allow_unsafe: bool
    allow_ffi: bool


class Threads(NamedTuple):
    enabled: bool
    max_workers: Annotated[int, Range(0, 256)]
    max_blocking: Annotated[int, Range(0, 4096)]
    max_queue: Million


class Process(NamedTuple):
    """`max_stdout_bytes`, `max_stderr_bytes` and `max_total_bytes` of 0 are no limit."""

    enabled: bool
    allow_spawn: bool
    allow_exec: bool
    allow_exit: bool
    max_live: Units
    max_spawns: Units
    allow_execs: Paths = ()
    allow_exec_prefixes: Paths = ()
    allow_args_regex_lite: Arguments = ()
    allow_env_keys: Keys = ()
    max_exe_bytes: Argument = 4096
    max_args: Units = 64
    max_arg_bytes: Argument = 4096
    max_env: Units = 64
    max_env_key_bytes: Annotated[int, Range(0, 4096)] = 256
    max_env_val_bytes: Argument = 4096
    max_runtime_ms: Deadline = 0
    max_stdout_bytes: Stream = 0
    max_stderr_bytes: Stream = 0
    max_total_bytes: Annotated[int, Range(0, 512 << 20)] = 0
    max_stdin_bytes: Stream = 0
    kill_on_drop: bool = True
    kill_tree: bool = True
    allow_cwd: bool = False
    allow_cwd_roots: Roots = ()


class Policy(NamedTuple):
    schema_version: Annotated[str, Exactly(SCHEMA_VERSION)]
    policy_id: Annotated[str, Text(64, policy_id_problem)]
    limits: Limits
    fs: Fs
    net: Net
    env: Env
    time: Time
    process: Process
    notes: Annotated[str, Text(LONGEST_NOTES, shortest=0)] = ""
    db: Db = Db(False, Drivers(False, False, False))
    language: Language = Language(False, False)
    threads: Threads = Threads(True, 0, 4, 1024)
