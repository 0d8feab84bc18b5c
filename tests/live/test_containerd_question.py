"""What the launcher in C asks, asked of a real containerd."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.fakes import containerd
from tests.live import vm_engines
from tests.live.vm_engines import REFERENCE, LiveEngine
from tests.unit.image.layouts import made
from x07bundle.vm import images

pytestmark = pytest.mark.live

NEWER: Final = "x07.test/newer:1"


class Question(NamedTuple):
    engine: LiveEngine
    program: Path

    def has(self, name: str, digest: str, namespace: str | None = None) -> bool:
        env = self.engine.env
        socket = env["X07_VM_FIRECRACKER_CONTAINERD_SOCK"]
        own = env["X07_VM_CONTAINERD_NAMESPACE"]
        return containerd.has(self.program, socket, namespace or own, name, digest)


@pytest.fixture(scope="module", params=["plain", "sanitized"])
def question(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Question]:
    """A path that is short enough for a socket takes a folder with a short name."""
    folder = tmp_path_factory.mktemp("c")
    program = containerd.build(folder, is_sanitized=request.param == "sanitized")
    with vm_engines.started("firecracker-ctr", folder) as engine:
        yield Question(engine, program)


def test_what_it_has(question: Question) -> None:
    digest = question.engine.image.digest.value
    pinned = question.engine.backend.image_name(question.engine.image)
    question.engine("images", "tag", "--force", REFERENCE, pinned)
    assert question.has(REFERENCE, digest)
    assert question.has(pinned, digest)


def test_an_image_with_labels(question: Question) -> None:
    digest = question.engine.image.digest.value
    words = [f"key{number}={'v' * 1000}" for number in range(30)]  # none may be longer than 4096
    question.engine("images", "label", REFERENCE, *words)
    assert question.has(REFERENCE, digest)


def test_what_it_has_not(question: Question) -> None:
    digest = question.engine.image.digest.value
    other = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    assert not question.has(REFERENCE, other)
    assert not question.has(REFERENCE, "")
    assert not question.has(REFERENCE + "0", digest)
    assert not question.has("x07.test/guest", digest)
    assert not question.has("", digest)
    assert not question.has(REFERENCE, digest, "another")
    assert not question.has(REFERENCE, digest, "not a namespace")


def test_a_name_that_leads_elsewhere_later(question: Question, tmp_path: Path) -> None:
    digest = question.engine.image.digest.value
    question.engine("images", "tag", "--force", REFERENCE, NEWER)
    assert question.has(NEWER, digest)
    made(tmp_path / "newer.tar", name=NEWER)
    images.load(question.engine.backend, tmp_path / "newer.tar")
    assert not question.has(NEWER, digest)
    assert question.has(NEWER, images.resolve(question.engine.backend, NEWER).digest.value)
    question.engine("images", "rm", NEWER)
    assert not question.has(NEWER, digest)
