"""Denials that nothing is suggested for, and reports that lie."""

import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.contract.policies import policy
from tests.unit.policy.suggestions import entry, host, of, off, over, refused
from x07bundle.policy import refusals
from x07bundle.policy.grant_words import WORDS
from x07bundle.policy.suggestion import Denial
from x07bundle.policy.templates import NAMES as TEMPLATES
from x07bundle.run.compile_denials import BY_CODE

ROOT: Final = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("denial", "why"),
    [
        (Denial("os.x", ".a", "fs.deny_hidden", "set fs.deny_hidden to false"), "hidden file"),
        (off("fs.allow_symlinks", "a"), "without links"),
        (Denial("os.x", "A", "env.deny_keys", 'remove "A" from env.deny_keys'), "by name"),
        (entry("fs.write_roots", "/a", "/"), "whole file system"),
        (entry("fs.read_roots", "/", "/"), "whole file system"),
        (entry("process.allow_cwd_roots", "../a"), "without `..`"),
        (entry("process.allow_env_keys", "LD_PRELOAD"), "load code"),
        (entry("process.allow_execs", "a;b"), "must not contain `;`"),
        (entry("env.allow_keys", "a=b"), "`=`"),
        (over("process.max_runtime_ms", 600_001), "an integer in 0..600000"),
        (over("fs.max_read_bytes", 2**32), "4294967295"),
        (host("169.254.169.254", 80), "metadata services"),
        (host("::ffff:169.254.169.254", 80), "metadata services"),
        (host("fd00:ec2::254", 80), "metadata services"),
        (host("0.0.0.0", 80), "all of this machine"),
        (host("*.example.com", 80), "wildcard"),
        (host("a.example", 65_536), "65535"),
        (off("fs.no_such_field"), "no denial asks"),
        (off("no_such_section.field"), "no denial asks"),
        (off("policy_id"), "no denial asks"),
        (over("limits.cpu_ms", 600_000), "no denial asks"),
        (off("language.no_such_field"), "no denial asks"),
        (entry("process.allow_exec_prefixes", "/"), "no denial asks"),
        (Denial("os.x", "", "fs.enabled", "set fs.enabled to false"), "less"),
        (Denial("os.x", "", "process.kill_tree", "set process.kill_tree to false"), "no denial"),
    ],
)
def test_left_to_people(denial: Denial, why: str) -> None:
    base = policy("http-client", net__allow_hosts=[])
    assert why in refused(base, denial)


@pytest.mark.parametrize(
    "denial",
    [
        entry("fs.enabled", "a"), over("fs.enabled", 1), over("env.allow_keys", 1),
        off("env.allow_keys"), host("a", 1)._replace(grant='add "a" to net.allow_hosts'),
        host("a", 1)._replace(grant='add {"host":"a","ports":[1]} to fs.read_roots'),
        off("fs.max_depth"), over("policy_id.x", 1),
    ],
)  # fmt: skip
def test_reports_that_lie_about_fields(denial: Denial) -> None:
    """A program writes what it likes to the place where its denials are told."""
    assert refused(policy("http-client"), denial)


def test_what_is_left_does_not_keep_from_the_rest() -> None:
    hidden = Denial("os.x", ".a", "fs.deny_hidden", "set fs.deny_hidden to false")
    found = of(policy("cli"), hidden, entry("fs.write_roots", "tmp/a", "tmp"), off("bad.field"))
    assert [step.operation.value for step in found.steps] == ["tmp"]
    assert [one.denial.field for one in found.refused] == ["fs.deny_hidden", "bad.field"]


def test_addresses_that_need_a_decision_are_those_of_the_runtime() -> None:
    source = (ROOT / "stubs/runtime/src/policy_net.c").read_text()
    [listed] = re.findall(r"needs_own_entry\[\] = \{(.*?)\}", source, re.DOTALL)
    assert set(re.findall(r'"([^"]+)"', listed)) == set(refusals.SPECIAL)


LEFT_TO_PEOPLE: Final = {
    *("env.deny_keys", "fs.allow_symlinks", "fs.deny_hidden", "process.allow_exec_prefixes"),
}


FIELD: Final = r'"((?:fs|env|time|process|threads|net)\.[a-z_]+)"'


def test_fields_are_those_that_the_runtime_or_the_compiler_names() -> None:
    """So that no report talks anyone into another one, and none of them is forgotten."""
    other = re.compile(r"confine.*|denial\.c|policy_table\.c")
    named: set[str] = set()
    for path in (ROOT / "stubs/runtime/src").glob("*.c"):
        if not other.fullmatch(path.name):
            found = re.findall(
                r'"((?:fs|env|time|process|threads|net)\.[a-z_]+)"', path.read_text()
            )
            named.update(found)
    written = {way.field for way in BY_CODE.values()}
    assert set(WORDS) == named - LEFT_TO_PEOPLE | written


# -- whatever a report says

FIELDS: Final = (
    *sorted(WORDS),
    "fs.deny_hidden",
    "limits.cpu_ms",
    "process",
    "x.y",
    "net.enabled.x",
)
NAMES: Final = (
    "a",
    "a/b",
    "/a",
    "/",
    ".",
    "..",
    "",
    "A=b",
    "a;b",
    "x" * 300,
    "::1",
    "10.0.0.1",
    "*",
)


@st.composite
def any_denials(draw: st.DrawFn) -> Denial:
    """Also what no program of ours tells."""
    field, name = draw(st.sampled_from(FIELDS)), draw(st.sampled_from(NAMES))
    number = draw(st.sampled_from((0, 1, 80, 4096, 65_536, 600_001, 2**32, 10**19)))
    grant = draw(
        st.sampled_from(
            (
                *(f"set {field} to true", f"set {field} to false", f"raise {field} to {number}"),
                *(f'add "{name}" to {field}', f'remove "{name}" from {field}', "none; x", name),
                f'add {{"host":"{name}","ports":[{number}]}} to {field}',
            )
        )
    )
    return Denial("os.x", draw(st.sampled_from(NAMES)), field, grant)


@settings(deadline=None)
@given(st.lists(any_denials(), max_size=12), st.sampled_from(TEMPLATES))
def test_any_denials(denials: list[Denial], template: str) -> None:
    """The patch is good; suggesting again from what it gives changes nothing."""
    found = of(policy(template), *denials)
    again = of(found.document, *denials)
    assert again.steps == ()
    assert {one.denial for one in again.refused} <= {one.denial for one in found.refused}
