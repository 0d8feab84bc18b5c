"""Whether a run did what the reference interpreter says."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.fuzz import standard
from tests.fuzz.batch import Ran
from tests.fuzz.compiled import Finding
from tests.fuzz.generator import Program
from tests.fuzz.interpreter import Interpreter
from tests.fuzz.program import Outcome
from tests.fuzz.values import ContractViolation, IllTyped, Trap, Unspecified

CONTRACT: Final = "X07T_CONTRACT_V1 "
TRAPPED: Final = 132


def expected(program: Program) -> Outcome | Finding | None:
    """What a run must show; None where the contract leaves it open."""
    try:
        return Interpreter(program.entry, reached(program)).run(program.input)
    except Unspecified:
        return None
    except (IllTyped, LookupError, TypeError, AttributeError) as error:
        return Finding(f"generator {type(error).__name__}", repr(error))


def reached(program: Program) -> list[Mapping[str, Any]]:
    """All modules but the entry, those of the tool included."""
    own = list(program.modules.values())
    imports = [module_id for module in (program.entry, *own) for module_id in module["imports"]]
    return [*own, *standard.closure(each for each in imports if each not in program.modules)]


def crash(ran: Ran) -> Finding | None:
    if ran.status < 0 or "runtime error" in ran.stderr or "Sanitizer" in ran.stderr:
        return Finding("crash", f"status {ran.status}\n{ran.stderr[-4000:]}")
    return None


def difference(outcome: Outcome, ran: Ran) -> Finding | None:
    crashed = crash(ran)
    if crashed is not None:
        return crashed
    if outcome.trap is not None:
        return _trap_difference(outcome.trap, ran)
    if ran.output is None and "out of memory" in ran.stderr:
        return None
    if ran.output is None:
        return Finding("unexpected trap", f"status {ran.status}: {ran.stderr[-2000:]}")
    if ran.output != outcome.output:
        detail = f"expected {outcome.output.hex()}\ngot      {ran.output.hex()}"
        return Finding("output", detail)
    if ran.status != outcome.exit_code:
        return Finding("exit code", f"expected {outcome.exit_code}, got {ran.status}")
    return _leak(ran) or _fuel_difference(outcome, ran)


def _leak(ran: Ran) -> Finding | None:
    """All values are freed before the metrics are taken (contract/abi.md §1)."""
    stats = ran.metrics.get("mem_stats")
    if not isinstance(stats, dict):
        return Finding("metrics", f"no metrics line: {ran.stderr[-500:]}")
    live = (stats["live_bytes"], stats["live_allocs"])
    return None if live == (0, 0) else Finding("leak", f"live bytes and allocations: {live}")


def _fuel_difference(outcome: Outcome, ran: Ran) -> Finding | None:
    """A program without a limit counts nothing."""
    used = ran.metrics["fuel_used"]
    if outcome.fuel_used is None or used in (0, outcome.fuel_used):
        return None
    return Finding("fuel", f"expected {outcome.fuel_used}, used {used}")


def _trap_difference(trap: Trap, ran: Ran) -> Finding | None:
    if ran.status != TRAPPED or ran.output is not None:
        return Finding("no trap", f"expected {shown(trap)}, got status {ran.status}\n{ran.stderr}")
    if isinstance(trap, ContractViolation):
        return _contract_difference(trap, ran)
    message, _, place = ran.lines[-1].partition(" ptr=") if ran.lines else ("", "", "")
    where = ran.lines[-2].removeprefix("  in ") if len(ran.lines) > 1 else ""
    if not place:  # a message that has a help text stands alone in its line
        where, _, place = where.partition(" at ")
    found = (message if trap.message is not None else None, place, where)
    wanted = (trap.message, trap.at, trap.function)
    return None if found == wanted else Finding("trap", f"expected {wanted}\ngot      {found}")


def _contract_difference(trap: ContractViolation, ran: Ran) -> Finding | None:
    reports = [line for line in ran.stderr.splitlines() if line.startswith(CONTRACT)]
    if not reports:
        return Finding("contract", f"expected {trap.facts}\ngot {ran.stderr}")
    found: dict[str, Any] = json.loads(reports[-1].removeprefix(CONTRACT))
    _leave_open(trap.facts, found)
    if found == trap.facts:
        return None
    return Finding("contract", f"expected {trap.facts}\ngot      {found}")


def _leave_open(wanted: Mapping[str, Any], found: dict[str, Any]) -> None:
    """Takes out what the contract does not fix: ids that are not given, some kinds of witness."""
    if wanted["clause_id"] is None:
        found["clause_id"] = None
    pairs = zip(wanted["witness"], found["witness"], strict=False)
    rest = found["witness"][len(wanted["witness"]) :]
    found["witness"] = [got if expected else {} for expected, got in pairs] + rest


def shown(trap: Trap) -> str:
    if isinstance(trap, ContractViolation):
        return f"a contract violation {trap.facts}"
    return f"the trap {trap.message} at {trap.at} in {trap.function}"
