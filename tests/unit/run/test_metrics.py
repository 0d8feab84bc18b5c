"""The metrics line among what a program wrote on stderr."""

import json

import pytest

from x07bundle.run import metrics
from x07bundle.run.metrics import parse


def line(**members: object) -> bytes:
    return json.dumps(members).encode() + b"\n"


def test_the_last_line_with_a_known_key() -> None:
    stderr = line(fuel_used=1) + line(fuel_used=2) + line(other=3) + b"{not json\n\n"
    found = parse(stderr)
    assert found is not None
    assert found["fuel_used"] == 2


def test_every_key_is_there() -> None:
    found = parse(b"noise\n  " + line(mem_stats={"a": 1}))
    assert found is not None
    assert tuple(found) == metrics.KEYS
    assert found["mem_stats"] == {"a": 1}
    assert {found[key] for key in metrics.COUNTERS} == {None}


@pytest.mark.parametrize(
    "stderr",
    [b"", b"text\n", b"{}\n", line(other=1), b"[1]\n", b'{"fuel_used":1', b"\xff\xfe\n",
     b'{"fuel_used":' * 5000 + b"\n"],
)  # fmt: skip
def test_none(stderr: bytes) -> None:
    assert parse(stderr) is None


def test_values_of_another_type_count_as_missing() -> None:
    found = parse(line(fuel_used="many", heap_used=True, mem_stats=[1], kv_get_calls=4))
    assert found is not None
    assert (found["fuel_used"], found["heap_used"], found["mem_stats"]) == (None, None, None)
    assert found["kv_get_calls"] == 4
