"""Smaller programs that fail in the same way, found greedily: the smallest candidate first."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from tests.fuzz.compiled import Finding, Sources, encoded
from tests.fuzz.values import deep_recursion

Try = Callable[[Mapping[int, Sources]], Mapping[int, Finding]]

CHUNK: Final = 40
MAX_CHUNKS: Final = 40
SIMPLE: Final[tuple[Any, ...]] = (0, 1, ["bytes.empty"], "input")


def minimise(program: Sources, kind: str, attempt: Try) -> Sources:
    """`attempt` gives the findings of several programs; one of this `kind` is what is kept."""
    left = MAX_CHUNKS
    while left > 0:
        smaller, spent = step(program, kind, attempt, left)
        left -= spent
        if smaller is None:
            return program
        program = smaller
    return program


def step(program: Sources, kind: str, attempt: Try, chunks: int) -> tuple[Sources | None, int]:
    """A smaller program, if there is one, and how many chunks it took."""
    with deep_recursion():
        found = sorted(candidates(program), key=size)
    spent = 0
    for start in range(0, min(len(found), chunks * CHUNK), CHUNK):
        chunk = found[start : start + CHUNK]
        spent += 1
        failing = attempt(dict(enumerate(chunk)))
        for index, each in enumerate(chunk):
            if index in failing and failing[index].kind == kind:
                return each, spent
    return None, max(spent, 1)


def size(program: Sources) -> int:
    return sum(map(len, program.files()))


def candidates(program: Sources) -> Iterator[Sources]:
    """Every program that is one cut smaller; files that are no JSON stay as they are."""
    for module_id in program.modules:
        kept = {key: data for key, data in program.modules.items() if key != module_id}
        yield replace(program, modules=kept)
    if program.input:
        yield replace(program, input=program.input[: len(program.input) // 2])
    for data in cut(program.entry):
        yield replace(program, entry=data)
    for module_id, whole in program.modules.items():
        for data in cut(whole):
            yield replace(program, modules={**program.modules, module_id: data})


def cut(data: bytes) -> Iterator[bytes]:
    try:
        document = json.loads(data)
    except ValueError:
        return
    for smaller in reductions(document):
        made = encoded(smaller)
        if len(made) < len(data):
            yield made


def reductions(node: Any) -> Iterator[Any]:  # noqa: ANN401
    """The value with one part taken out, or put in the place of the whole."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield {other: each for other, each in node.items() if other != key}
            for smaller in reductions(value):
                yield {**node, key: smaller}
    elif isinstance(node, list):
        yield from (*(part for part in node[1:] if not isinstance(part, dict)), *SIMPLE)
        for index, value in enumerate(node):
            yield [*node[:index], *node[index + 1 :]]
            for smaller in reductions(value):
                yield [*node[:index], smaller, *node[index + 1 :]]
