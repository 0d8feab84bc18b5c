"""Which of the caller's variables a program gets: in a run, in a guest, in a bundle the same."""

from collections.abc import Mapping
from typing import Final

from x07bundle.contract.policy import Env

OURS: Final = "X07_"
"""Names that only the policy and this tool set."""
LOADER: Final = ("LD_", "DYLD_", "GLIBC_TUNABLES", "MALLOC_", "GCONV_PATH")
"""Variables that make the C library load code or write files before the program is confined."""


def granted_variables(env: Env, environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables that a policy lets a program read."""
    return {name: environment[name] for name in grantable(env) if name in environment}


def grantable(env: Env) -> tuple[str, ...]:
    """The names of variables that a policy lets a program read, whether they are set or not."""
    if not env.enabled:
        return ()
    names = [name for name in env.allow_keys if name not in env.deny_keys]
    return tuple(name for name in names if not name.startswith((OURS, *LOADER)))
