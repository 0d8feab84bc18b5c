"""All checks of a machine, side by side: an engine that hangs costs its deadline, not their sum."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from x07bundle.doctor import backends, compilers, kernel
from x07bundle.doctor.check import Check
from x07bundle.doctor.compilers import Workbench
from x07bundle.doctor.needs import Needs
from x07bundle.vm.preflight import Machine
from x07bundle.vm.probes import probes

Task = Callable[[], Check | None]


def examine(machine: Machine, needs: Needs) -> tuple[Check, ...]:
    """Every check, in the order of reports, those marked that the project needs."""
    tools, engines = _tools(machine, needs), _engines(machine)
    with ThreadPoolExecutor(len(tools) + len(engines)) as pool:
        started = [[pool.submit(task) for task in tasks] for tasks in (tools, engines)]
        built, asked = ([done.result() for done in group] for group in started)
    usable = tuple(check for check in asked if check is not None)
    found = (
        *_project(needs),
        *(check for check in built if check is not None),
        *kernel.checks(machine.host),
        backends.kvm(machine),
        backends.boundary(usable, machine),
        *usable,
    )
    return tuple(
        check._replace(needed=check.needed or check.name in needs.names) for check in found
    )


def _tools(machine: Machine, needs: Needs) -> list[Task]:
    bench = Workbench(machine.host, machine.env)
    return [
        partial(compilers.c_compiler, bench),
        partial(compilers.static_linking, bench),
        partial(compilers.curl_and_openssl, bench),
        *(partial(compilers.library, bench, name, needs.search_paths) for name in needs.libraries),
    ]


def _engines(machine: Machine) -> list[Task]:
    found = probes(machine.env, machine.host.arch)
    return [partial(backends.backend, probe, machine) for probe in found]


def _project(needs: Needs) -> tuple[Check, ...]:
    """Only where something is wrong with it: then nobody knows what it needs."""
    if needs.problem is None:
        return ()
    words = [needs.problem.brief, needs.problem.details, needs.problem.hint]
    detail = "; ".join(line for word in words if word for line in word.splitlines())
    return (Check("project", False, detail, needed=True),)
