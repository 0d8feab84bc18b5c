"""Where logins come from: the files of docker and podman, and helpers."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import install
from x07bundle.errors import X07Error
from x07bundle.registry.credentials import Credentials, Places, files, find
from x07bundle.registry.reference import Reference

APP = Reference("reg.example:5000", "team/sub/app", "v1")


def auth(user: str, password: str = "p") -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def found(tmp_path: Path, document: object, **env: str) -> Credentials | None:
    file = tmp_path / "auth.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return find(APP, Places({"HOME": "/nonexistent", **env}, file)).credentials


def user(tmp_path: Path, auths: dict[str, Any]) -> str | None:
    known = found(tmp_path, {"auths": auths})
    return known.user if known else None


def test_the_files_in_order(tmp_path: Path) -> None:
    home, run = str(tmp_path), str(tmp_path / "run")
    assert files(Places({"HOME": home, "XDG_RUNTIME_DIR": run})) == (
        tmp_path / "run/containers/auth.json",
        tmp_path / ".config/containers/auth.json",
        tmp_path / ".docker/config.json",
    )
    assert files(Places({"HOME": home}))[0] == Path(f"/run/containers/{os.getuid()}/auth.json")
    assert files(Places({"HOME": home, "DOCKER_CONFIG": "/d"}))[-1] == Path("/d/config.json")
    assert files(Places({"HOME": home, "REGISTRY_AUTH_FILE": "/r"})) == (Path("/r"),)
    assert files(Places({"REGISTRY_AUTH_FILE": "/r"}, Path("/o"))) == (Path("/o"),)


def test_the_first_file_that_knows_wins(tmp_path: Path) -> None:
    for name, host in (
        (".config/containers/auth.json", "other"),
        (".docker/config.json", APP.host),
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(json.dumps({"auths": {host: auth(name)}}))
    result = find(APP, Places({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}))
    assert result.credentials is not None
    assert result.credentials.user == ".docker/config.json"
    assert len(result.looked_at) == 2


def test_the_longest_key_wins(tmp_path: Path) -> None:
    keys = {
        "reg.example:5000": auth("host"),
        "reg.example:5000/team": auth("team"),
        "reg.example:5000/team/sub/app/more": auth("more"),
        "reg.example:5000/te": auth("te"),
        "reg.example": auth("no port"),
    }
    assert user(tmp_path, keys) == "team"
    assert user(tmp_path, {**keys, "reg.example:5000/team/sub/app": auth("app")}) == "app"
    assert user(tmp_path, {"reg.example": auth("no port")}) is None


@pytest.mark.parametrize(
    "key", ["https://reg.example:5000/v1/", "http://REG.example:5000", "reg.example:5000/"]
)
def test_keys_may_be_urls(tmp_path: Path, key: str) -> None:
    assert user(tmp_path, {key: auth("ann")}) == "ann"


def test_passwords_hold_colons_and_are_not_shown(tmp_path: Path) -> None:
    known = found(tmp_path, {"auths": {APP.host: auth("ann", "a:b:c")}})
    assert known is not None
    assert known.password == "a:b:c"
    assert "a:b:c" not in repr(known)
    assert "a:b:c" not in f"{known}"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{",
        '{"auths": []}',
        '{"auths": {"reg.example:5000": {"auth": "%%%"}}}',
        '{"auths": {"reg.example:5000": {"auth": "YW5u"}}}',
        '{"credHelpers": {"reg.example:5000": "../../bin/sh"}}',
        '{"credsStore": 7}',
        '{"auths": {"a": 1, "a": 2}}',
    ],
)
def test_files_that_are_none(tmp_path: Path, document: str) -> None:
    with pytest.raises(X07Error, match="is no file of logins") as caught:
        found(tmp_path, document)
    assert caught.value.hint is not None


def helper(tmp_path: Path, script: str) -> str:
    install(tmp_path / "bin", "docker-credential-fake", script)
    return f"{tmp_path}/bin:/usr/bin:/bin"


def test_order_of_helpers_and_entries(tmp_path: Path) -> None:
    path = helper(tmp_path, """echo '{"Username":"<token>","Secret":"t"}'""")
    known = found(tmp_path, {"auths": {APP.host: auth("ann")}, "credsStore": "fake"}, PATH=path)
    assert known is not None
    assert (known.identity_token, known.user) == ("t", "")


def test_a_helper_that_knows_nobody(tmp_path: Path) -> None:
    path = helper(tmp_path, "echo 'credentials not found in native keychain'; exit 1")
    document = {"auths": {APP.host: auth("ann")}, "credsStore": "fake"}
    known = found(tmp_path, document, PATH=path)
    assert known is not None
    assert known.user == "ann"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo locked; exit 1", "failed with exit code 1"),
        ("echo nonsense", "gave no `Username`"),
        ("""echo '{"Username":"ann"}'""", "gave no `Username`"),
    ],
)
def test_helpers_that_fail(tmp_path: Path, script: str, problem: str) -> None:
    with pytest.raises(X07Error, match=problem):
        found(tmp_path, {"credsStore": "fake"}, PATH=helper(tmp_path, script))


def test_a_helper_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="is not on PATH") as caught:
        found(tmp_path, {"credsStore": "fake"}, PATH="/nonexistent")
    assert "auth.json" in (caught.value.hint or "")


def test_a_file_that_an_option_names_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="no such file"):
        find(APP, Places({}, tmp_path / "none"))
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("pipe", "a pipe or a socket"), ("", "it is a folder")):
        with pytest.raises(X07Error, match=reason):
            find(APP, Places({}, tmp_path / name))
