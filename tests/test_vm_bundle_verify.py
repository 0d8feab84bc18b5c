"""What `x07 verify` and `x07 doctor` say of a bundle that does not start: all that is wrong, in
their documents, also where the manifest or the policy cannot be used.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from tests.program_build import ROOT
from tests.test_vm_bundle_tampering import finish_again, key_pair
from tests.unit.cli.commands import x07
from tests.vm_bundles import Bench, MakeBench
from x07bundle.bundle.sidecar import Signer, folder_of

AGAIN: Final = "get the bundle again, or make it again with `x07 bundle`"


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench(signer=Signer(*key_pair("ed25519")))


def looked(bench: Bench, mode: str, status: int) -> Any:  # noqa: ANN401
    """The document, which fits its schema."""
    done = x07(mode, "--json", str(bench.app), folder=bench.folder, variables=bench.env())
    assert (done.returncode, done.stderr) == (status, "")
    document = json.loads(done.stdout)
    schema = ROOT / f"x07bundle/schemas/x07.bundle.{mode}@0.1.0.schema.json"
    jsonschema.validate(document, json.loads(schema.read_bytes()))
    return document


def problems(bench: Bench) -> dict[str, str]:
    found = looked(bench, "verify", 125)
    assert not found["ok"]
    return {fault["path"]: fault["problem"] for fault in found["problems"]}


def said(bench: Bench) -> list[str]:
    """The lines for people: each fault, and a hint at the end."""
    done = x07("verify", str(bench.app), folder=bench.folder)
    assert (done.returncode, done.stderr) == (125, "")
    first, *lines, hint = done.stdout.splitlines()
    assert first == f"refused: {bench.app}"
    assert len(lines) == len(problems(bench))
    assert hint.startswith("hint: ")
    return [*lines, hint]


def integrity(bench: Bench, status: int = 125) -> Any:  # noqa: ANN401
    first, *_ = looked(bench, "doctor", status)["checks"]
    assert (first["name"], first["ok"]) == ("integrity", False)
    return first


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("change", [grow, Path.unlink])
@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.sig", "policy.json"])
def test_what_is_read_does_not_hide_the_rest(
    bench: Bench, name: str, change: Callable[[Path], None]
) -> None:
    folder = folder_of(bench.app)
    (folder / "payload").write_bytes(b"other")
    (folder / "extra").touch()
    change(folder / name)
    assert list(problems(bench)) == sorted(["extra", "payload", name])
    lines = said(bench)
    assert all(any(f"{folder / each} " in line for line in lines) for each in ("payload", name))
    assert lines[-1] == f"hint: {AGAIN}"
    check = integrity(bench)
    assert all(f"app.vm/{each} " in check["detail"] for each in ("extra", "payload", name))
    assert check["fix"] == AGAIN
    assert len(looked(bench, "doctor", 125)["checks"]) == 1


def test_files_that_contradict_each_other(make_bench: MakeBench) -> None:
    """Each has its digest."""
    bench = make_bench()
    finish_again(bench, lambda document: document["limits"].update(wall_ms=599_999))
    assert problems(bench) == {"policy.json": "and the manifest name different limits"}
    finish_again(bench, lambda document: document.update(backend=7))
    assert problems(bench) == {"manifest.json": "is no valid manifest"}


def test_doctor_goes_on_where_it_can(bench: Bench) -> None:
    (folder_of(bench.app) / "payload").write_bytes(b"other")
    assert "app.vm/payload is not what" in integrity(bench)["detail"]
    assert len(looked(bench, "doctor", 125)["checks"]) > 1


def test_a_folder_that_is_a_link(bench: Bench, tmp_path: Path) -> None:
    folder = folder_of(bench.app)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert problems(bench) == {".": "is a link"}
    lines = said(bench)
    assert lines[0] == f"  {folder} is a link"
    assert "move and rename both" in lines[-1]
    assert integrity(bench)["detail"] == "app.vm is a link"
    assert bench.start().returncode == 125


def test_a_folder_that_is_missing(bench: Bench, tmp_path: Path) -> None:
    folder_of(bench.app).rename(tmp_path / "elsewhere")
    assert problems(bench) == {".": "is missing"}
    assert "move and rename both" in said(bench)[-1]
    assert integrity(bench)["detail"] == "app.vm is missing"


def test_a_launcher_that_cannot_be_executed(bench: Bench) -> None:
    (folder_of(bench.app) / "runtime/launcher").chmod(0o644)
    assert problems(bench) == {"runtime/launcher": "cannot be executed"}
    assert "`chmod +x`" in said(bench)[-1]
    check = integrity(bench, status=127)
    assert check["detail"] == "app.vm/runtime/launcher cannot be executed"
    assert "`chmod +x`" in check["fix"]
    assert bench.start().returncode == 127


def test_names_move_no_cursor(bench: Bench) -> None:
    (folder_of(bench.app) / "a\x1b[2J\nb").touch()
    assert any(
        line.endswith(r"a\x1b[2J\nb is not of this bundle: it was added") for line in said(bench)
    )
