"""The whole program: which functions are checked, in which order, and what `solve` reaches."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from x07bundle.lang import source, tree
from x07bundle.lang.check import environment as declarations
from x07bundle.lang.check.environment import Environment, Signature
from x07bundle.lang.check.functions import Checked, check_function
from x07bundle.lang.check.later import refuse
from x07bundle.lang.check.report import Report
from x07bundle.lang.diagnostics import Diagnostic, has_errors
from x07bundle.lang.options import Options
from x07bundle.lang.resolve import Resolved

RECURSIVE_VIEW: Final = "X07-BORROW-0004"
CASTS: Final = frozenset(
    {"std.brand.cast_bytes_v1", "std.brand.cast_view_v1", "std.brand.cast_view_copy_v1"}
)
"""Heads whose second argument names a function."""


Calls = dict[Signature, list[Signature]]
"""Which functions a function mentions, for all that are checked, in the order of reports."""


def check(
    resolved: Resolved, entry: source.Module, options: Options
) -> tuple[tree.Program | None, list[Diagnostic]]:
    """The typed program of `entry`, or None when there are errors; and all that was found.

    Functions of the user's modules are all checked; those of std modules only when they are
    mentioned. An entry without `solve` (a module) is checked, and gives no program.
    """
    environment, found = declarations.collect(resolved.modules)
    solve = declarations.solve_signature(entry, entry.solve) if entry.solve is not None else None
    functions = [*([solve] if solve else []), *_user_functions(environment)]
    calls = _calls(environment, [each for each in functions if not each.is_later])
    found += _later(functions)
    views, recursive = _lenders_first(calls)
    found += recursive
    order = dict.fromkeys([*views, *calls])
    checked = {each: check_function(environment, each, options) for each in order}
    found += [each for signature in calls for each in checked[signature].found]
    if solve is None or environment.missing or has_errors(found):
        return None, found
    return _program(environment, solve, calls, checked), found


def _user_functions(environment: Environment) -> Iterable[Signature]:
    return [each for each in environment.functions.values() if not each.module.builtin]


def _later(functions: Iterable[Signature]) -> list[Diagnostic]:
    """What this version does not compile, at its declaration."""
    found: list[Diagnostic] = []
    for signature in functions:
        if signature.is_later:
            report = Report(signature.module, signature.name)
            refuse(report, signature.declared.at, signature)
            found += report.found
    return found


# -- who calls whom


def _calls(environment: Environment, roots: list[Signature]) -> Calls:
    """The roots, then whatever they mention, directly or not."""
    calls: Calls = {}
    waiting = list(reversed(roots))
    while waiting:
        signature = waiting.pop()
        if signature not in calls:
            calls[signature] = _mentions(environment, signature)
            waiting += [each for each in calls[signature] if each.module.builtin]
    return calls


def _mentions(environment: Environment, signature: Signature) -> list[Signature]:
    declared = signature.declared
    clauses = (*declared.requires, *declared.ensures, *declared.invariant)
    waiting = [declared.body, *(clause.expr for clause in clauses)]
    waiting += [expr for clause in clauses for expr in clause.witness]
    names: dict[str, None] = {}
    while waiting:
        expr = waiting.pop()
        if type(expr) is source.Form:
            names[_mentioned(expr)] = None
            waiting += expr.args
    known = [environment.functions.get(name) for name in names]
    return [each for each in known if each is not None and not each.is_later]


def _mentioned(form: source.Form) -> str:
    """The head, or the validator that a cast names."""
    if form.head in CASTS and len(form.args) > 1 and type(form.args[1]) is source.Name:
        return form.args[1].name
    return form.head


def _lenders_first(calls: Calls) -> tuple[list[Signature], list[Diagnostic]]:
    """Functions that return views, each after those that it calls: see `Signature.borrows`."""
    order: dict[Signature, None] = {}
    found: list[Diagnostic] = []
    for root in calls:
        path = {root: _views(calls[root])} if root.result.is_view and root not in order else {}
        while path:
            signature = next(reversed(path))
            callee = next(path[signature], None)
            if callee is None:
                order[signature] = None
                del path[signature]
            elif callee in path:
                found += _refuse_recursion(callee)
            elif callee not in order:
                path[callee] = _views(calls[callee])
    return list(order), found


def _views(called: list[Signature]) -> Iterator[Signature]:
    return (each for each in called if each.result.is_view)


def _refuse_recursion(signature: Signature) -> list[Diagnostic]:
    report = Report(signature.module, signature.name)
    message = f'function "{signature.name}" returns {signature.result.kind} and calls itself: '
    message += "what it borrows from is not known (recursive borrow analysis)"
    hint = "return bytes, or the bounds of the view as numbers"
    report.error(RECURSIVE_VIEW, signature.declared.at, message, hint)
    return report.found


# -- what solve reaches


def _program(
    environment: Environment, solve: Signature, calls: Calls, checked: Mapping[Signature, Checked]
) -> tree.Program:
    reached = _reached(solve, calls)
    foreign = sorted({name for each in reached for name in checked[each].externs})
    functions = [each.function for each in reached if each is not solve]
    return tree.Program(
        solve=solve.function,
        functions=sorted(functions, key=lambda function: function.name),
        externs=[environment.foreign[name].extern for name in foreign],
        backends=sorted({name for each in reached for name in checked[each].backends}),
    )


def _reached(solve: Signature, calls: Calls) -> list[Signature]:
    reached = {solve: None}
    waiting = [solve]
    while waiting:
        for callee in calls[waiting.pop()]:
            if callee not in reached:
                reached[callee] = None
                waiting.append(callee)
    return list(reached)
