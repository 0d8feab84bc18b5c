"""Which index holds, whether the network may be used, and what is sent to the index."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.project.packages.sources import code_of
from x07bundle.errors import ProjectError
from x07bundle.files import json_pretty
from x07bundle.project import lockfile
from x07bundle.project.packages.failure import PackageError
from x07bundle.project.packages.index_url import BUILT_IN
from x07bundle.project.packages.settings import Settings, is_true, settings_of

URL = "https://{}.example/"


def settings(
    root: Path | None,
    index: str | None = None,
    offline: bool = False,
    **variables: Any,  # noqa: ANN401  a str
) -> Settings:
    lock = root / "x07.lock.json" if root is not None else None
    return settings_of(root, lock, index, offline, variables)


def configure(root: Path, name: str, **members: object) -> None:
    document = {"schema_version": "x07.config@0.1.0", **members}
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(json.dumps(document))


def test_the_order(tmp_path: Path) -> None:
    """Each one that is there wins over those before it."""
    assert settings(tmp_path) == Settings(BUILT_IN)
    lock = lockfile.new_lock(None, URL.format("lock"))
    (tmp_path / "x07.lock.json").write_bytes(json_pretty(lock))
    found = settings(tmp_path)
    assert (found.url.base, found.is_named) == (URL.format("lock"), False)
    configure(tmp_path, ".x07/config.json", pkg={"registry": URL.format("hidden")})
    assert settings(tmp_path).url.base == URL.format("hidden")
    configure(tmp_path, "x07.config.json", pkg={"index": URL.format("config")})
    assert settings(tmp_path).url.base == URL.format("config")
    variables: dict[str, Any] = {"X07_PKG_INDEX_URL": URL.format("variable")}
    assert settings(tmp_path, **variables).url.base == URL.format("variable")
    found = settings(tmp_path, URL.format("option"), **variables)
    assert (found.url.base, found.is_named) == (URL.format("option"), True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, False) for text in ("", " ", "0", "False", "NO", "off")),
        *((text, True) for text in ("1", "true", "2", "x")),
    ],
)
def test_truth(text: str, value: bool) -> None:
    assert is_true(text) is value
    assert settings(None, X07_OFFLINE=text).offline is value


@pytest.mark.parametrize("text", ["", " "])
def test_an_index_of_no_characters(tmp_path: Path, text: str) -> None:
    with pytest.raises(PackageError, match="`--index` is empty"):
        settings_of(tmp_path, None, text, False, {})


def test_offline(tmp_path: Path) -> None:
    assert not settings(tmp_path).offline
    assert settings(tmp_path, offline=True).offline
    configure(tmp_path, "x07.config.json", pkg={"offline": True})
    assert settings(tmp_path).offline


def test_other_configurations(tmp_path: Path) -> None:
    configure(tmp_path, "x07.config.json", schema_version="x07up.config@9", pkg=7)
    assert settings(tmp_path) == Settings(BUILT_IN)
    wrong: list[dict[str, object]] = [
        {"schema_version": "x"},
        {"pkg": []},
        {"pkg": {"offline": "yes"}},
    ]
    for members in wrong:
        configure(tmp_path, "x07.config.json", **members)
        assert code_of(lambda: settings(tmp_path)) == "X07PKG_INDEX_CONFIG"
    (tmp_path / "x07.config.json").write_text("{")
    with pytest.raises(ProjectError):
        settings(tmp_path)
    (tmp_path / "x07.config.json").unlink()
    assert code_of(lambda: settings(tmp_path, "nowhere")) == "X07PKG_INDEX_CONFIG"


def credentials(folder: Path, **tokens: object) -> None:
    folder.mkdir(exist_ok=True)
    document = {"schema_version": "x07.credentials@0.1.0", "tokens": tokens}
    (folder / "credentials.json").write_text(json.dumps(document))


@pytest.mark.parametrize("key", ["https://a.example/", "sparse+https://a.example/"])
def test_tokens(tmp_path: Path, key: str) -> None:
    credentials(tmp_path / ".x07", **{key: "secret"})
    for url in ("https://a.example/", "sparse+https://A.example/"):
        assert settings(None, url, HOME=str(tmp_path)).token == "secret"
    assert settings(None, "https://b.example/", HOME=str(tmp_path)).token is None
    assert settings(None, "https://a.example/", True, HOME=str(tmp_path)).token is None
    variables: dict[str, Any] = {"HOME": str(tmp_path), "X07_PKG_HOME": str(tmp_path / "other")}
    assert settings(None, "https://a.example/", **variables).token is None
    credentials(tmp_path / "other", **{key: "other"})
    assert settings(None, "https://a.example/", **variables).token == "other"


@pytest.mark.parametrize("token", ["a\nb", "a\r\nX-Header: b", "\x00", "é", 1])
def test_what_is_no_token(tmp_path: Path, token: object) -> None:
    """No header can be made of one; and it is not said what it is."""
    credentials(tmp_path / ".x07", **{"https://a.example/": token})
    call = lambda: settings(None, "https://a.example/", HOME=str(tmp_path))  # noqa: E731
    assert code_of(call) == "X07PKG_INDEX_CONFIG"
