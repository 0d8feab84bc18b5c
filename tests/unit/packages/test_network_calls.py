"""Every function of ext-net that asks no system, called."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.program_build import Workshop
from tests.unit.packages import table_network
from tests.unit.std.calling import call_all
from tests.unit.std.calls import Call, functions_of

GROUPS: Final[dict[str, Callable[[], Iterator[Call]]]] = {
    "net addresses": table_network.address_calls,
    "net caps": table_network.caps_calls,
    "net errors": table_network.error_calls,
    "net documents": table_network.reading_calls,
    "net look-ups": table_network.look_up_calls,
    "net tls": table_network.tls_calls,
    "net numbers": table_network.number_calls,
}
MODULES: Final = ("codec", "dns", "err", "io", "tcp", "tls", "udp")
LIVE: Final = {
    "std.net.dns.lookup_v1",
    "std.net.io.write_all_v1",
    *(f"std.net.tcp.{name}_v1" for name in ("accept", "connect", "listen")),
    *(f"std.net.tcp.listener_{name}_v1" for name in ("close", "drop")),
    *(f"std.net.tcp.stream_{name}_v1" for name in ("close", "drop", "read", "reader")),
    *(f"std.net.tcp.stream_{name}_v1" for name in ("shutdown", "wait", "write")),
    "std.net.tls.connect_v1",
    *(f"std.net.udp.{name}_v1" for name in ("bind", "close", "drop", "recvfrom", "sendto")),
    "std.net.udp.recv_doc_reader_v1",
}
"""What tests/live/test_socket_programs.py calls."""


@pytest.mark.parametrize("group", GROUPS)
def test_functions_return_what_they_say(group: str, workshop: Workshop) -> None:
    call_all(workshop, group, list(GROUPS[group]()))


def test_every_function_is_called() -> None:
    called = {call.function for calls in GROUPS.values() for call in calls()}
    exported = {name for each in MODULES for name in functions_of(f"std.net.{each}")}
    assert exported - called == LIVE
