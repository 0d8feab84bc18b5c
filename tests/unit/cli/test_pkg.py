"""`x07 pkg` with the index that comes with the tool: reports, words, exit codes."""

import json
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.commands import x07
from tests.unit.project.packages.sources import IndexFolder, module, write_package
from x07bundle.files import sha256_file
from x07bundle.project.packages import tar

EXT_FS = ".x07/deps/ext-fs/0.1.6"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assert x07("init", "project", folder=tmp_path).returncode == 0
    return tmp_path / "project"


def files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def report(*arguments: str, folder: Path, code: int = 0, **variables: str) -> dict[str, Any]:
    """The report of a subcommand, which is one line."""
    done = x07("pkg", *arguments, folder=folder, variables=variables)
    assert done.returncode == code, done.stderr
    assert done.stdout.count("\n") == 1
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["command"] == f"pkg.{arguments[0]}"
    assert document["ok"] is (code == 0)
    return document


def error(*arguments: str, folder: Path, **variables: str) -> tuple[str, str]:
    """The code of a failure, and what people are told."""
    done = x07("pkg", *arguments, folder=folder, variables=variables)
    assert (done.returncode, done.stdout.count("\n")) == (20, 1), done.stderr
    document = json.loads(done.stdout)
    assert list(document) == ["ok", "command", "error"]
    assert list(document["error"]) == ["code", "message"]
    assert done.stderr.startswith(f"error: {document['error']['message']}")
    return document["error"]["code"], done.stderr


def test_add(project: Path) -> None:
    result = report("add", "ext-fs@0.1.6", "--sync", folder=project)["result"]
    members = ["project", "name", "version", "path", "lock", "transitive_added"]
    assert list(result) == members
    assert result["path"] == EXT_FS
    assert result["lock"]["fetched"] == []
    assert (project / EXT_FS / "modules/std/os/fs.x07.json").is_file()
    first = files(project)
    report("add", "ext-fs@0.1.6", "--sync", folder=project)
    report("lock", folder=project)
    assert files(project) == first
    report("lock", "--check", "--offline", folder=project)
    assert files(project) == first


def test_add_without_sync(project: Path) -> None:
    lock = (project / "x07.lock.json").read_bytes()
    done = x07("pkg", "add", "ext-fs", folder=project)
    assert json.loads(done.stdout)["result"]["version"] == "0.1.6"
    assert "hint: `x07 pkg lock`" in done.stderr
    assert (project / "x07.lock.json").read_bytes() == lock
    assert not (project / ".x07").exists()
    result = report("add", "ext-fs", "--with-closure", folder=project)["result"]
    assert result["transitive_added"] == []
    assert (project / EXT_FS).is_dir()


def test_from_a_folder_below(project: Path) -> None:
    report("add", "ext-fs", "--sync", folder=project / "src")
    assert (project / EXT_FS).is_dir()
    assert report("tree", folder=project / "src")["result"]["dependencies"][0]["is_there"]


def test_failures_of_add(project: Path) -> None:
    before = files(project)
    assert error("add", "Ext", folder=project)[0] == "X07PKG_SPEC_INVALID"
    code, told = error("add", "ext-fs@9.9.9", "--sync", folder=project)
    assert code == "X07PKG_INDEX_NO_MATCH"
    assert "hint: `x07 pkg versions ext-fs`" in told
    assert "hint: did you mean `ext-net`?" in error("add", "ext-nte", folder=project)[1]
    assert "hint: `x07 pkg list`" in error("add", "ext-fs@>=9.0.0", folder=project)[1]
    code, told = error("add", "nothing", folder=project)
    assert (code, "hint: `x07 pkg list`" in told) == ("X07PKG_INDEX_NO_MATCH", True)
    assert error("add", "a", "--index", "x", folder=project)[0] == "X07PKG_INDEX_CONFIG"
    assert files(project) == before
    report("add", "ext-fs@0.1.5", folder=project)
    assert error("add", "ext-fs@0.1.6", folder=project)[0] == "X07PKG_DEP_EXISTS"


def test_remove(project: Path) -> None:
    report("add", "ext-fs", "--sync", folder=project)
    result = report("remove", "ext-fs", "--sync", folder=project)["result"]
    assert list(result) == ["project", "name", "removed", "lock"]
    assert json.loads((project / "x07.lock.json").read_bytes())["dependencies"] == []
    assert error("remove", "ext-fs", folder=project)[0] == "X07PKG_DEP_NOT_FOUND"


def test_lock_check(project: Path) -> None:
    report("add", "ext-fs", "--sync", folder=project)
    lock = (project / "x07.lock.json").read_text()
    (project / "x07.lock.json").write_text(lock.replace('"0.2.17"', '"0.2.18"'))
    code, told = error("lock", "--check", folder=project)
    assert (code, "`toolchain`" in told) == ("X07PKG_LOCK_MISMATCH", True)
    assert x07("check", folder=project).returncode == 0, "another toolchain's lock runs"
    (project / "x07.lock.json").unlink()
    assert error("lock", "--check", folder=project)[0] == "X07PKG_LOCK_MISSING"
    report("lock", "--lock-version", "0.3", folder=project)
    assert "x07.lock@0.3.0" in (project / "x07.lock.json").read_text()
    report("lock", "--check", folder=project)
    code, _ = error("lock", "--lock-version", "7", folder=project)
    assert code == "X07PKG_LOCK_VERSION_INVALID"


def test_questions(project: Path) -> None:
    listed = report("list", folder=project)["result"]["packages"]
    said = {one["name"]: one for one in listed}
    assert said["ext-fs"]["versions"] == ["0.1.5", "0.1.6"]
    assert all(one["description"] and one["license"] == "Apache-2.0" for one in listed)
    assert "  Files: whole" in x07("pkg", "list", folder=project).stderr
    versions = report("versions", "ext-fs", folder=project)["result"]["versions"]
    assert [one["version"] for one in versions] == ["0.1.5", "0.1.6"]
    info = report("info", "ext-fs@0.1.5", folder=project)["result"]
    assert (info["version"], info["modules"]) == ("0.1.5", ["std.os.fs", "std.os.fs.spec"])
    assert error("info", "ext-fs@9.0.0", folder=project)[0] == "X07PKG_INDEX_NO_MATCH"
    providers = report("provides", "std.os.fs", folder=project)["result"]["providers"]
    assert [(one["name"], one["source"]) for one in providers] == [("ext-fs", "tool")]
    assert error("provides", "no.such", folder=project)[0] == "X07PKG_DEP_NOT_FOUND"
    assert error("verify", "ext-fs", folder=project)[0] == "X07PKG_UNSIGNED"


def test_questions_without_a_project(tmp_path: Path) -> None:
    report("list", folder=tmp_path)
    report("info", "ext-fs", folder=tmp_path)
    report("provides", "std.os.fs", folder=tmp_path)
    for arguments in (("tree",), ("lock",), ("add", "a")):
        done = x07("pkg", *arguments, folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no project found" in done.stderr


def test_offline(project: Path) -> None:
    url = "https://index.example/"
    code, _ = error("versions", "a", "--offline", "--index", url, folder=project)
    assert code == "X07PKG_OFFLINE_INDEX"
    code, _ = error("versions", "a", "--refresh", folder=project, X07_OFFLINE="1")
    assert code == "X07PKG_OFFLINE_REFRESH"
    report("versions", "ext-fs", "--offline", folder=project)


def test_tree(project: Path, tmp_path: Path) -> None:
    index = IndexFolder(tmp_path / "served")
    index.add("a", "1.0.0", ["b@>=1.0.0"])
    index.add("b", "1.0.0", ["a@1.0.0", "c@1.0.0"])
    index.add("c", "1.0.0")
    report("add", "a", "--sync", "--index", index.url, folder=project)
    done = x07("pkg", "tree", folder=project)
    assert done.stderr.splitlines() == ["a@1.0.0", "  b@1.0.0", "    a@1.0.0", "    c@1.0.0"]
    shutil.rmtree(project / ".x07/deps/c")
    assert "c@1.0.0  (not there" in x07("pkg", "tree", folder=project).stderr


def test_pack(tmp_path: Path) -> None:
    folder = write_package(tmp_path / "a", "a", "1.0.0")
    out = tmp_path / "a.x07pkg"
    result = report("pack", "--package", "a", "--out", "a.x07pkg", folder=tmp_path)["result"]
    assert result == {
        "package_dir": "a",
        "out": "a.x07pkg",
        "sha256": sha256_file(out),
        "bytes": out.stat().st_size,
    }
    first = out.read_bytes()
    report("pack", "--out", "../a.x07pkg", folder=folder)
    assert out.read_bytes() == first
    assert error("pack", folder=folder)[0] == "X07PKG_PACK_OUT"
    assert error("pack", "--out", "a", folder=tmp_path)[0] == "X07PKG_PACK_FAILED"
    code, _ = error("pack", "--package", "a", "--out", "no/a", folder=tmp_path)
    assert code == "X07PKG_PACK_WRITE"


@pytest.mark.parametrize("member", ["description", "docs", "license", "meta"])
def test_packages_that_are_not_ready(tmp_path: Path, member: str) -> None:
    write_package(tmp_path / "a", "a", "1.0.0", **{member: None})
    code, told = error("pack", "--package", "a", "--out", "out", folder=tmp_path)
    assert code == "X07PKG_PACK_FAILED"
    assert member in told
    assert not (tmp_path / "out").exists()


def test_a_signature(tmp_path: Path) -> None:
    """An index that signs its entries with a key that it publishes, as `openssl` does it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is missing")

    def run(words: str) -> bytes:
        command = (openssl, *words.split())
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
        return done.stdout

    index = IndexFolder(tmp_path / "served")
    entry = index.add("a", "1.0.0")
    text = f"x07.pkg.sig.v1\nname=a\nversion=1.0.0\nsha256={entry['cksum']}\n"
    (tmp_path / "message").write_text(text)
    run("genpkey -algorithm ed25519 -out key.pem")
    public = run("pkey -in key.pem -pubout -outform DER")[-32:]
    signature = run("pkeyutl -sign -inkey key.pem -rawin -in message")
    keys = [{"id": "k1", "ed25519_pub": b64encode(public).decode()}]
    index.config(f"file://{index.folder}/dl", signing={"kind": "ed25519", "public_keys": keys})
    signed = {"kind": "ed25519", "key_id": "k1", "ed25519_sig": b64encode(signature).decode()}
    index.list("a", {**entry, "signature": signed})
    result = report("verify", "a", "--index", index.url, folder=tmp_path)["result"]
    assert (result["key_id"], result["cksum"]) == ("k1", entry["cksum"])
    index.publish(tar.write({"x07-package.json": b"{}"}), "a", "1.0.0", signature=signed)
    code, _ = error("verify", "a", "--index", index.url, folder=tmp_path)
    assert code == "X07PKG_SIGNATURE_INVALID"


def test_completion(tmp_path: Path) -> None:
    words = {"_X07_COMPLETE": "bash_complete", "COMP_WORDS": "x07 pkg add ext-f", "COMP_CWORD": "3"}
    assert x07(folder=tmp_path, variables=words).stdout.split() == ["plain,ext-fs"]


def test_texts_of_others_reach_no_terminal(tmp_path: Path) -> None:
    """Control characters of a description or of a name are shown, not sent."""
    index = IndexFolder(tmp_path / "served")
    entry = index.add("a", "1.0.0")
    index.list("a", {**entry, "version": "1\x1b[2J"})
    done = x07("pkg", "versions", "a", "--index", index.url, folder=tmp_path)
    assert "\x1b" not in done.stderr
    assert "\\x1b[2J" in done.stderr


def test_a_program_with_a_package(project: Path) -> None:
    """From a folder of its own: checked, run, bundled; and not when it was changed."""
    write_package(project / "packages/my-a", "my-a", "1.0.0")
    report("add", "my-a", "--path", "packages/my-a", "--sync", folder=project)
    app = project / "src/app.x07.json"
    document = json.loads(app.read_bytes())
    document["imports"] = ["my_a"]
    document["decls"][-1]["body"] = ["my_a.f", document["decls"][-1]["params"][0]["name"]]
    app.write_text(json.dumps(document))
    assert x07("check", folder=project).stdout == "no findings in 3 files\n"
    done = x07("run", "--input-b64", "aGk=", folder=project)
    assert json.loads(done.stdout)["solve"]["solve_output_b64"] == "aGk="
    assert x07("bundle", "--out", "dist/app", folder=project).returncode == 0
    changed = {**module("my_a"), "imports": ["std.bytes"]}
    (project / "packages/my-a/modules/my_a.x07.json").write_text(json.dumps(changed))
    for command in (("run",), ("bundle", "--out", "dist/other"), ("check",)):
        done = x07(*command, folder=project)
        assert (done.returncode, done.stdout) == (2, "")
        assert 'lockfile module hashes mismatch for "my-a"' in done.stderr
        assert "hint: " in done.stderr
    report("lock", folder=project)
    assert x07("check", folder=project).returncode == 0


def test_runs_get_what_is_missing(project: Path) -> None:
    report("add", "ext-fs", "--sync", folder=project)
    before = files(project)
    shutil.rmtree(project / ".x07")
    done = x07("run", "--offline", folder=project)
    assert done.returncode == 0
    assert done.stderr.startswith("x07 run: got ext-fs@0.1.6")
    assert {name: data for name, data in files(project).items() if "target" not in name} == before
    assert x07("run", folder=project).stderr == ""
