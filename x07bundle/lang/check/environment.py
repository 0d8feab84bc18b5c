"""What all modules declare together: functions, externs, records and enums by name."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from x07bundle.lang import source, tree, types
from x07bundle.lang.check.declared import type_of
from x07bundle.lang.check.nearest import Nearest
from x07bundle.lang.check.report import Report
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.types import Type

SOLVE: Final = "main.solve"
TWICE: Final = "X07-TYPE-DECL-0001"
RESULT: Final = "X07-TYPE-DECL-0002"


class Signature:
    """A function as its callers see it.

    `borrows` is the index of the view parameter that a resulting view borrows from; None when it
    borrows from nothing that can end. It is known once the body has been checked.
    """

    def __init__(
        self,
        module: source.Module,
        declared: source.Function,
        params: tuple[Type, ...],
        function: tree.Function,
    ) -> None:
        self.name, self.module, self.declared = declared.name, module, declared
        self.params, self.result, self.function = params, function.result, function
        self.borrows: int | None = None

    @property
    def is_later(self) -> bool:
        """Async and generic functions, which this version does not compile."""
        return self.declared.is_async or bool(self.declared.type_params)


class ForeignFunction(NamedTuple):
    module: source.Module
    extern: tree.Extern


class FieldHead(NamedTuple):
    """`R.field`, or `R.make` when `position` is -1."""

    record: source.Record
    position: int


class VariantHead(NamedTuple):
    enum: source.Enum
    position: int


class Environment:
    """`record_heads` and `variant_heads` are keyed by the head that a program writes.

    `owners` has every declared name, and the module that declares it. `missing`: imported modules
    that could not be loaded; `resolve` has said why.
    """

    def __init__(self, modules: Mapping[str, source.Module], missing: frozenset[str]) -> None:
        self.modules = modules
        self.functions: dict[str, Signature] = {}
        self.foreign: dict[str, ForeignFunction] = {}
        self.record_heads: dict[str, FieldHead] = {}
        self.variant_heads: dict[str, VariantHead] = {}
        self.owners: dict[str, source.Module] = {}
        self.missing = missing
        self.nearest = Nearest()


def collect(modules: Mapping[str, source.Module]) -> tuple[Environment, list[Diagnostic]]:
    imported = {module_id for module in modules.values() for module_id in module.imports}
    environment = Environment(modules, missing=frozenset(imported - modules.keys()))
    found: list[Diagnostic] = []
    for module in modules.values():
        report = Report(module)
        _functions(environment, module, report)
        _foreign(environment, module, report)
        _records(environment, module, report)
        _enums(environment, module, report)
        found += report.found
    return environment, found


def _claim(environment: Environment, name: str, at: str, report: Report) -> bool:
    """A name belongs to the first module that declares it."""
    owner = environment.owners.setdefault(name, report.module)
    if owner is report.module:
        return True
    message = f'"{name}" is declared by the modules "{owner.module_id}" and '
    message += f'"{report.module.module_id}"'
    report.error(TWICE, f"{at}/name", message, "one of them needs another name")
    return False


def _functions(environment: Environment, module: source.Module, report: Report) -> None:
    for declared in module.functions:
        report.function = declared.name
        if not _claim(environment, declared.name, declared.at, report):
            continue
        signature = _signature(declared, module)
        environment.functions[declared.name] = signature
        if not signature.is_later:
            _refuse_result(signature, report)
    report.function = None


def _signature(declared: source.Function, module: source.Module) -> Signature:
    params = tuple(type_of(param.ty, param.brand) for param in declared.params)
    result = type_of(declared.result, declared.result_brand)
    function = tree.Function(declared.name, module.module_id, [], result, declared.at)
    return Signature(module, declared, params, function)


def _refuse_result(signature: Signature, report: Report) -> None:
    kind = signature.result.kind
    if kind not in types.FUNCTION_RESULTS and kind != "error":
        hint = f"results are {', '.join(sorted(types.FUNCTION_RESULTS))}"
        message = f'function "{signature.name}" cannot return `{kind}`'
        report.error(RESULT, f"{signature.declared.at}/result", message, hint)


def solve_signature(entry: source.Module, body: source.Expr) -> Signature:
    """The entry's `solve` as a function without parameters."""
    return _signature(source.Function(SOLVE, (), "bytes", None, body, "/solve"), entry)


def _foreign(environment: Environment, module: source.Module, report: Report) -> None:
    for declared in module.externs:
        if _claim(environment, declared.name, declared.at, report):
            params = [type_of(param.ty) for param in declared.params]
            result = type_of(declared.result)
            extern = tree.Extern(declared.name, declared.link_name, params, result)
            environment.foreign[declared.name] = ForeignFunction(module, extern)


def _records(environment: Environment, module: source.Module, report: Report) -> None:
    for record in module.records:
        if _claim(environment, record.name, record.at, report):
            environment.record_heads[f"{record.name}.make"] = FieldHead(record, -1)
            for index, name in enumerate(record.fields):
                environment.record_heads[f"{record.name}.{name}"] = FieldHead(record, index)


def _enums(environment: Environment, module: source.Module, report: Report) -> None:
    for enum in module.enums:
        if _claim(environment, enum.name, enum.at, report):
            for index, variant in enumerate(enum.variants):
                environment.variant_heads[f"{enum.name}.{variant.name}"] = VariantHead(enum, index)
