"""What a sandboxed bundle's `main` carries, and that other bundles do not pay for it."""

import subprocess
import sys
from pathlib import Path

from x07bundle.bundle.sandbox import main_values, report_json
from x07bundle.contract.policy import Policy
from x07bundle.contract.policy_environment import pairs
from x07bundle.contract.policy_reading import read
from x07bundle.policy.choice import Choice
from x07bundle.policy.overrides import Effective
from x07bundle.policy.templates import base_policy

CHECKOUT = Path(__file__).resolve().parents[3]
BASE = read(base_policy("cli", None), "cli").policy


def choice(policy: Policy = BASE, layers: tuple[str, ...] = ()) -> Choice:
    used = Effective(policy, Path("used.json"), derived=True, data=b"", base_data=b"")
    return Choice("os", layers, Path("base.json"), used)


def test_limits_and_layers() -> None:
    values = main_values(choice(layers=("landlock", "seccomp")))
    assert values["cpu_ms"] == "60000u"
    assert values["core_dumps"] == "0u"
    assert (values["layers"], values["required_layers"]) == ("31u", "12u")
    assert main_values(choice()._replace(backend="none"))["layers"] == "16u"


def test_every_variable_is_carried_once() -> None:
    lines = main_values(choice())["policy_pairs"].splitlines()
    assert len(lines) == len(pairs(BASE)) == 80
    assert lines[0] == '{"X07_WORLD", "run-os-sandboxed"},'
    assert lines[-1].strip() == '{"X07_OS_NET_ALLOW_HOSTS", ""},'


def test_text_of_a_policy_stays_text() -> None:
    """Quotes, escapes and trigraphs would end the literal."""
    roots = ('a"};exit(0);//', "b\\", "c??/", "\n", "…")
    policy = BASE._replace(fs=BASE.fs._replace(read_roots=roots))
    [line] = [
        line
        for line in main_values(choice(policy))["policy_pairs"].splitlines()
        if "READ_R" in line
    ]
    literal = line.split(", ")[1].removesuffix("},")
    assert literal.count('"') == 2
    assert not set(literal) & set("?;{}()\n")
    assert literal.isascii()


def test_the_report() -> None:
    report = report_json(choice())
    assert (report["base_policy"], report["effective_policy"]) == ("base.json", "used.json")
    assert report["embedded_env_keys"] == [name for name, _ in pairs(BASE)]


def test_plain_bundles_import_nothing_of_it() -> None:
    code = "import sys, x07bundle.cli.bundle; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    known = ("x07bundle.policy", "x07bundle.contract.policy", "x07bundle.contract.consent")
    assert [name for name in done.stdout.split() if name.startswith(known)] == []
