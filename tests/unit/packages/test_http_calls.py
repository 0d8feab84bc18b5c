"""Every function of ext-net's HTTP modules, and of ext-url-rs, that asks no system, called."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.packages import table_http
from tests.unit.std.calling import call_all
from tests.unit.std.calls import Call, functions_of

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
    call_all(workshop, group, list(GROUPS[group]()))


def test_every_function_is_called() -> None:
    called = {call.function for calls in GROUPS.values() for call in calls()}
    exported = {name for each in MODULES for name in functions_of(each)}
    assert exported - called == LIVE
