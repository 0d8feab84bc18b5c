"""`x07 doctor` on this machine, as a process."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from tests.unit.cli.commands import CHECKOUT, x07
from tests.unit.doctor.benches import real_compiler, refuse, with_network_libraries
from tests.unit.doctor.golden import compare, one_check_a_line, plain
from tests.unit.native.stub_sources import needs_cc

SCHEMA: Final = CHECKOUT / "x07bundle/schemas/x07.doctor.report@0.1.0.schema.json"
CHECKS: Final = [
    "c_compiler",
    "static_linking",
    "net_deps_curl_openssl",
    "landlock",
    "seccomp",
    "openat2",
    "user_namespaces",
    "kvm",
    "vm",
    "vm.firecracker-ctr",
    "vm.qemu",
    "vm.apple-container",
    "vm.vz",
    "vm.podman",
    "vm.docker",
]


def variables(folder: Path, **more: str) -> dict[str, str]:
    """Programs are those of `folder`/bin alone."""
    (folder / "bin").mkdir(exist_ok=True)
    return {"PATH": str(folder / "bin"), "X07_CACHE_DIR": str(folder / "cache"), **more}


def reported(folder: Path, *words: str, env: dict[str, str] | None = None) -> tuple[int, Any]:
    ran = x07("doctor", "--json", *words, folder=folder, variables=env or variables(folder))
    assert ran.stderr == ""
    assert ran.stdout.count("\n") == 1
    document = json.loads(ran.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["ok"] == (ran.returncode == 0)
    return ran.returncode, document


def check(document: Any, name: str) -> Any:  # noqa: ANN401  it is JSON
    return next(one for one in document["checks"] if one["name"] == name)


@needs_cc
def test_this_machine(tmp_path: Path) -> None:
    env = {"X07_CACHE_DIR": str(tmp_path / "cache")}
    code, document = reported(tmp_path, env=env)
    assert code == 0
    assert [one["name"] for one in document["checks"]] == CHECKS
    assert [one["name"] for one in document["checks"] if one["needed"]] == ["c_compiler"]
    assert document["project"] is None


@needs_cc
@pytest.mark.skipif(sys.platform != "linux", reason="the text of Linux")
def test_golden_of_this_machine(tmp_path: Path) -> None:
    real_compiler(tmp_path, before=with_network_libraries(tmp_path))
    real_compiler(tmp_path, "musl-gcc", 'test "$5" = -static && set -- program.c -o program')
    env = variables(tmp_path)
    ran = x07("doctor", folder=tmp_path, variables=env)
    assert (ran.returncode, ran.stderr) == (0, "")
    compare("this_machine.txt", plain(anywhere(ran.stdout), tmp_path))
    ran = x07("doctor", "--json", folder=tmp_path, variables=env)
    assert (ran.returncode, ran.stderr) == (0, "")
    document = one_check_a_line(ran.stdout.encode())
    compare("this_machine.json", plain(anywhere(document), tmp_path))


def anywhere(text: str) -> str:
    """Without the names of system, processor and distribution, and what depends on them."""
    text = text.replace(f"qemu-system-{os.uname().machine}", "qemu-system-ARCH")
    for pattern, stand_in in (
        (r"^linux [^;]*;", "PLATFORM;"),
        (r'"platform":\{[^}]*\}', '"platform":PLATFORM'),
        (r"\n +fix: .*", ""),
        (r',"fix":"[^"]*"', ""),
        (r'"suggestions":\[.*\]', '"suggestions":COMMANDS'),
        (r"\n.*\b(kvm|user_namespaces)\b.*", r"\n\1 WHATEVER"),
    ):
        text = re.sub(pattern, stand_in, text)
    return text


def test_nothing_on_path(tmp_path: Path) -> None:
    code, document = reported(tmp_path, env=variables(tmp_path, X07_CC="nothing"))
    assert code == 1
    assert document["suggestions"][0] == "unset X07_CC"
    absent = "net_deps_curl_openssl"
    assert [one["name"] for one in document["checks"]] == [x for x in CHECKS if x != absent]
    usable = [one["name"] for one in document["checks"] if one["ok"]]
    assert not [name for name in usable if name.startswith("vm")]


@needs_cc
def test_the_project_at_hand(tmp_path: Path) -> None:
    real_compiler(tmp_path, before=refuse("-static", "cannot find -lc"))
    project = tmp_path / "demo"
    env = variables(tmp_path)
    assert x07("init", str(project), folder=tmp_path, variables=env).returncode == 0
    below = project / "src"
    code, document = reported(below, env=env)
    assert (code, document["project"], document["profile"]) == (0, str(project / "x07.json"), "os")
    code, document = reported(project, "--profile", "sandbox", env=env)
    assert (code, document["project"], document["profile"]) == (1, "x07.json", "sandbox")
    assert [one["name"] for one in document["checks"] if one["needed"] and not one["ok"]] == ["vm"]
    accepted = {**env, "X07_SANDBOX_BACKEND": "os", "X07_I_ACCEPT_WEAKER_ISOLATION": "1"}
    assert reported(project, "--profile", "sandbox", env=accepted)[0] == 0
    manifest = json.loads((project / "x07.json").read_text())
    (project / "x07.json").write_text(json.dumps({**manifest, "link": {"static": True}}))
    code, document = reported(tmp_path, "--project", "demo", env=env)
    assert (code, document["project"]) == (1, "demo/x07.json")
    assert check(document, "static_linking")["needed"]


@needs_cc
def test_a_broken_project_is_a_finding(tmp_path: Path) -> None:
    real_compiler(tmp_path)
    (tmp_path / "x07.json").write_text("{")
    code, document = reported(tmp_path)
    assert code == 1
    found = document["checks"][0]
    assert (found["name"], found["ok"], found["needed"]) == ("project", False, True)
    assert "\n" not in found["detail"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--project", "nowhere"), "error: no project at `nowhere`\n"),
        (("--profile", "x"), "error: no profile `x`: there is no project with profiles\n"),
        (("--nonsense",), "error: no such option `--nonsense`\n"),
    ],
)
def test_wrong_options(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    ran = x07("doctor", *words, folder=tmp_path, variables=variables(tmp_path))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(said)


@needs_cc
def test_the_machine_is_left_as_it_was(tmp_path: Path) -> None:
    real_compiler(tmp_path)
    folder = tmp_path / "here"
    folder.mkdir()
    reported(folder, env=variables(tmp_path, TMPDIR=str(folder)))
    assert list(folder.iterdir()) == []
