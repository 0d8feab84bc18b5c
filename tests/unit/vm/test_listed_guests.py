"""What engines list, as the sweep finds guests of ours."""

import json
from typing import Any, Final

import pytest

from tests.unit.vm.samples import MADE, PATH
from x07bundle.vm.backend import Backend, Orphan

LABELS: Final = {"io.x07.schema": "1", "io.x07.run_id": "7", "io.x07.created_unix_ms": "1"}
BROKEN: Final = ["garbage", "[1]", '"x"', "{", "[" * 100_000, '{"Names": ["a"]'[:-1] + "["]


def backend(name: str) -> Backend:
    return MADE[name](PATH)


def listed(name: str, text: str) -> tuple[Orphan, ...]:
    query = backend(name).orphans()
    assert query is not None
    return query.read(text)


@pytest.mark.parametrize("name", sorted(MADE))
def test_none(name: str) -> None:
    assert listed(name, "") == ()
    assert listed(name, "\n") == ()


def test_docker() -> None:
    labels = ",".join(f"{key}={value}" for key, value in LABELS.items())
    row = {"Names": "x07-7", "Labels": f"{labels},note=a=b,flag", "ID": "f00"}
    text = f"{json.dumps(row)}\n{json.dumps({**row, 'Names': 'x07-8'})}\n"
    expected = {**LABELS, "note": "a=b"}
    assert listed("docker", text) == (Orphan("x07-7", expected), Orphan("x07-8", expected))


def test_podman() -> None:
    row: dict[str, Any] = {"Names": ["x07-7"], "Id": "f00", "Labels": {**LABELS, "odd": 1}}
    text = json.dumps([row, {"Names": None, "Id": "f11", "Labels": None}])
    assert listed("podman", text) == (Orphan("x07-7", LABELS), Orphan("f11", {}))
    assert listed("podman", "[]") == ()
    assert listed("podman", "null") == ()


@pytest.mark.parametrize("wrap", ["configuration", "Configuration", None])
def test_apple(wrap: str | None) -> None:
    """From 1.0 on, before, and with capital letters."""
    inner = {"id": "x07-7", "labels": LABELS}
    row = inner if wrap is None else {"status": {"state": "running"}, wrap: inner}
    foreign = {"configuration": {"id": "other", "labels": {"io.x07.schema": "2"}}}
    assert listed("apple-container", json.dumps([row, foreign, {}])) == (Orphan("x07-7", LABELS),)
    assert listed("apple-container", json.dumps(row)) == (Orphan("x07-7", LABELS),)


def test_containerd_lists_names_and_is_asked_for_labels() -> None:
    assert listed("firecracker-ctr", "x07-7\nx07-8\n") == (Orphan("x07-7", {}), Orphan("x07-8", {}))
    assert len(listed("firecracker-ctr", "x\n" * 1000)) == 512
    query = backend("firecracker-ctr").labels("x07-7")
    assert query is not None
    annotations = {"Spec": {"annotations": {"io.x07.schema": "1", "a": "of the specification"}}}
    assert query.read(json.dumps({"ID": "x07-7", "Labels": LABELS})) == LABELS
    assert query.read(json.dumps({**annotations, "Labels": {"a": "of the guest"}})) == {
        "io.x07.schema": "1",
        "a": "of the guest",
    }
    assert query.read("") == {}
    assert query.absent == ("not found",)


@pytest.mark.parametrize("name", ["docker", "podman", "apple-container"])
@pytest.mark.parametrize("text", BROKEN)
def test_lists_that_make_no_sense(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        listed(name, text)


@pytest.mark.parametrize("text", BROKEN)
def test_labels_that_make_no_sense(text: str) -> None:
    query = backend("firecracker-ctr").labels("x07-7")
    assert query is not None
    with pytest.raises(ValueError, match=r"."):
        query.read(text)
