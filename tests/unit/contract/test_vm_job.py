"""`job.json`: what is written is read again, and nothing else is."""

import json
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from tests.program_build import ROOT
from x07bundle.contract import vm_job
from x07bundle.contract.vm_job import JobRecord, KillPlan

SCHEMA: Final = ROOT / "x07bundle/schemas/x07.vm.job@0.2.0.schema.json"
PLAN: Final = KillPlan(
    soft=(("docker", "stop", "x07-1-2"),),
    hard=(("docker", "kill", "x07-1-2"),),
    cleanup=(("docker", "rm", "x07-1-2"), ("docker", "volume", "prune")),
    probe=("docker", "inspect", "x07-1-2"),
    env={"DOCKER_HOST": "unix:///run/ü.sock"},
)
RECORD: Final = JobRecord("1-2", "docker", "x07-1-2", 1, 2, 1000, 30_000, PLAN, "here")

KEYS: Final = (
    "schema_version run_id backend container_id pid created_unix_ms deadline_unix_ms grace_ms"
    " cleanup_ms ctr pid_started host kill_plan"
).split()


def changed(**members: object) -> bytes:
    return json.dumps({**json.loads(vm_job.dump(RECORD)), **members}).encode()


def test_what_is_written_is_read() -> None:
    assert vm_job.read(vm_job.dump(RECORD)) == RECORD
    with_process = RECORD._replace(pid=12, pid_started="boot:34")
    assert vm_job.read(vm_job.dump(with_process)) == with_process


def test_the_members_are_in_the_order_of_the_contract() -> None:
    document = json.loads(vm_job.dump(RECORD))
    assert list(document) == KEYS
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("schema_version", "x07.vm.job@0.1.0", "its schema_version is not `x07.vm.job@0.2.0`"),
        ("run_id", "../1", "`run_id` cannot be an id"),
        ("run_id", "-1", "`run_id` cannot be an id"),
        ("run_id", "1\n", "`run_id` cannot be an id"),
        ("run_id", "x" * 129, "`run_id` cannot be an id"),
        ("container_id", 7, "`container_id` is not a text"),
        ("backend", "a\0b", "`backend` is not a text"),
        ("grace_ms", -1, "`grace_ms` is not a whole number from 0 to 2^53"),
        ("grace_ms", 1.5, "`grace_ms` is not a whole number from 0 to 2^53"),
        ("grace_ms", True, "`grace_ms` is not a whole number from 0 to 2^53"),
        ("pid", "1", "`pid` is not a whole number from 0 to 2^53"),
        ("kill_plan", [], "`kill_plan` is not an object"),
    ],
)
def test_a_member_that_cannot_be(key: str, value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        vm_job.read(changed(**{key: value}))
    assert str(caught.value) == reason


@pytest.mark.parametrize("key", KEYS)
def test_a_member_that_is_missing(key: str) -> None:
    document: dict[str, Any] = json.loads(vm_job.dump(RECORD))
    del document[key]
    if key == "ctr":
        assert vm_job.read(json.dumps(document).encode()) == RECORD
        return
    with pytest.raises(ValueError, match=f"`{key}` is missing"):
        vm_job.read(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("soft", "docker stop"),
        ("hard", [[]]),
        ("hard", ["docker"]),
        ("cleanup", [["docker", 1]]),
        ("cleanup", [["docker", "a\0b"]]),
        ("probe", []),
        ("env", {"A": 1}),
        ("env", [["A", "B"]]),
    ],
)
def test_a_plan_that_is_none(key: str, value: object) -> None:
    plan = {**json.loads(vm_job.dump(RECORD))["kill_plan"], key: value}
    with pytest.raises(ValueError, match=r"\w"):
        vm_job.read(changed(kill_plan=plan))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'"x"', b"{}" * 2, b"[" * 5000])
def test_what_is_no_document(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        vm_job.read(data)


def test_every_beginning_of_a_file_is_refused() -> None:
    data = vm_job.dump(RECORD).rstrip()
    for size in range(len(data)):
        with pytest.raises(ValueError, match=r"\w"):
            vm_job.read(data[:size])
