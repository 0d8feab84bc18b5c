"""Overrides: specs, files, merging, refusals, and the policy that results (policy.md §4)."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.contract.policies import GONE, policy
from x07bundle.contract.policy_problems import PolicyError, PolicySchemaError
from x07bundle.errors import UsageError, X07Error
from x07bundle.policy.overrides import Effective, Overrides, base_path, effective
from x07bundle.policy.templates import base_policy, file_of

GOLDEN: Final = Path(__file__).parent / "golden"
BASE: Final = Path(".x07/policies/base/mine.json")


def write(root: Path, document: object) -> Path:
    path = root / BASE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def derive(root: Path, document: object, **overrides: tuple[str, ...]) -> Effective:
    return effective(write(root, document), Overrides(**overrides), root)


def networked(*allow_hosts: tuple[str, list[int]], **changes: object) -> dict[str, Any]:
    hosts = [{"host": host, "ports": ports} for host, ports in allow_hosts]
    return policy("http-client", net__allow_hosts=hosts, **changes)


def hosts_of(result: Effective) -> list[tuple[str, tuple[int, ...]]]:
    return [(entry.host, entry.ports) for entry in result.policy.net.allow_hosts]


def refusal(root: Path, document: object, **overrides: tuple[str, ...]) -> str:
    """What is said of overrides that are refused; nothing was written."""
    with pytest.raises(UsageError) as caught:
        derive(root, document, **overrides)
    assert caught.value.exit_code == 2
    assert [path.name for path in (root / ".x07/policies").iterdir()] == ["base"]
    return caught.value.render()


def test_without_overrides_the_base_policy_holds(tmp_path: Path) -> None:
    result = derive(tmp_path, policy(policy_id="mine"))
    assert (result.path, result.derived) == (tmp_path / BASE, False)
    assert result.policy.policy_id == "mine"
    assert result.data == (tmp_path / BASE).read_bytes()
    assert not (tmp_path / ".x07/policies/_generated").exists()


def test_a_host(tmp_path: Path) -> None:
    result = derive(tmp_path, networked(), allow_hosts=("Example.com:443,80",))
    assert result.derived
    assert hosts_of(result) == [("example.com", (80, 443))]
    assert result.path.parent == tmp_path / ".x07/policies/_generated"
    assert result.path.read_bytes() == result.data


@pytest.mark.parametrize(
    ("spec", "host", "ports"),
    [
        ("a:1", "a", (1,)),
        (" A.example : 2 , 1 , 2 ", "a.example", (1, 2)),
        ("[::1]:443", "::1", (443,)),
        ("[fd00::/8]:443", "fd00::/8", (443,)),
        ("10.0.0.0/8:65535", "10.0.0.0/8", (65535,)),
        ("a:0443", "a", (443,)),
    ],
)
def test_specs(tmp_path: Path, spec: str, host: str, ports: tuple[int, ...]) -> None:
    assert hosts_of(derive(tmp_path, networked(), allow_hosts=(spec,))) == [(host, ports)]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("", "--allow-host: ``: a port is missing"),
        ("example.com", "a port is missing"),
        ("example.com:", "`` is no port from 1 to 65535"),
        ("example.com:443,", "`` is no port from 1 to 65535"),
        ("example.com:0", "`0` is no port"),
        ("example.com:65536", "`65536` is no port"),
        ("example.com:+80", "`+80` is no port"),
        ("example.com:٨", "is no port"),
        ("example.com:*", "`*` is for denials"),
        (":443", "a host has 1 to 255 characters"),
        ("a" * 256 + ":443", "a host has 1 to 255 characters"),
        ("a b:443", "ASCII letters"),
        ("a;b:443", "ASCII letters"),
        ("*:443", "a wildcard matches no host"),
        ("https://a:443", "a URL, where"),
        ("[::1]", "a port is missing"),
        ("::1:18080", "an IPv6 address stands in brackets: `[::1]:18080`"),
        ("fe80::1:443", "an IPv6 address stands in brackets: `[fe80::1]:443`"),
        ("::1", "an IPv6 address stands in brackets: `[::1]:PORT`"),
        ("a:" + ",".join(map(str, range(1, 66))), "`a` would exceed 64 ports"),
    ],
)
def test_specs_that_are_none(tmp_path: Path, spec: str, words: str) -> None:
    said = refusal(tmp_path, networked(), allow_hosts=(spec,))
    assert words in said
    assert "hint: write HOST:PORT" in said


def test_all_specs_are_checked_before_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hosts.txt").write_text("# mine\nok.example:443\nbad\n\nworse:0 # no\n")
    said = refusal(tmp_path, networked(), allow_hosts=("a:x",), allow_host_files=("hosts.txt",))
    assert said.startswith("error: 3 hosts cannot be understood\n")
    assert [line.strip() for line in said.splitlines()[1:4]] == [
        "hosts.txt:3: `bad`: a port is missing",
        "hosts.txt:5: `worse:0`: `0` is no port from 1 to 65535",
        "--allow-host: `a:x`: `x` is no port from 1 to 65535",
    ]


def test_host_files(tmp_path: Path) -> None:
    text = "\ufeff# development\r\n\r\n  b.example:443 # the API\r\na.example:80,81#x\nb.example:1"
    (tmp_path / "allow.txt").write_bytes(text.encode())
    (tmp_path / "deny.txt").write_text("a.example:81\n")
    result = derive(
        tmp_path, networked(), allow_host_files=("allow.txt",), deny_host_files=("deny.txt",)
    )
    assert hosts_of(result) == [("a.example", (80,)), ("b.example", (1, 443))]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a:1\n# caf\xe9\n", "is not UTF-8: invalid continuation byte in line 2"),
        (b"\xff\xfea\0:\0001\0", "is not UTF-8: invalid start byte in line 1"),
        (b"a\0b:1", r"hosts.txt:1: `a\x00b:1`: a host is ASCII letters"),
    ],
)
def test_host_files_that_are_none(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "hosts.txt").write_bytes(content)
    assert words in refusal(tmp_path, networked(), allow_host_files=("hosts.txt",))


def test_a_missing_host_file(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match=r"cannot read `.*nowhere\.txt`: no such file"):
        derive(tmp_path, networked(), deny_host_files=("nowhere.txt",))
    assert not (tmp_path / ".x07/policies/_generated").exists()


def test_hosts_of_the_base_come_first_and_new_ones_are_sorted(tmp_path: Path) -> None:
    base = networked(("Z.example", [443, 80]), ("b.example", [1]), ("z.EXAMPLE", [22]))
    result = derive(tmp_path, base, allow_hosts=("c:1", "a:1", "B.example:2", "c:2"))
    assert hosts_of(result) == [
        ("z.example", (22, 80, 443)),
        ("b.example", (1, 2)),
        ("a", (1,)),
        ("c", (1, 2)),
    ]


@pytest.mark.parametrize(
    ("deny", "expected"),
    [
        (("a:80",), [("a", (443,)), ("b", (80,))]),
        (("A:443,80",), [("b", (80,))]),
        (("a:*",), [("b", (80,))]),
        (("a:80", "a:*"), [("b", (80,))]),
        (("a:*", "a:80"), [("b", (80,))]),
        (("c:*", "a:1"), [("a", (80, 443)), ("b", (80,))]),
        (("a.:*",), [("b", (80,))]),
    ],
)
def test_a_denial_wins(
    tmp_path: Path, deny: tuple[str, ...], expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    base = networked(("a", [80]))
    result = derive(tmp_path, base, allow_hosts=("a:443", "b:80"), deny_hosts=deny)
    assert hosts_of(result) == expected


@pytest.mark.parametrize(
    ("host", "denied"),
    [("::1", "0:0::1"), ("10.1.2.3", "10.0.0.0/8"), ("10.0.0.7", "::ffff:10.0.0.7")],
)
def test_a_denial_wins_however_it_is_written(tmp_path: Path, host: str, denied: str) -> None:
    assert hosts_of(derive(tmp_path, networked((host, [443])), deny_hosts=(f"[{denied}]:*",))) == []


def test_a_denial_that_a_policy_cannot_express(tmp_path: Path) -> None:
    base = networked(("10.0.0.0/8", [443]))
    said = refusal(tmp_path, base, deny_hosts=("10.1.2.3:*",))
    assert "`10.1.2.3` cannot be denied: it is part of `10.0.0.0/8`" in said
    assert hosts_of(derive(tmp_path, base, deny_hosts=("10.1.2.3:80",))) == [("10.0.0.0/8", (443,))]


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"allow_hosts": ("a.example:1",)}, True),
        ({"allow_hosts": ("10.0.0.1:1",)}, False),
        ({"deny_hosts": ("b.example:1",)}, False),
        ({"allow_hosts": ("a.example:1",), "deny_hosts": ("a.example:*",)}, False),
    ],
)
def test_names_that_are_added_switch_dns_on(
    tmp_path: Path, overrides: dict[str, tuple[str, ...]], expected: bool
) -> None:
    result = derive(tmp_path, networked(net__allow_dns=False), **overrides)
    assert result.policy.net.allow_dns is expected


def test_a_denial_or_a_root_switches_nothing_on(tmp_path: Path) -> None:
    base = networked(("a.example", [1]), net__allow_dns=False)
    assert derive(tmp_path, base, deny_hosts=("b:*",)).policy.net.allow_dns is False
    assert derive(tmp_path, base, allow_read_roots=("b",)).policy.net.allow_dns is False


def test_roots(tmp_path: Path) -> None:
    result = derive(
        tmp_path,
        policy(fs__write_roots=["out", "b"]),
        allow_read_roots=(" ../data ", "."),
        allow_write_roots=("tmp", "b", "a", "tmp"),
    )
    assert result.policy.fs.read_roots == (".", "../data")
    assert result.policy.fs.write_roots == ("out", "b", "tmp", "a")


@pytest.mark.parametrize(
    ("root", "words"),
    [
        (" ", "must have 1..4096 characters"),
        ("a" * 4097, "must have 1..4096 characters"),
        ("a;b", "must not contain `;`"),
        ("a\0b", "must not contain NUL"),
        ("a\udce9", "is not UTF-8"),
    ],
)
def test_roots_that_are_none(tmp_path: Path, root: str, words: str) -> None:
    assert words in refusal(tmp_path, policy(), allow_write_roots=(root,))


@pytest.mark.parametrize(
    ("document", "overrides", "words"),
    [
        (policy(), {"allow_hosts": ("a:1",)}, "disables networking (net.enabled=false)"),
        (policy(), {"deny_host_files": ("f",)}, "disables networking (net.enabled=false)"),
        (
            policy("http-client", net__allow_tcp=False),
            {"deny_hosts": ("a:1",)},
            "forbids TCP (net.allow_tcp=false)",
        ),
        (
            policy("worker"),
            {"allow_read_roots": ("a",)},
            "disables filesystem access (fs.enabled=false)",
        ),
    ],
)
def test_what_the_base_rules_out(
    tmp_path: Path, document: object, overrides: dict[str, tuple[str, ...]], words: str
) -> None:
    assert words in refusal(tmp_path, document, **overrides)


def test_limits(tmp_path: Path) -> None:
    many = networked(*((f"h{number}", [1]) for number in range(255)))
    assert len(hosts_of(derive(tmp_path, many, allow_hosts=("new:1",)))) == 256
    full = networked(*((f"h{number}", [1]) for number in range(256)))
    replaced = derive(tmp_path, full, allow_hosts=("new:1",), deny_hosts=("h0:*",))
    assert len(hosts_of(replaced)) == 256


@pytest.mark.parametrize(
    ("document", "overrides", "words"),
    [
        (
            networked(*((f"h{number}", [1]) for number in range(256))),
            {"allow_hosts": ("new:1",)},
            "net.allow_hosts would exceed 256 entries: 257",
        ),
        (
            networked(("a", list(range(1, 65)))),
            {"allow_hosts": ("a:65",)},
            "host `a` would exceed 64 allowed ports: 65",
        ),
        (
            policy(fs__read_roots=[f"r{number}" for number in range(128)]),
            {"allow_read_roots": ("new",)},
            "would exceed 128 roots: 129",
        ),
    ],
)
def test_limits_of_the_format(
    tmp_path: Path, document: object, overrides: dict[str, tuple[str, ...]], words: str
) -> None:
    assert words in refusal(tmp_path, document, **overrides)


def test_a_host_list_of_257_lines(tmp_path: Path) -> None:
    (tmp_path / "hosts.txt").write_text("".join(f"h{number}:443\n" for number in range(257)))
    said = refusal(tmp_path, networked(), allow_host_files=("hosts.txt",))
    assert "would exceed 256 entries: 257" in said


def test_a_base_policy_that_is_not_valid(tmp_path: Path) -> None:
    broken = networked(limits__cpu_ms=0)
    with pytest.raises(PolicyError) as caught:
        derive(tmp_path, broken)
    assert not isinstance(caught.value, PolicySchemaError)
    assert caught.value.render().startswith("error: the policy `")
    with pytest.raises(PolicySchemaError) as caught:
        derive(tmp_path, broken, allow_hosts=("a:1",))
    assert caught.value.exit_code == 3
    said = json.loads(caught.value.render())
    assert said["diagnostics"][0]["loc"]["ptr"] == "/limits/cpu_ms"
    assert said["diagnostics"][0]["data"] == {"file": str(tmp_path / BASE)}


def test_a_missing_base_policy(tmp_path: Path) -> None:
    for overrides in (Overrides(), Overrides(allow_hosts=("a:1",))):
        with pytest.raises(X07Error, match=r"missing policy file: `.*p\.json`") as caught:
            effective(tmp_path / "p.json", overrides, tmp_path)
        assert caught.value.exit_code == 2


def test_which_base_policy(tmp_path: Path) -> None:
    profile = tmp_path / "of-profile.json"
    assert base_path(Path("p.json"), profile, tmp_path) == tmp_path / "p.json"
    assert base_path(Path("/p.json"), profile, tmp_path) == Path("/p.json")
    assert base_path(None, profile, tmp_path) == profile
    with pytest.raises(UsageError, match="run-os-sandboxed requires a policy file"):
        base_path(None, None, tmp_path)


OVERRIDES: Final = {
    "allow_hosts": ("example.com:80,443", "api.example:443"),
    "deny_hosts": ("example.com:80", "other.example:*"),
    "allow_read_roots": ("in", "data", "in"),
    "allow_write_roots": ("tmp",),
}
DIGESTED: Final = (
    '{"allow_hosts":[{"host":"api.example","ports":[443]},{"host":"example.com","ports":[80,443]}],'
    '"allow_read_roots":["data","in"],"allow_write_roots":["tmp"],'
    '"deny_hosts":[{"all_ports":false,"host":"example.com","ports":[80]},'
    '{"all_ports":true,"host":"other.example","ports":[]}]}'
)


def test_the_derived_file(tmp_path: Path) -> None:
    base = networked(policy_id="p" * 60, notes="Mine.")
    result = derive(tmp_path, base, **OVERRIDES)
    raw = (tmp_path / BASE).read_bytes() + DIGESTED.encode()
    digest8 = hashlib.sha256(raw).hexdigest()[:8]
    assert result.path == tmp_path / f".x07/policies/_generated/{'p' * 60}.g{digest8}.policy.json"
    expected = base | {
        "policy_id": f"{'p' * 54}.g{digest8}",
        "notes": f"Mine.\nDerived from {BASE} by options of the command, digest {digest8}.",
        "net": base["net"]
        | {
            "allow_hosts": [
                {"host": "api.example", "ports": [443]},
                {"host": "example.com", "ports": [443]},
            ]
        },
        "fs": base["fs"] | {"read_roots": [".", "in", "data"], "write_roots": ["out", "tmp"]},
    }
    text = json.dumps(expected, indent=2, sort_keys=True) + "\n"
    assert result.data.decode() == result.path.read_text() == text


def test_golden(tmp_path: Path) -> None:
    """The file of a command on a template, whole: for reading, and so that no byte of it moves."""
    base = tmp_path / file_of("http-client")
    base.parent.mkdir(parents=True)
    base.write_bytes(base_policy("http-client"))
    result = effective(base, Overrides(**OVERRIDES), tmp_path)
    (golden,) = GOLDEN.iterdir()
    assert result.path.name == golden.name
    assert result.data == golden.read_bytes()


def test_notes_that_would_be_too_long_stay(tmp_path: Path) -> None:
    long = derive(tmp_path, policy(notes="é" * 2040), allow_read_roots=("a",))
    assert long.policy.notes == "é" * 2040
    none = derive(tmp_path, policy(notes=GONE), allow_read_roots=("a",))
    assert none.policy.notes.startswith("Derived from .x07/policies/base/mine.json by options")


def test_a_base_policy_outside_of_the_project(tmp_path: Path) -> None:
    outside = tmp_path / "shared.json"
    outside.write_text(json.dumps(policy()))
    result = effective(outside, Overrides(allow_read_roots=("a",)), tmp_path / "project")
    assert f"Derived from {outside} by" in result.policy.notes
    assert result.path.is_relative_to(tmp_path / "project/.x07/policies/_generated")


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    first = derive(tmp_path, networked(), **OVERRIDES)
    before = first.path.stat()
    second = derive(tmp_path, networked(), **OVERRIDES)
    assert second == first
    assert second.path.stat().st_ino == before.st_ino
    first.path.write_text("edited")
    assert derive(tmp_path, networked(), **OVERRIDES).path.read_bytes() == first.data


def test_the_order_of_options_does_not_matter(tmp_path: Path) -> None:
    names = [f"h{number}" for number in range(20)]
    forward = derive(tmp_path, networked(), allow_hosts=tuple(f"{name}:1" for name in names))
    backward = derive(tmp_path, networked(), allow_hosts=tuple(f"{n}:1" for n in reversed(names)))
    assert forward == backward


def test_a_derived_policy_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".x07/policies").mkdir(parents=True)
    (tmp_path / ".x07/policies/_generated").write_text("a file")
    with pytest.raises(X07Error, match="cannot write"):
        derive(tmp_path, networked(), **OVERRIDES)
    assert sorted(path.name for path in (tmp_path / ".x07/policies").iterdir()) == [
        "_generated",
        "base",
    ]


@settings(deadline=None)
@given(
    st.lists(st.text(max_size=12) | st.text(alphabet="a1.:,*[]/- ", max_size=12), max_size=3),
    st.lists(st.text(alphabet="a1.:,*[]/- #\n", max_size=12), max_size=3),
    st.lists(st.text(max_size=4), max_size=2),
)
def test_any_overrides(
    tmp_path_factory: pytest.TempPathFactory, allow: list[str], deny: list[str], roots: list[str]
) -> None:
    root = tmp_path_factory.mktemp("any")
    try:
        result = derive(
            root,
            networked(("a", [1])),
            allow_hosts=tuple(allow),
            deny_hosts=tuple(deny),
            allow_read_roots=tuple(roots),
        )
    except UsageError:
        assert not (root / ".x07/policies/_generated").exists()
    else:
        assert result.policy.policy_id.startswith("sandbox.http-client.base")
