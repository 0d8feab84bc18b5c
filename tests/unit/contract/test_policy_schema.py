"""The loader and the published schema accept the same policies.

On purpose the loader refuses more, where a JSON Schema cannot say it or cannot say it well:

- `1.0` where an integer is asked for: to a schema it is one;
- hosts: whether an address, network or range is one, labels of a name, wildcards;
- patterns of more than 256 tokens: a schema counts characters, the runtime bytes;
- files: a key twice, other encodings, deep nesting. Then there is no document to compare.
"""

import copy
import re
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.contract.policies import policy, schema_errors
from x07bundle.contract.policy_problems import PolicyError, Problem
from x07bundle.contract.policy_reading import parse, read
from x07bundle.policy.templates import NAMES

STRICTER: Final = (
    re.compile(r".*: must be an integer in .*, this is a fraction"),
    re.compile(r"/net/allow_hosts/\d+/host: .*"),
    re.compile(r"/db/net/allow_(dns|cidrs)/\d+: .*"),
    re.compile(r"/process/allow_args_regex_lite/\d+: .* tokens, .*"),
)

Path = tuple[str | int, ...]

ENTRIES = st.one_of(
    st.sampled_from(["", "a", "a;b", "a=b", "a\0", "a\n", "\n", "*", "a*", "a**", "\\", "\\;"]),
    st.sampled_from(["::1", "example.com", "10.0.0.0/8", "10.0.0.0/80", "*.a", "a b", "a:1"]),
    st.sampled_from(["x" * 256, "x" * 257, "é" * 200]),
)
HOSTS = st.fixed_dictionaries(
    {"host": ENTRIES}, optional={"ports": st.lists(st.sampled_from([0, 1, 443, 65_535, 65_536]))}
)
NUMBERS = st.integers(0, 32).map(lambda power: 2**power) | st.sampled_from(
    [-1, 0, 0, 65, 100, 1025, 600_000, 600_001, 10**6, 10**6 + 1, 86_400_000, 10**40]
)
LISTS = st.lists(ENTRIES, max_size=2) | st.lists(HOSTS, max_size=2) | st.lists(NUMBERS, max_size=2)
LONG_LISTS = st.tuples(ENTRIES, st.sampled_from([64, 65, 128, 129, 256, 257])).map(
    lambda pair: [pair[0]] * pair[1]
)
ODDS: Final[st.SearchStrategy[object]] = st.sampled_from(
    [None, 1.0, 0.5, {}, [], [[]], "x07.run-os-policy@0.1.0"]
)
VALUES = st.booleans() | NUMBERS | ENTRIES | LISTS | LONG_LISTS | ODDS
OF_TYPE: Final[dict[type, st.SearchStrategy[Any]]] = {
    bool: st.booleans(),
    int: NUMBERS,
    str: ENTRIES,
    list: LISTS | LONG_LISTS,
}
NAMES_OF_FIELDS = st.sampled_from(
    ["enabled", "allow_hosts", "max_live", "zzz", "a/b", "db", "notes"]
)


def paths(value: object, at: Path = ()) -> list[Path]:
    """Everywhere in a document where something can be changed."""
    found: list[Path] = [at]
    if isinstance(value, dict):
        items: list[tuple[str | int, object]] = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    for key, inner in items:
        found += paths(inner, (*at, key))
    return found


SPAWNING: Final = {
    "allow_cwd": True,
    "allow_cwd_roots": ["."],
    "allow_spawn": True,
    "allow_execs": ["a"],
    "allow_env_keys": ["A"],
    "max_live": 1,
    "max_spawns": 1,
    "max_runtime_ms": 1,
}


@st.composite
def mutated(draw: st.DrawFn) -> Any:  # noqa: ANN401  any JSON value
    document: Any = policy(draw(st.sampled_from(NAMES)))
    if draw(st.booleans()):
        document["process"] |= copy.deepcopy(SPAWNING)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(document)))
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        document = _changed(document, path, action, draw)
    return document


def _changed(document: Any, path: Path, action: str, draw: st.DrawFn) -> Any:  # noqa: ANN401
    """Any JSON value, changed in one place."""
    if not path:
        return draw(VALUES) if action == "replace" and draw(st.integers(0, 9)) == 0 else document
    *above, last = path
    place = document
    for key in above:
        place = place[key]
    if action == "replace":
        likely = OF_TYPE.get(type(place[last]), VALUES)
        place[last] = copy.deepcopy(draw(likely if draw(st.integers(0, 3)) else VALUES))
    elif action == "remove":
        del place[last]
    elif isinstance(place, dict):
        place[draw(NAMES_OF_FIELDS)] = copy.deepcopy(draw(VALUES))
    else:
        place.append(copy.deepcopy(draw(VALUES)))
    return document


def is_stricter(problem: Problem) -> bool:
    return any(pattern.fullmatch(str(problem)) for pattern in STRICTER)


def agree(document: object) -> None:
    made, problems = parse(document)
    assert (made is None) == bool(problems)
    if schema_errors(document):
        assert problems != []
    else:
        assert [problem for problem in problems if not is_stricter(problem)] == []


@settings(max_examples=400, deadline=None)
@given(mutated())
@example(policy(limits__fds=8.0))
@example(policy(process__allow_args_regex_lite=["é" * 200]))
@example(policy(net__allow_hosts=[{"host": "1.2.3", "ports": [1]}]))
def test_the_schema_and_the_loader_agree(document: object) -> None:
    agree(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_any_json(document: object) -> None:
    made, problems = parse(document)
    assert made is None
    assert problems != []


@settings(deadline=None)
@given(st.binary() | st.text(alphabet='{}[]",:truefalsn0123\\').map(str.encode))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(PolicyError) as caught:
        read(data, "p.json")
    assert caught.value.problems != ()
