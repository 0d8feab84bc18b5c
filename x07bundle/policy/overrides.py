"""The policy that holds: the base policy, with what options allow and deny (policy.md §4)."""

from pathlib import Path
from typing import Final, NamedTuple

from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_problems import PolicyError, PolicySchemaError
from x07bundle.contract.policy_reading import Loaded, load
from x07bundle.contract.policy_rules import Text, entry_problem, shown
from x07bundle.errors import UsageError, X07Error
from x07bundle.policy import derived, host_specs
from x07bundle.policy.host_specs import Sources
from x07bundle.policy.merge import Grants, merged

ROOT: Final = Text(4096, entry_problem)


class Overrides(NamedTuple):
    """The options as given, each kind in its order. Host files are relative to the policy root."""

    allow_hosts: tuple[str, ...] = ()
    deny_hosts: tuple[str, ...] = ()
    allow_host_files: tuple[str, ...] = ()
    deny_host_files: tuple[str, ...] = ()
    allow_read_roots: tuple[str, ...] = ()
    allow_write_roots: tuple[str, ...] = ()

    @property
    def are_given(self) -> bool:
        return any(self)

    @property
    def name_hosts(self) -> bool:
        return any(self[:4])

    @property
    def name_roots(self) -> bool:
        return any(self[4:])


class Effective(NamedTuple):
    """`data` are the bytes of `path`, which is derived from another file where it is `derived`;
    `base_data` are those of that file.
    """

    policy: Policy
    path: Path
    derived: bool
    data: bytes
    base_data: bytes


def base_path(option: Path | None, of_profile: Path | None, policy_root: Path) -> Path:
    """The base policy: that of `--policy`, else that of the profile.

    Raises:
        UsageError: there is none.
    """
    if option is not None:
        return policy_root / option
    if of_profile is not None:
        return of_profile
    raise UsageError(
        "run-os-sandboxed requires a policy file (`--policy`, or `policy` of the profile)",
        hint="`x07 policy init --template cli` writes one",
    )


def effective(base: Path, overrides: Overrides, policy_root: Path) -> Effective:
    """The policy that holds. Where there are overrides, it is written as a file of its own.

    Raises:
        X07Error: as `resolved`, and where that file cannot be written.
    """
    found = resolved(base, overrides, policy_root)
    keep(found)
    return found


def keep(found: Effective) -> None:
    """Writes a derived policy to its file.

    Raises:
        OutputError: it cannot be written.
    """
    if found.derived:
        derived.write(found.path, found.data)


def resolved(base: Path, overrides: Overrides, policy_root: Path) -> Effective:
    """The policy that holds. Writes nothing.

    Raises:
        PolicyError: the base policy is not valid; PolicySchemaError where there are overrides.
        UsageError: overrides that are wrong, or that the base policy rules out.
        X07Error: a file is missing or cannot be read.
    """
    if not base.is_file():
        hint = "`x07 policy init` writes one; `policy` of the profile and `--policy` name it"
        raise X07Error(f"missing policy file: `{base}`", hint=hint)
    if overrides.are_given:
        return _derived(base, overrides, policy_root)
    loaded = load(base)
    return Effective(loaded.policy, base, False, loaded.data, loaded.data)


def _derived(base: Path, overrides: Overrides, policy_root: Path) -> Effective:
    loaded = _load(base)
    _check_switches(loaded.policy, overrides)
    grants = _grants(overrides, policy_root)
    digest8 = derived.digest(loaded.data, grants)
    document = derived.named(merged(loaded.document, grants), base, policy_root, digest8)
    path = derived.path_of(policy_root, loaded.policy.policy_id, digest8)
    policy, data = derived.checked(document, path)
    return Effective(policy, path, True, data, loaded.data)


def _load(base: Path) -> Loaded:
    """The base policy; what is wrong with it is said to programs, as the contract has it here."""
    try:
        return load(base)
    except PolicyError as error:
        raise PolicySchemaError(error.file, error.problems) from error


def _check_switches(policy: Policy, overrides: Overrides) -> None:
    """Raises UsageError where the base policy rules out what overrides would add to."""
    if overrides.name_hosts and not policy.net.enabled:
        raise _switched_off("net.enabled", "disables networking", "http-client")
    if overrides.name_hosts and not policy.net.allow_tcp:
        raise _switched_off("net.allow_tcp", "forbids TCP", "http-client")
    if overrides.name_roots and not policy.fs.enabled:
        raise _switched_off("fs.enabled", "disables filesystem access", "cli")


def _switched_off(field: str, words: str, template: str) -> UsageError:
    return UsageError(
        f"the base policy {words} ({field}=false)",
        "options add to what a policy has switched on; they switch nothing on",
        f"set {field} in the policy, or start from `x07 policy init --template {template}`",
    )


def _grants(overrides: Overrides, root: Path) -> Grants:
    """What overrides say.

    Raises:
        UsageError: a host or a root is wrong.
        X07Error: a host file cannot be read.
    """
    allow = Sources("--allow-host", overrides.allow_host_files, overrides.allow_hosts, False)
    deny = Sources("--deny-host", overrides.deny_host_files, overrides.deny_hosts, True)
    allowed = host_specs.read(allow, root)
    return Grants(
        allow={host: ports for host, ports in allowed.items() if ports is not None},
        deny=host_specs.read(deny, root),
        read_roots=_roots("--allow-read-root", overrides.allow_read_roots),
        write_roots=_roots("--allow-write-root", overrides.allow_write_roots),
    )


def _roots(option: str, given: tuple[str, ...]) -> tuple[str, ...]:
    roots = tuple(root.strip() for root in given)
    for root in roots:
        problem = ROOT.problem(root) or _encoding_problem(root)
        if problem:
            raise UsageError(f"`{option} {shown(root)}`: {problem}", hint="name a folder")
    return roots


def _encoding_problem(root: str) -> str | None:
    """A policy is JSON, which is Unicode; names of files need not be."""
    try:
        root.encode()
    except UnicodeEncodeError:
        return "is not UTF-8, so no policy can name it"
    return None
