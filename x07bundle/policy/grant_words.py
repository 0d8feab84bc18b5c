"""What the steps of a suggestion grant, in words. Pure."""

from collections.abc import Mapping
from typing import Final

from x07bundle.policy.granting import Operation

WORDS: Final[Mapping[str, str]] = {
    "fs.enabled": "using files at all, below the roots",
    "fs.read_roots": "reading `{}`, and where it is a folder all that is below it",
    "fs.write_roots": "writing all files below the folder `{}`",
    "fs.allow_mkdir": "making folders below all write roots",
    "fs.allow_remove": "removing files and folders below all write roots",
    "fs.allow_rename": "renaming and replacing files below all write roots",
    "fs.allow_walk": "listing folders below all read roots",
    "fs.allow_glob": "finding files by pattern below all read roots",
    "net.enabled": "using the network at all, to the listed hosts",
    "net.allow_tcp": "TCP with the listed hosts",
    "net.allow_udp": "UDP with the listed hosts",
    "net.allow_dns": "looking up the listed names",
    "net.allow_hosts": "reaching `{}`, by each protocol that is switched on",
    "env.enabled": "reading the listed variables",
    "env.allow_keys": "reading the variable `{}`",
    "time.enabled": "using clocks, as far as each is switched on",
    "time.allow_wall_clock": "reading date and time",
    "time.allow_local_tzid": "learning the local time zone",
    "time.allow_sleep": "waiting, no longer than `time.max_sleep_ms` at once",
    "process.enabled": "ending with an exit code, and starting programs where that is switched on",
    "process.allow_exit": "ending with an exit code",
    "process.allow_spawn": "starting the listed programs",
    "process.allow_exec": "executing the listed programs",
    "process.allow_execs": "starting `{}`, with any arguments that the patterns match; any at all "
    "where there are none",
    "process.allow_args_regex_lite": "arguments that match `{}`, to every listed program",
    "process.allow_env_keys": "giving the variable `{}` to programs",
    "process.allow_cwd": "starting programs in the listed folders",
    "process.allow_cwd_roots": "starting programs in `{}` and all folders below it",
    "fs.max_read_bytes": "reads of up to {} bytes",
    "fs.max_write_bytes": "writes of up to {} bytes",
    "fs.max_entries": "listings of up to {} entries",
    "fs.max_depth": "listings of up to {} levels",
    "language.allow_unsafe": "unsafe memory operations, to all of the program",
    "language.allow_ffi": "calling C by itself, which the kernel alone confines: it knows ports, "
    "and not hosts",
    "threads.max_blocking": "up to {} blocking operations at a time",
    "time.max_sleep_ms": "waiting up to {} ms at once",
    "process.max_live": "up to {} programs at a time",
    "process.max_spawns": "starting up to {} programs in one run",
    "process.max_runtime_ms": "programs that run up to {} ms",
    "process.max_exe_bytes": "paths of programs of up to {} bytes",
    "process.max_args": "up to {} arguments, the program's name included",
    "process.max_arg_bytes": "arguments of up to {} bytes",
    "process.max_env": "giving up to {} variables to a program",
    "process.max_env_key_bytes": "names of variables of up to {} bytes",
    "process.max_env_val_bytes": "values of variables of up to {} bytes",
    "process.max_stdin_bytes": "giving up to {} bytes to a program's stdin",
    "process.max_stdout_bytes": "keeping up to {} bytes of a program's stdout",
    "process.max_stderr_bytes": "keeping up to {} bytes of a program's stderr",
    "process.max_total_bytes": "keeping up to {} bytes of what a program writes",
}
"""By the fields that a denial can ask to change: those of the runtime's verdicts, and of
the compiler's."""


def granted(operation: Operation) -> str:
    """What an operation of a patch grants."""
    words = WORDS[operation.places[0].field]
    items = [place.item or str(operation.value) for place in operation.places]
    return words.format("`, `".join(items))
