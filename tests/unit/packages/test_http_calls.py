"""Every function of ext-net's HTTP modules, and of ext-url-rs, that asks no system, called."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.program_cases import run_framed
from tests.unit.packages import table_http
from tests.unit.std.calls import ALL, Call, functions_of, program
from x07bundle.lang.compiler import compile_entry
from x07bundle.lang.options import Options

GROUPS: Final[dict[str, Callable[[], Iterator[Call]]]] = {
    "http caps": table_http.caps_calls,
    "http headers": table_http.header_calls,
    "http requests": table_http.request_calls,
    "http forms": table_http.form_calls,
    "http answers": table_http.answer_calls,
    "http curl": table_http.curl_calls,
    "http server": table_http.server_calls,
    "url parts": table_http.url_calls,
    "url coding": table_http.coding_calls,
}
MODULES: Final = (
    *("std.net.http", "std.net.http.client", "std.net.http.spec", "std.net.http.server"),
    *("std.net.http.form_urlencoded", "ext.curl.http", "ext.url"),
)
SENDING: Final = (
    *("fetch_v1", "fetch_to_file_v1", "get_v1", "get_to_file_v1", "post_v1", "post_to_file_v1"),
    "resp_file_reader_v1",
)
LIVE: Final = {
    *(f"std.net.http.{name}" for name in SENDING),
    *(f"std.net.http.client.{name}" for name in SENDING),
    *(f"std.net.http.server.{name}_v1" for name in ("read_req", "write_response")),
    *(f"ext.curl.http.{name}" for name in ("init", "cleanup", "head", "request_v1", "request_v2")),
    "ext.curl.http.resp_file_reader_v3",
}
"""What tests/live calls."""


@pytest.mark.parametrize("group", GROUPS)
def test_functions_return_what_they_say(group: str, workshop: Workshop) -> None:
    made = program(list(GROUPS[group]()))
    compiled = compile_entry(made.entry, made, Options(world="run-os"))
    assert compiled.c_source is not None, [each.compile_error() for each in compiled.diagnostics]
    ran = run_framed(workshop.build(group.replace(" ", "_"), compiled.c_source), made.input(ALL))
    assert (ran.exit_code, ran.output is None) == (0, False), ran
    pairs = zip(made.calls, made.results(ran.output or b""), strict=True)
    wrong = [(str(call)[:400], got, call.expected) for call, got in pairs if got != call.expected]
    assert wrong == []
    assert ran.metrics["mem_stats"]["live_allocs"] == 0


def test_every_function_is_called() -> None:
    called = {call.function for calls in GROUPS.values() for call in calls()}
    exported = {name for each in MODULES for name in functions_of(each)}
    assert exported - called == LIVE
