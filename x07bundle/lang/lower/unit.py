"""The whole program as one translation unit: only what is called is written."""

from typing import Final

from x07bundle.lang import ir, ownership, tree, types
from x07bundle.lang.lower import calls, control, leaving, values
from x07bundle.lang.lower.builder import Builder, Handlers, c_type
from x07bundle.lang.lower.contracts import check_at_entry
from x07bundle.lang.lower.names import Names, function_name
from x07bundle.lang.options import Options

_HANDLERS: Final = Handlers(
    values={**values.HANDLERS, **calls.HANDLERS, **leaving.HANDLERS},
    control=control.HANDLERS,
)

CLAUSE_ONLY_FUEL: Final = (1 << 64) - 1
"""The limit of a program that has none, when its contract clauses need fuel to be counted."""


def lower(program: tree.Program, options: Options) -> ir.Unit:
    """The C of a program. Functions come in the order of their names, the entry last."""
    return _Unit(program, options).lower()


class _Unit:
    def __init__(self, program: tree.Program, options: Options) -> None:
        self.program = program
        self.fuel = options.fuel
        if program.has_contracts and self.fuel is None:
            self.fuel = CLAUSE_ONLY_FUEL
        self.heap_bytes = options.heap_bytes
        self._names = Names()
        self._c_names: dict[tree.Function | tree.Extern, str] = {}
        self._waiting: list[tree.Function] = []

    def lower(self) -> ir.Unit:
        entry = self._function(self.program.solve)
        functions: dict[str, ir.FunctionText] = {}
        while self._waiting:
            function = self._waiting.pop()
            functions[function.name] = self._function(function)
        ordered = [functions[name] for name in sorted(functions)]
        return ir.Unit(self._prelude(), self._externs(), [*ordered, entry])

    def _prelude(self) -> list[str]:
        limits = [("X07_FUEL_LIMIT", self.fuel), ("X07_HEAP_LIMIT", self.heap_bytes)]
        return [f"#define {name} {value}ULL" for name, value in limits if value is not None]

    def _externs(self) -> list[str]:
        """A private name with the real symbol: no clash with what C headers declare."""
        used = [each for each in self._c_names if isinstance(each, tree.Extern)]
        return [
            f"extern {_declared(extern.result, self._c_names[extern])}"
            f"({', '.join(c_type(ty).rstrip() for ty in extern.params) or 'void'})"
            f" __asm__(X07_SYMBOL({ir.string(extern.link_name.encode())}));"
            for extern in sorted(used, key=lambda extern: extern.name)
        ]

    def _callee(self, called: tree.Function | tree.Extern) -> str:
        name = self._c_names.get(called)
        if name is None:
            name = self._c_names[called] = self._names.unique(function_name(called.name))
            if isinstance(called, tree.Function):
                self._waiting.append(called)
        return name

    def _function(self, function: tree.Function) -> ir.FunctionText:
        ownership.analyse(function)
        builder = Builder(function, _HANDLERS, self._callee, self.fuel is not None)
        if function is self.program.solve:
            signature, parameters = self._solve_signature(builder)
        else:
            signature, parameters = self._signature(builder)
            _declare_input(builder)
        body = _body(builder)
        title = f"{function.name}, {function.at or '/'} of module {function.module_id}"
        return ir.FunctionText(title, signature, body, builder.read, parameters)

    def _solve_signature(self, builder: Builder) -> tuple[str, tuple[str, ...]]:
        variable = builder.function.input
        name = "input" if variable is None else builder.declare_name(variable)
        return f"x07_bytes x07_program_solve(x07_bytes_view {name})", (name,)

    def _signature(self, builder: Builder) -> tuple[str, tuple[str, ...]]:
        function = builder.function
        names = [builder.declare_name(parameter) for parameter in function.params]
        pairs = zip(function.params, names, strict=True)
        listed = ", ".join(_declared(parameter.ty, name) for parameter, name in pairs)
        name = self._c_names[function]
        return f"static {_declared(function.result, name)}({listed or 'void'})", tuple(names)


def _declared(ty: types.Type, name: str) -> str:
    written = c_type(ty)
    return f"{written}{name}" if written.endswith("*") else f"{written} {name}"


def _declare_input(builder: Builder) -> None:
    """Every function sees the program's input; only `solve` is handed it."""
    variable = builder.function.input
    if variable is not None:
        name = builder.declare_name(variable)
        builder.emit(ir.Declare("x07_bytes_view", name, "x07_input()"))


def _body(builder: Builder) -> list[ir.Statement]:
    function = builder.function
    assert function.body is not None
    with builder.region():
        check_at_entry(builder)
    body = function.body
    builder.completes(lambda: builder.deliver(body, leaving.LeaveFunction()))
    return builder.out
