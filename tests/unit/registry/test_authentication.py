"""Basic and token authentication: who gets a password, and what is said to those without."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import install
from tests.fakes import registry as fake
from tests.unit.registry import images
from x07bundle.registry.failure import RegistryError
from x07bundle.registry.push import Choices
from x07bundle.registry.tokens import Challenge, challenges, merged, read_token


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    return images.make(tmp_path / "image")


@pytest.fixture(params=["basic", "token"])
def server(request: pytest.FixtureRequest) -> Iterator[fake.Registry]:
    with fake.serving(request.param) as started:
        yield started


def logins(tmp_path: Path, host: str, **entry: str) -> dict[str, str]:
    """Variables that name a file with one login."""
    file = tmp_path / "auth.json"
    known = entry or {"auth": base64.b64encode(f"{fake.USER}:{fake.PASSWORD}".encode()).decode()}
    file.write_text(json.dumps({"auths": {host: known}}))
    return {"REGISTRY_AUTH_FILE": str(file)}


def test_push_and_pull_with_a_login(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    env = logins(tmp_path, server.host)
    done = images.pushed(images.session(server, env=env), layout)
    pulled = images.pulled(images.session(server, env=env), tmp_path / "out")
    assert pulled.root.digest == done.root.digest


def test_a_mount_asks_for_both_repositories(layout: Path, tmp_path: Path) -> None:
    with fake.serving("token") as server:
        env = logins(tmp_path, server.host)
        images.pushed(images.session(server, "base/one:v1", env=env), layout)
        choices = Choices(mount_from=("base/one",))
        done = images.pushed(images.session(server, env=env), layout, choices=choices)
    assert set(images.outcomes(done)) == {"mounted"}


def test_an_identity_token_is_exchanged(layout: Path, tmp_path: Path) -> None:
    with fake.serving("token") as server:
        env = logins(tmp_path, server.host, identitytoken=fake.IDENTITY)
        done = images.pushed(images.session(server, env=env), layout)
        assert done.tags == ("v1",)
        assert not any(one.authorization.startswith("Basic") for one in server.seen)


def test_an_old_token_is_replaced(layout: Path, tmp_path: Path) -> None:
    with fake.serving("token") as server:
        env = logins(tmp_path, server.host)
        opened = images.session(server, env=env)
        images.pushed(opened, layout)
        before = len(server.methods("^/token"))
        server.tokens = {value + "-gone": scopes for value, scopes in server.tokens.items()}
        images.pushed(opened, layout)
        assert len(server.methods("^/token")) == 2 * before


def test_nobody_is_told_where_to_log_in(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    env = logins(tmp_path, "another.example")
    with pytest.raises(RegistryError) as caught:
        images.pushed(images.session(server, env=env), layout)
    told = caught.value.render()
    assert "podman login" in told
    if server.auth == "basic":
        assert "wants a login" in told
        assert str(tmp_path / "auth.json") in told


def test_a_wrong_password(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    env = logins(tmp_path, server.host, username="ann", password="wr0ng")
    with pytest.raises(RegistryError) as caught:
        images.pushed(images.session(server, env=env), layout)
    told = caught.value.render()
    assert str(tmp_path / "auth.json") in told
    assert "wr0ng" not in told
    assert len(server.seen) < 6


def test_a_helper_says_who_we_are(server: fake.Registry, layout: Path, tmp_path: Path) -> None:
    answer = json.dumps({"ServerURL": "x", "Username": fake.USER, "Secret": fake.PASSWORD})
    install(tmp_path / "bin", "docker-credential-vault", f"cat > {tmp_path}/asked\necho '{answer}'")
    file = tmp_path / "auth.json"
    file.write_text(json.dumps({"auths": {server.host: {}}, "credHelpers": {server.host: "vault"}}))
    env = {"REGISTRY_AUTH_FILE": str(file), "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    images.pushed(images.session(server, env=env), layout)
    assert (tmp_path / "asked").read_text() == server.host


def test_redirects_take_no_password_along(
    server: fake.Registry, layout: Path, tmp_path: Path
) -> None:
    """As to where a registry keeps its blobs."""
    env = logins(tmp_path, server.host)
    images.pushed(images.session(server, env=env), layout)
    with fake.serving() as store:
        store.blobs = server.blobs
        server.faults.redirect = f"http://{store.host}"
        images.pulled(images.session(server, env=env), tmp_path / "out")
        assert len(store.seen) >= 4
        assert {one.authorization for one in store.seen} == {""}


@pytest.mark.parametrize("target", ["http://192.0.2.1", "file:///etc", "ftp://127.0.0.1"])
def test_redirects_out_of_what_may_be_asked(
    server: fake.Registry, layout: Path, tmp_path: Path, target: str
) -> None:
    env = logins(tmp_path, server.host)
    images.pushed(images.session(server, env=env), layout)
    server.faults.redirect = target
    with pytest.raises(RegistryError, match="the registry leads to"):
        images.pulled(images.session(server, env=env), tmp_path / "out")


def test_redirects_in_a_circle(layout: Path, tmp_path: Path) -> None:
    with fake.serving() as server:
        images.pushed(images.session(server), layout)
        server.faults.redirect = f"http://{server.host}"
        with pytest.raises(RegistryError, match="more than 5 redirects") as caught:
            images.pulled(images.session(server), tmp_path / "out")
        assert "proxies" in (caught.value.hint or "")


@pytest.mark.parametrize("realm", ["http://192.0.2.1/token", "file:///token", "", "token"])
def test_a_realm_where_no_password_goes(layout: Path, tmp_path: Path, realm: str) -> None:
    with fake.serving("token") as server:
        server.realm = realm or " "
        env = logins(tmp_path, server.host)
        with pytest.raises(RegistryError, match="sends us for a token"):
            images.pushed(images.session(server, env=env), layout)


def test_netrc_is_not_read(layout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would replace the login of the registry, and go to any host that it names."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with fake.serving() as server:
        images.pushed(images.session(server), layout)
        assert {one.authorization for one in server.seen} == {""}


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('Basic realm="a, b"', (Challenge("basic", "a, b"),)),
        (
            'Bearer realm="https://a/t",service="s",scope="repository:a:pull,push"',
            (Challenge("bearer", "https://a/t", "s", "repository:a:pull,push"),),
        ),
        ("Bearer realm=https://a/t, error=insufficient", (Challenge("bearer", "https://a/t"),)),
        (
            'Negotiate, Basic realm="a", Bearer realm="b"',
            (Challenge("negotiate"), Challenge("basic", "a"), Challenge("bearer", "b")),
        ),
        (r'bearer Realm="a\"b"', (Challenge("bearer", 'a"b'),)),
        ("", ()),
        ('="', ()),
    ],
)
def test_challenges(header: str, found: tuple[Challenge, ...]) -> None:
    assert challenges(header) == found


def test_scopes_of_one_resource_are_one() -> None:
    scopes = ("repository:a/b:pull", "repository:c:pull", "repository:a/b:push,pull")
    assert merged(scopes) == ("repository:a/b:pull,push", "repository:c:pull")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"token": 1}', b'{"token": "a\\nb"}', b'{"token": "\\u00e9"}']
)
def test_what_is_no_token(body: bytes) -> None:
    with pytest.raises(RegistryError, match="gave no token"):
        read_token(body, "host")
