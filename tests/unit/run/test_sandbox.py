"""What a sandboxed program sees, what limits it, and what it tells."""

import json
from pathlib import Path

import pytest

from x07bundle.contract.granted_variables import granted_variables
from x07bundle.contract.policy import Env, Policy
from x07bundle.contract.policy_environment import pairs
from x07bundle.contract.policy_reading import read
from x07bundle.files import json_pretty_sorted, sha256_bytes
from x07bundle.lang.check.worlds import FOREIGN, UNSAFE
from x07bundle.lang.diagnostics import Diagnostic
from x07bundle.lang.options import Options
from x07bundle.policy.templates import base_policy
from x07bundle.process import Finished
from x07bundle.run.job import Job
from x07bundle.run.limits import RunLimits
from x07bundle.run.report import vm_failure
from x07bundle.run.sandbox import (
    Origin,
    Sandbox,
    child_environment,
    confined,
    report_members,
)
from x07bundle.run.target import Target
from x07bundle.run.told import denials, layers, limit
from x07bundle.run.traps import explain
from x07bundle.run.verdict import judge

HOST = {
    "PATH": "/bin", "HOME": "/home/a", "TOKEN": "secret", "LD_PRELOAD": "/evil.so",
    "X07_OS_FS": "1", "X07_WORLD": "run-os", "X07_OS_FS_READ_ROOTS": "/", "EMPTY": "",
}  # fmt: skip


@pytest.fixture
def policy() -> Policy:
    return read(base_policy("cli", None), "cli").policy


def env(*allow: str, deny: tuple[str, ...] = (), enabled: bool = True) -> Env:
    return Env(enabled, allow, deny)


def test_nothing_of_the_caller_reaches_the_program(policy: Policy) -> None:
    seen = child_environment(Sandbox("os", policy), HOST)
    assert {name: seen.get(name) for name, _ in pairs(policy)} == dict(pairs(policy))
    assert all(name.startswith(("X07_OS_", "X07_WORLD")) for name in seen)
    assert seen["X07_OS_FS_READ_ROOTS"] == "."


def test_who_has_the_network_has_the_certificates_that_are_named(policy: Policy) -> None:
    host = {**HOST, "X07_CA_FILE": "ca.pem"}
    assert "X07_CA_FILE" not in child_environment(Sandbox("os", policy), host)
    networked = read(base_policy("http-client", None), "http-client").policy
    assert child_environment(Sandbox("os", networked), host)["X07_CA_FILE"] == "ca.pem"


def test_limits_and_layers_are_told(policy: Policy) -> None:
    seen = child_environment(Sandbox("os", policy, ("landlock", "seccomp")), {})
    assert seen["X07_OS_LIMITS_CPU_MS"] == "60000"
    assert seen["X07_OS_LIMITS_CORE_DUMPS"] == "0"
    assert seen["X07_OS_LAYERS"] == "no_new_privs,capabilities,landlock,seccomp,rlimits"
    assert seen["X07_OS_REQUIRE_LAYERS"] == "landlock,seccomp"
    assert child_environment(Sandbox("none", policy), {})["X07_OS_LAYERS"] == "rlimits"


def test_variables_that_the_policy_names() -> None:
    assert granted_variables(env("HOME", "EMPTY", "ABSENT"), HOST) == {
        "HOME": "/home/a",
        "EMPTY": "",
    }
    assert granted_variables(env("HOME", "TOKEN", deny=("TOKEN",)), HOST) == {"HOME": "/home/a"}
    assert granted_variables(env("HOME", enabled=False), HOST) == {}
    assert granted_variables(env("home", "LD_PRELOAD", "X07_OS_FS"), HOST) == {}


def job(cpu_seconds: int = 0) -> Job:
    limits = RunLimits(cpu_time_limit_seconds=cpu_seconds)
    return Job(Target("program", Path("p")), "run-os-sandboxed", Options(), limits)


def test_the_policy_says_what_the_language_is(policy: Policy) -> None:
    options = confined(job(), Sandbox("os", policy)).options
    assert (options.allow_unsafe, options.allow_ffi) == (False, False)
    wider = policy._replace(language=policy.language._replace(allow_unsafe=True))
    options = confined(job(), Sandbox("os", wider)).options
    assert (options.allow_unsafe, options.allow_ffi) == (True, False)


def test_the_lower_limit_holds(policy: Policy) -> None:
    limits = confined(job(), Sandbox("os", policy)).limits
    assert (limits.wall_ms, limits.cpu_seconds) == (120_000, 61)
    limits = confined(job(2), Sandbox("os", policy)).limits
    assert (limits.wall_ms, limits.cpu_seconds) == (3000, 2)
    assert confined(job(9000), Sandbox("os", policy)).limits.wall_ms == 120_000


def test_limits_are_reported_by_their_field(policy: Policy) -> None:
    limits = RunLimits(cpu_time_limit_seconds=0, policy=policy.limits)
    met = Finished(124, None, b"", b"limit exceeded: limits.cpu_ms=60000\n", False, False, False)
    solve = judge(met, limits)
    assert solve.trap == "limit exceeded: limits.cpu_ms=60000"
    assert solve.trap_help == "`limits.cpu_ms` of the policy, 60000, was hit; raise it there"
    said = b"limit exceeded: limits.mem_bytes=1048576\n  in f\nout of memory ptr=/a\n"
    solve = judge(Finished(132, None, b"", said, False, False, False), limits)
    assert solve.trap_help == "`limits.mem_bytes` of the policy, 1048576, was hit; raise it there"
    late = judge(Finished(137, 9, b"", b"", False, False, True), limits)
    assert late.trap_help == "`limits.wall_ms` of the policy, 120000, was hit; raise it there"


def test_denials_are_collected_where_it_is_told_to(policy: Policy) -> None:
    usual, collecting = Sandbox("os", policy), Sandbox("os", policy, collects=True)
    assert "X07_OS_DENIALS" not in child_environment(usual, {"X07_OS_DENIALS": "stderr"})
    assert child_environment(collecting, {})["X07_OS_DENIALS"] == "collect"
    assert report_members(collecting, None)["policy_denials_collected"] is True
    assert confined(job(), collecting).limits.stderr_cap_bytes > job().limits.stderr_cap_bytes


def test_what_the_compiler_denied(policy: Policy) -> None:
    found = [
        Diagnostic(FOREIGN, "x", module_id="b"),
        *(Diagnostic(UNSAFE, "x", module_id=name) for name in ("b", "a", "b")),
        Diagnostic("X07-TYPE-0001", "x", module_id="a"),
    ]
    told = report_members(Sandbox("os", policy), None, found)["policy_denials"]
    assert [tuple(one.values()) for one in told] == [
        ("language.ffi", "b", "language.allow_ffi", "set language.allow_ffi to true"),
        ("language.unsafe", "a", "language.allow_unsafe", "set language.allow_unsafe to true"),
        ("language.unsafe", "b", "language.allow_unsafe", "set language.allow_unsafe to true"),
    ]


def test_where_the_policy_comes_from(policy: Policy) -> None:
    origin = Origin(Path("/a/base"), b"base", Path("/a/derived"), b"derived")
    assert report_members(Sandbox("os", policy, origin=origin), None)["sandbox_policy"] == {
        "base": "/a/base",
        "base_sha256": sha256_bytes(b"base"),
        "effective": "/a/derived",
        "effective_sha256": sha256_bytes(b"derived"),
    }


DENIAL = {"operation": "os.fs.stat_v1", "target": "a", "field": "fs.read_roots", "grant": "add"}


def test_what_a_program_tells() -> None:
    layer = {"landlock": {"in_force": True, "detail": "abi 7"}, "evil": {"in_force": True}}
    forged = DENIAL | {"field": "language.allow_ffi", "grant": "set language.allow_ffi to true"}
    line = json.dumps({"policy_denials": [DENIAL, forged], "sandbox_layers": layer}).encode()
    assert denials(b"text\n" + line + b"\nmore\n") == [DENIAL]
    assert layers(line) == {"landlock": {"in_force": True, "detail": "abi 7"}}


def test_many_denials_are_reported() -> None:
    many = [DENIAL | {"target": str(number)} for number in range(5000)]
    told = denials(json.dumps({"policy_denials": many}).encode())
    assert told == many[:4096]


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"[]", b'{"policy_denials": 1, "sandbox_layers": []}',
        b'{"policy_denials": [1, {}, {"operation": 1}], "sandbox_layers": {"landlock": 1}}',
        b'{"limit_exceeded": 1}', b'{"limit_exceeded": {"field": 1, "value": true}}',
        b"policy_denials", b'{"policy_denials":' + b"[" * 100_000, b"\xff{policy_denials",
    ],
)  # fmt: skip
def test_what_has_no_shape_is_left_out(line: bytes) -> None:
    assert (denials(line), layers(line), limit(line)) == ([], {}, None)


def test_a_limit_that_ended_a_program_before_it_could_tell() -> None:
    said = b"x\nlimit exceeded: limits.mem_bytes=1048576\nlimit exceeded: limits.fds=3\n"
    assert limit(said) == {"field": "limits.mem_bytes", "value": 1048576}
    told = b'{"limit_exceeded": {"field": "limits.fds", "value": 3}}'
    assert limit(said + told) == {"field": "limits.fds", "value": 3}
    assert limit(said + b'{"limit_exceeded": null}') is None
    assert limit(b"a limit exceeded: limits.fds=3") is None


def test_the_lower_of_two_limits_is_the_one_that_is_told(policy: Policy) -> None:
    wide = policy._replace(limits=policy.limits._replace(cpu_ms=9000, wall_ms=9000))
    of_options = RunLimits(cpu_time_limit_seconds=2)
    asked = confined(job()._replace(limits=of_options), Sandbox("os", wide))
    assert asked.sandbox is not None
    seen = child_environment(asked.sandbox, {})
    assert (seen["X07_OS_LIMITS_CPU_MS"], seen["X07_OS_LIMITS_WALL_MS"]) == ("2000", "3000")
    met = b"limit exceeded: limits.wall_ms=3000\n"
    told = report_members(asked.sandbox, met, limits=asked.limits)["limit_exceeded"]
    assert told == {"field": "cpu_time_limit_seconds", "value": 2}
    assert "`--cpu-time-limit-seconds`" in (explain("limit exceeded", asked.limits, met) or "")


def test_an_option_above_the_policy_changes_nothing(policy: Policy) -> None:
    narrow = policy._replace(limits=policy.limits._replace(cpu_ms=1500, wall_ms=1500))
    asked = confined(job()._replace(limits=RunLimits()), Sandbox("os", narrow))
    assert asked.sandbox is not None
    assert asked.sandbox.policy == narrow
    met = b"limit exceeded: limits.cpu_ms=1500\n"
    told = report_members(asked.sandbox, met, limits=asked.limits)["limit_exceeded"]
    assert told == {"field": "limits.cpu_ms", "value": 1500}
    assert "of the policy" in (explain("limit exceeded", asked.limits, met) or "")


SANDBOXED_MEMBERS = """\
{
  "limit_exceeded": {
    "field": "limits.fds",
    "value": 9
  },
  "policy_denials": [
    {
      "field": "fs.read_roots",
      "grant": "add",
      "operation": "os.fs.stat_v1",
      "target": "a"
    }
  ],
  "policy_denials_collected": false,
  "sandbox_backend": "os",
  "sandbox_layers": {
    "landlock": {
      "detail": "abi 7",
      "in_force": true
    },
    "seccomp": {
      "detail": "no filter",
      "in_force": false
    }
  },
  "sandbox_policy": null
}
"""

VM_FAILURE = """\
{
  "compile": {
    "c_source_size": 0,
    "compile_error": "no VM",
    "compiled_exe": null,
    "compiled_exe_size": null,
    "exit_status": 1,
    "fuel_used": null,
    "lang_id": "",
    "native_requires": {
      "requires": [],
      "schema_version": "x07.native-requires@0.1.0",
      "world": "run-os-sandboxed"
    },
    "ok": false,
    "stderr_b64": "bm8gVk0=",
    "stdout_b64": "",
    "trap": "vm backend failure: no VM"
  },
  "exit_code": 1,
  "limit_exceeded": null,
  "mode": "compile-run",
  "policy_denials": [],
  "policy_denials_collected": false,
  "sandbox_backend": "vm",
  "sandbox_layers": {},
  "sandbox_policy": null,
  "schema_version": "x07-os-runner.report@0.5.0",
  "solve": null,
  "solve_output_b64": "",
  "world": "run-os-sandboxed"
}
"""


def test_what_a_report_has_besides(policy: Policy) -> None:
    told = {
        "limit_exceeded": {"field": "limits.fds", "value": 9, "more": 1},
        "policy_denials": [DENIAL],
        "sandbox_layers": {
            "landlock": {"in_force": True, "detail": "abi 7"},
            "seccomp": {"in_force": False, "detail": "no filter"},
        },
    }
    members = report_members(Sandbox("os", policy), json.dumps(told).encode())
    assert json_pretty_sorted(members).decode() == SANDBOXED_MEMBERS
    nothing_ran = report_members(Sandbox("none", policy), None)
    assert nothing_ran == {
        "limit_exceeded": None,
        "policy_denials": [],
        "policy_denials_collected": False,
        "sandbox_backend": "none",
        "sandbox_layers": {},
        "sandbox_policy": None,
    }


def test_the_report_where_there_is_no_vm() -> None:
    document = vm_failure(Target("program", Path("p")), "run-os-sandboxed", "no VM")
    assert json_pretty_sorted(document).decode() == VM_FAILURE
