"""Denials as reports have them, and what is suggested for them."""

import copy
import json
from typing import Any

from x07bundle.contract.policy_reading import parse
from x07bundle.policy.difference import granted
from x07bundle.policy.suggestion import Denial, Suggestion, suggest

RUN = "os.process.run_capture_v1"


def off(field: str, target: str = "", operation: str = "os.x") -> Denial:
    return Denial(operation, target, field, f"set {field} to true")


def entry(field: str, target: str, item: str | None = None) -> Denial:
    added = json.dumps(target if item is None else item, ensure_ascii=False)
    return Denial("os.x", target, field, f"add {added} to {field}")


def spawn(program: str, operation: str = RUN) -> Denial:
    """Where the policy grants nothing that starting programs takes."""
    grant = (
        "set process.allow_spawn to true, set process.allow_exec to true, "
        f"add {json.dumps(program)} to process.allow_execs, raise process.max_live to 1, "
        "raise process.max_spawns to 1, raise process.max_runtime_ms above 0"
    )
    return Denial(operation, program, "process.allow_spawn", grant)


def cwd(folder: str) -> Denial:
    """Where no folder of programs is granted."""
    added = f"add {json.dumps(folder)} to process.allow_cwd_roots"
    grant = f"set process.allow_cwd to true, {added}"
    return Denial(RUN, folder, "process.allow_cwd", grant)


def over(field: str, amount: int) -> Denial:
    return Denial("os.x", "", field, f"raise {field} to {amount}")


def host(name: str, port: int) -> Denial:
    grant = f'add {{"host":"{name}","ports":[{port}]}} to net.allow_hosts'
    return Denial("os.net.x", f"{name}:{port}", "net.allow_hosts", grant)


def patched(document: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """As RFC 6902 has it, of the operations that there are."""
    made = copy.deepcopy(document)
    for operation in patch:
        *parents, last = operation["path"].removeprefix("/").split("/")
        at: Any = made
        for part in parents:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            assert (operation["op"], last) == ("add", "-")
            at.append(operation["value"])
        else:
            assert operation["op"] == ("replace" if last in at else "add")
            at[last] = operation["value"]
    return made


def of(document: dict[str, Any], *denials: Denial) -> Suggestion:
    """A suggestion whose patch gives what it says, a valid policy."""
    before = copy.deepcopy(document)
    found = suggest(document, denials)
    assert document == before
    assert patched(document, [step.operation.as_json() for step in found.steps]) == found.document
    assert parse(found.document)[1] == []
    assert all(step.denials for step in found.steps)
    return found


def grants(document: dict[str, Any], *denials: Denial) -> list[str]:
    """What is granted beyond the policy, nothing being left out."""
    found = of(document, *denials)
    assert (found.refused, found.granted) == ((), ())
    old, new = parse(document)[0], parse(found.document)[0]
    assert old is not None
    assert new is not None
    assert granted(old, new) == []
    return [" ".join(grant) for grant in granted(new, old)]


def refused(document: dict[str, Any], denial: Denial) -> str:
    found = of(document, denial)
    assert found.document == document
    [one] = found.refused
    assert one.denial == denial
    return one.why
