"""Limits of what is compiled."""

from tests.unit.lang.documents import entry, source
from x07bundle.lang.limits import ast_nodes, source_size
from x07bundle.lang.load import load
from x07bundle.lang.modules import SourceFile
from x07bundle.lang.options import Options


def test_size_of_the_entry_program() -> None:
    assert source_size(SourceFile("f", b" " * 65536), Options()) == []
    (one,) = source_size(SourceFile("f", b" " * 70000), Options())
    assert one.message == "program too large: max_source_bytes=65536 got 70000"
    assert one.compile_error().startswith("Budget: program too large")


def test_count_of_expressions() -> None:
    module, _ = load(source(entry(solve=["bytes.alloc", ["+", 1, 2]])))
    assert module is not None
    assert ast_nodes(module, [module], Options(max_ast_nodes=4)) == []
    (one,) = ast_nodes(module, [module, module], Options(max_ast_nodes=7))
    assert one.message == "program too large: max_ast_nodes=7 got 8"
