"""Loading a policy: the bounds, types and rules of the contract (policy.md §1 and §2)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.contract.policies import GONE, SCHEMA, policy, problems, schema_errors
from x07bundle.contract.policy import Db, Drivers, Host, Language, Policy, Threads
from x07bundle.contract.policy_problems import PolicyError, PolicySchemaError
from x07bundle.contract.policy_reading import load, parse, read
from x07bundle.errors import X07Error

NUMBERS: Final = """
limits.cpu_ms limits.wall_ms: 1 600000
limits.mem_bytes: 1048576 17179869184
limits.fds limits.procs: 0 1024
fs.max_read_bytes fs.max_write_bytes fs.max_entries fs.max_depth: 0 4294967295
db.max_live_conns: 0 1024
db.max_queries db.max_rows: 0 1000000
db.connect_timeout_ms db.query_timeout_ms: 0 600000
db.max_sql_bytes: 0 10485760
db.max_resp_bytes: 0 134217728
time.max_sleep_ms: 0 86400000
threads.max_workers: 0 256
threads.max_blocking: 0 4096
threads.max_queue: 0 1000000
process.max_live process.max_spawns: 0 1024
process.max_exe_bytes process.max_arg_bytes process.max_env_val_bytes: 0 1048576
process.max_args process.max_env: 0 1024
process.max_env_key_bytes: 0 4096
process.max_runtime_ms: 0 600000
process.max_stdout_bytes process.max_stderr_bytes process.max_stdin_bytes: 0 268435456
process.max_total_bytes: 0 536870912
"""

LISTS: Final = """
fs.read_roots fs.write_roots process.allow_cwd_roots: 128 4096
process.allow_execs process.allow_exec_prefixes db.sqlite.allow_paths: 256 4096
env.allow_keys env.deny_keys process.allow_env_keys: 256 256
process.allow_args_regex_lite: 128 256
"""
"""Entries at most, and characters of an entry."""

OPTIONAL: Final = """
notes db language threads limits.core_dumps fs.allow_symlinks fs.allow_mkdir fs.allow_remove
fs.allow_rename fs.allow_walk fs.allow_glob fs.max_read_bytes fs.max_write_bytes fs.max_entries
fs.max_depth db.drivers.redis db.max_live_conns db.max_queries db.connect_timeout_ms
db.query_timeout_ms db.max_sql_bytes db.max_rows db.max_resp_bytes db.sqlite
db.sqlite.allow_paths db.sqlite.readonly_only db.sqlite.allow_create db.sqlite.allow_in_memory
db.net db.net.allow_dns db.net.allow_cidrs db.net.allow_ports db.net.require_tls
db.net.require_verify process.allow_execs process.allow_exec_prefixes
process.allow_args_regex_lite process.allow_env_keys process.max_exe_bytes process.max_arg_bytes
process.max_env_val_bytes process.max_args process.max_env process.max_env_key_bytes
process.max_runtime_ms process.max_stdout_bytes process.max_stderr_bytes process.max_stdin_bytes
process.max_total_bytes process.kill_on_drop process.kill_tree process.allow_cwd
process.allow_cwd_roots
"""


def table(text: str) -> list[tuple[str, int, int]]:
    rows = []
    for line in text.strip().splitlines():
        fields, _, numbers = line.partition(":")
        low, high = map(int, numbers.split())
        rows += [(field, low, high) for field in fields.split()]
    return rows


def base(**changes: object) -> dict[str, Any]:
    """A valid policy with every optional object in it."""
    database = {
        "enabled": False,
        "drivers": {"sqlite": False, "postgres": False, "mysql": False, "redis": False},
        "sqlite": {},
        "net": {},
    }
    return policy(**{"db": database, **changes})


def changed(field: str, value: object) -> dict[str, Any]:
    return base(**{field.replace(".", "__"): value})


def verdicts(document: object) -> tuple[bool, bool]:
    """Whether the loader accepts it, and whether the schema does."""
    return problems(document) == [], schema_errors(document) == []


def every_field(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        yield prefix + name, value
        if isinstance(value, dict):
            yield from every_field(value, f"{prefix}{name}.")


def whole() -> dict[str, Any]:
    """A policy in which every field is written."""

    def plain(value: Any) -> Any:  # noqa: ANN401  any part of a policy
        if hasattr(value, "_asdict"):
            return {name: plain(inner) for name, inner in value._asdict().items()}
        return [plain(item) for item in value] if isinstance(value, tuple) else value

    made, _ = parse(base())
    document = plain(made)
    assert isinstance(document, dict)
    return document


def without(document: dict[str, Any], field: str) -> dict[str, Any]:
    *sections, last = field.split(".")
    place = document
    for section in sections:
        place = place[section]
    del place[last]
    return document


FIELDS: Final = dict(every_field(whole()))


@pytest.mark.parametrize(("field", "least", "most"), table(NUMBERS))
def test_bounds_of_numbers(field: str, least: int, most: int) -> None:
    for value in (least, most):
        assert verdicts(changed(field, value)) == (True, True)
    wrongs: list[object] = [least - 1, most + 1, "1", True, None, [1], 1.5, 10**30]
    for wrong in wrongs:
        assert verdicts(changed(field, wrong)) == (False, False)
    words = f"/{field.replace('.', '/')}: must be an integer in {least}..{most}, this is {most + 1}"
    assert problems(changed(field, most + 1)) == [words]


@pytest.mark.parametrize(("field", "entries", "characters"), table(LISTS))
def test_bounds_of_lists(field: str, entries: int, characters: int) -> None:
    for values in ([], ["a"] * entries, ["a" * characters]):
        assert verdicts(changed(field, values)) == (True, True)
    wrongs: list[object] = [["a"] * (entries + 1), ["a" * (characters + 1)], [""], [1], ["a;b"]]
    wrongs += [["a\0b"], "a", None, {}]
    if field.endswith("_keys"):
        wrongs.append(["A=b"])
    for wrong in wrongs:
        assert verdicts(changed(field, wrong)) == (False, False)


@pytest.mark.parametrize(
    ("field", "entry"), [("allow_dns", "db.example"), ("allow_cidrs", "10.0.0.0/8")]
)
def test_bounds_of_database_servers(field: str, entry: str) -> None:
    name = f"db.net.{field}"
    assert verdicts(changed(name, [entry] * 256)) == (True, True)
    wrongs: list[object] = [[entry] * 257, ["a" * 256], [""], ["a;b"], ["a b"], [1], None]
    for wrong in wrongs:
        assert verdicts(changed(name, wrong)) == (False, False)
    for wrong in ["10.0.0.0/80", "*.example"]:
        assert verdicts(changed(name, [wrong]))[0] is False
    assert problems(changed("db.net.allow_cidrs", ["db.example"])) == [
        "/db/net/allow_cidrs/0: `db.example`: a name, where an address or a network is asked for"
    ]


def test_bounds_of_database_ports() -> None:
    assert verdicts(changed("db.net.allow_ports", [1, 65_535] * 128)) == (True, True)
    wrongs: list[object] = [[0], [65_536], [1] * 257, ["1"], None]
    for wrong in wrongs:
        assert verdicts(changed("db.net.allow_ports", wrong)) == (False, False)


def test_the_tables_are_complete() -> None:
    numbers = {field for field, _, _ in table(NUMBERS)}
    assert numbers == {name for name, value in FIELDS.items() if type(value) is int}
    lists = {field for field, _, _ in table(LISTS)} | {"net.allow_hosts"}
    lists |= {"db.net.allow_dns", "db.net.allow_cidrs", "db.net.allow_ports"}
    assert lists == {name for name, value in FIELDS.items() if isinstance(value, list)}


FLAGS: Final = [name for name, value in FIELDS.items() if isinstance(value, bool)]


@pytest.mark.parametrize("field", FLAGS)
def test_flags(field: str) -> None:
    wrongs: list[object] = [0, 1, "true", None, []]
    for wrong in wrongs:
        assert verdicts(changed(field, wrong)) == (False, False)


@pytest.mark.parametrize("field", FIELDS)
def test_what_may_be_left_out(field: str) -> None:
    document = without(whole(), field)
    is_optional = field in OPTIONAL.split()
    assert verdicts(document) == (is_optional, is_optional)
    if not is_optional:
        assert f"/{field.replace('.', '/')}: is missing" in problems(document)


@pytest.mark.parametrize("field", ["", *(k for k, v in FIELDS.items() if isinstance(v, dict))])
def test_unknown_fields(field: str) -> None:
    for name in ("zzz", "a/b~c"):
        document = base(**{f"{field.replace('.', '__')}__{name}" if field else name: 1})
        assert verdicts(document) == (False, False)
        (problem,) = problems(document)
        pointer = f"/{field.replace('.', '/')}" if field else ""
        escaped = name.replace("~", "~0").replace("/", "~1")
        assert problem.startswith(f"{pointer}/{escaped}: unknown field; known here: ")


@pytest.mark.parametrize(
    ("field", "near"),
    [
        ("fs.allow_symlink", "allow_symlinks"),
        ("net.allowed_hosts", "allow_hosts"),
        ("limits.cpu", "cpu_ms"),
        ("process.max_stdout", "max_stdout_bytes"),
        ("proces", "process"),
        ("thread", "threads"),
    ],
)
def test_the_nearest_name(field: str, near: str) -> None:
    pointer = f"/{field.replace('.', '/')}"
    expected = f"{pointer}: unknown field; did you mean `{near}`?"
    assert problems(changed(field, 1)) == [expected]


def test_what_is_left_out_is_refused_or_safe() -> None:
    document = policy(limits__core_dumps=GONE, threads=GONE, language=GONE)
    made, _ = parse(document)
    assert made is not None
    assert made.db == Db(False, Drivers(False, False, False, False))
    assert (made.db.net.require_tls, made.db.net.require_verify) == (True, True)
    assert made.language == Language(allow_unsafe=False, allow_ffi=False)
    assert made.threads == Threads(True, 0, 4, 1024)
    assert made.limits.core_dumps is False
    assert (made.process.kill_on_drop, made.process.kill_tree) == (True, True)


def schema_defaults(schema: Any, section: Any, prefix: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Dotted fields of a JSON Schema that have a default."""
    for name, rule in section["properties"].items():
        if "default" in rule:
            yield prefix + name, rule["default"]
        inner = schema["$defs"].get(rule.get("$ref", "").rpartition("/")[2], {})
        if inner.get("type") == "object":
            yield from schema_defaults(schema, inner, f"{prefix}{name}.")


def test_defaults_are_those_of_the_schema() -> None:
    schema = json.loads(SCHEMA.read_bytes())
    defaults = dict(schema_defaults(schema, schema, ""))
    assert set(defaults) == set(OPTIONAL.split()) - {
        "db",
        "language",
        "threads",
        "db.sqlite",
        "db.net",
    }
    for field, default in defaults.items():
        written = changed(field, default)
        assert parse(written) == parse(without(changed(field, default), field))


def test_a_whole_policy_is_read() -> None:
    hosts = [{"host": "example.com", "ports": [443, 80]}]
    made, _ = parse(policy("worker-parallel", net__allow_hosts=hosts, notes="n"))
    assert isinstance(made, Policy)
    assert made.net.allow_hosts == (Host("example.com", (443, 80)),)
    assert made.process.allow_exec_prefixes == ("deps/x07/",)
    assert (made.policy_id, made.notes) == ("sandbox.worker-parallel.base", "n")


HOST: Final = {"host": "a", "ports": [1]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"schema_version": "x07.run-os-policy@0.2.0"},
            '/schema_version: must be `x07.run-os-policy@0.1.0`, this is "x07.run-os-policy@0.2.0"',
        ),
        ({"schema_version": 1}, "/schema_version: must be `x07.run-os-policy@0.1.0`, this is 1"),
        ({"policy_id": ""}, "/policy_id: must have 1..64 characters, this has 0"),
        ({"policy_id": "a b"}, "/policy_id: `a b`: must be 1 to 64 ASCII letters, digits"),
        ({"policy_id": "a\n"}, r"/policy_id: `a\n`: must be 1 to 64 ASCII letters, digits"),
        ({"policy_id": "a" * 65}, "/policy_id: must have 1..64 characters, this has 65"),
        ({"notes": "é" * 4097}, "/notes: must have 0..4096 characters, this has 4097"),
        ({"limits": []}, "/limits: must be an object, this is an array"),
        ({"net__allow_hosts": {}}, "/net/allow_hosts: must be an array, this is an object"),
        (
            {"net__allow_hosts": [HOST] * 257},
            "/net/allow_hosts: must have 0..256 entries, this has 257",
        ),
        (
            {"net__allow_hosts": [HOST, {"host": "b", "ports": list(range(1, 66))}]},
            "/net/allow_hosts/1/ports: must have 1..64 entries, this has 65",
        ),
        (
            {"net__allow_hosts": [{"host": "b", "ports": []}]},
            "/net/allow_hosts/0/ports: must have 1..64 entries, this has 0",
        ),
        (
            {"net__allow_hosts": [{"host": "b", "ports": [0]}]},
            "/net/allow_hosts/0/ports/0: must be an integer in 1..65535, this is 0",
        ),
        ({"net__allow_hosts": ["a"]}, "/net/allow_hosts/0: must be an object, this is"),
        ({"net__allow_hosts": [{"host": "a"}]}, "/net/allow_hosts/0/ports: is missing"),
        (
            {"net__allow_hosts": [{"host": "a b", "ports": [1]}]},
            "/net/allow_hosts/0/host: `a b`: a host is ASCII letters",
        ),
        ({"env__allow_keys": ["A=b"]}, "/env/allow_keys/0: `A=b`: must not contain `=`"),
        ({"fs__read_roots": ["a;b"]}, "/fs/read_roots/0: `a;b`: must not contain `;`"),
        ({"fs__read_roots": [".", "a\0"]}, r"/fs/read_roots/1: `a\x00`: must not contain NUL"),
        (
            {"process__allow_args_regex_lite": ["*a"]},
            "/process/allow_args_regex_lite/0: `*a`: `*` repeats what is before it",
        ),
        (
            {"process__allow_cwd": True},
            "/process/allow_cwd_roots: must be non-empty when `allow_cwd` is true",
        ),
        (
            {
                "db": {
                    "enabled": True,
                    "drivers": dict.fromkeys(["sqlite", "postgres", "mysql"], False),
                }
            },
            "/db/drivers: must allow at least one driver when `db.enabled` is true",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, object], expected: str) -> None:
    (problem,) = problems(policy(**changes))
    assert problem.startswith(expected)


def test_spawning_needs_programs_and_limits() -> None:
    spawning = policy(process__allow_spawn=True)
    when = "non-empty when `allow_spawn` is true"
    assert problems(spawning) == [
        f"/process/allow_execs: this or `allow_exec_prefixes` must be {when}",
        "/process/max_live: must be non-zero when `allow_spawn` is true",
        "/process/max_spawns: must be non-zero when `allow_spawn` is true",
        "/process/max_runtime_ms: must be non-zero when `allow_spawn` is true",
    ]
    assert schema_errors(spawning) != []
    for name in ("max_live", "max_spawns", "max_runtime_ms"):
        for value in (0, GONE):
            without = policy("worker-parallel", **{f"process__{name}": value})
            assert verdicts(without) == (False, False)
    by_path = policy(
        "worker-parallel", process__allow_exec_prefixes=GONE, process__allow_execs=["bin/a"]
    )
    assert verdicts(by_path) == (True, True)


def test_all_problems_at_once() -> None:
    document = policy(
        limits__cpu_ms=0, fs__max_depth="deep", net=GONE, extra=1, process__allow_spawn=True
    )
    pointers = [problem.partition(":")[0] for problem in problems(document)]
    assert pointers == [
        "/extra",
        "/limits/cpu_ms",
        "/fs/max_depth",
        "/net",
        "/process/allow_execs",
        "/process/max_live",
        "/process/max_spawns",
        "/process/max_runtime_ms",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON: expecting value (line 1, column 1)"),
        (b"[]", "must be an object, this is an array"),
        (b"null", "must be an object, this is null"),
        (b'{"policy_id": "a", "policy_id": "b"}', "the key `policy_id` appears twice"),
        (b'{"a": "\xe9"}', "not valid UTF-8"),
        (b"[" * 300, "nested too deeply"),
        (b'{"limits": {"cpu_ms": NaN}}', "`NaN` is not a JSON number"),
    ],
)
def test_files_that_hold_no_policy(data: bytes, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(data, "p.json")
    assert words in caught.value.render()
    assert caught.value.exit_code == 3
    assert caught.value.problems[0].at == ""


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(policy(policy_id="mine")))
    loaded = load(path)
    assert (loaded.policy.policy_id, loaded.document) == ("mine", policy(policy_id="mine"))
    assert loaded.data == path.read_bytes()
    with pytest.raises(X07Error, match=r"cannot read `.*missing\.json`: no such file"):
        load(tmp_path / "missing.json")


def test_the_error_for_people() -> None:
    with pytest.raises(PolicyError) as caught:
        read(json.dumps(policy(limits__fds=-1, fs__allow_globs=True)).encode(), "p.json")
    assert caught.value.render() == (
        "error: the policy `p.json` has 2 problems\n"
        "  /limits/fds: must be an integer in 0..1024, this is -1\n"
        "  /fs/allow_globs: unknown field; did you mean `allow_glob`?\n"
        "hint: docs/reference/policy.md lists every field; "
        "`x07 policy init` writes a whole policy\n"
    )


def test_the_error_for_programs() -> None:
    _, found = parse(policy(limits__fds=-1))
    said = PolicySchemaError("p.json", found).render()
    assert said.endswith("\n")
    assert json.loads(said) == {
        "schema_version": "x07.x07diag@0.1.0",
        "ok": False,
        "diagnostics": [
            {
                "code": "X07-POLICY-SCHEMA-0001",
                "severity": "error",
                "stage": "parse",
                "message": "must be an integer in 0..1024, this is -1",
                "loc": {"kind": "x07ast", "ptr": "/limits/fds"},
                "data": {"file": "p.json"},
            }
        ],
    }


def test_nothing_of_a_file_reaches_a_terminal_raw() -> None:
    document = policy(policy_id="a\x1b[31m\u202e", **{"\x1b]0;title\x07" + "y" * 1000: 1})
    for line in problems(document):
        assert line.isprintable()
        assert len(line) < 400
