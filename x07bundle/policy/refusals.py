"""Grants that are never suggested, because they would open more than was asked for. Pure."""

from typing import Final

from x07bundle.contract import hosts
from x07bundle.contract.policy_rules import shown
from x07bundle.policy.grant_text import Destination, Entry, Grant, Switch
from x07bundle.policy.grant_words import WORDS

SWITCHES: Final = {
    "fs.deny_hidden": "it would open every hidden file below the roots; keep what the program "
    "needs under a name without a dot",
    "fs.allow_symlinks": "it would let the program follow every link below the roots; use a path "
    "without links",
}
EXECUTES: Final = ("LD_", "DYLD_", "GLIBC_TUNABLES", "MALLOC_", "GCONV_PATH")
"""Variables that make a C library load code."""
SPECIAL: Final = {
    "169.254.0.0/16": "link-local addresses, those of metadata services among them, ",
    "fe80::/10": "link-local addresses ",
    "100.100.100.200": "metadata services of clouds ",
    "fd00:ec2::/32": "metadata services of clouds ",
    "fd20:ce::/32": "metadata services of clouds ",
    "0.0.0.0/8": "addresses that stand for all of this machine ",
    "::": "addresses that stand for all of this machine ",
    "224.0.0.0/3": "multicast and reserved addresses ",
    "ff00::/8": "multicast addresses ",
}
"""As in stubs/runtime/src/policy_net.c; and what they are."""
ROOTS: Final = ("fs.read_roots", "fs.write_roots", "process.allow_cwd_roots")


def refusal(grant: Grant) -> str | None:
    """Why a grant is not suggested, or None."""
    if grant.field in SWITCHES:
        return SWITCHES[grant.field]
    if grant.field not in WORDS:
        return f"no denial asks for a change of `{shown(grant.field)}`"
    match grant:
        case Switch(value=False):
            return "no denial asks for less"
        case Destination(host=host):
            return _of_host(host)
        case Entry(field="process.allow_env_keys", item=key) if key.startswith(EXECUTES):
            return "this variable makes programs load code"
        case Entry(field=field, item=root) if field in ROOTS and not root.strip("/"):
            return "it would open the whole file system"
        case Entry(field=field, item=root) if field in ROOTS and ".." in root.split("/"):
            return "it leads out of where it starts; name the folder itself, without `..`"
        case _:
            return None


def _of_host(host: str) -> str | None:
    problem = hosts.problem(host)
    if problem:
        return problem
    for special, what in SPECIAL.items():
        if hosts.covers(special, host):
            return f"{what}need a decision of yours: write the entry by hand"
    return None
