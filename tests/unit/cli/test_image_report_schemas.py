"""Reports of `x07 image`, against their schemas."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.fakes import registry as fake
from tests.unit.cli.commands import x07
from tests.unit.image.layouts import contents, made
from tests.unit.registry import images
from x07bundle.image import report as build_report

PASSWORD = {"X07_KEY_PASSWORD": "correct horse battery staple"}


@pytest.fixture(params=[True, False], ids=["referrers", "tags"])
def server(request: pytest.FixtureRequest) -> Iterator[fake.Registry]:
    with fake.serving(has_referrers=request.param) as registry:
        yield registry


def report(folder: Path, *words: str) -> Any:  # noqa: ANN401  it is JSON
    """What a command says, which its schema allows."""
    own = {"HOME": str(folder), "X07_CACHE_DIR": str(folder / "cache"), **PASSWORD}
    done = x07("image", *words, "--json", folder=folder, variables=own)
    assert done.returncode == 0, done.stderr
    return checked(json.loads(done.stdout))


def checked(document: Any) -> Any:  # noqa: ANN401  it is JSON
    file = f"{document['schema_version']}.schema.json"
    schema = json.loads(resources.files("x07bundle.schemas").joinpath(file).read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def test_signed_pushed_and_pulled(server: fake.Registry, tmp_path: Path) -> None:
    """Twice each: what is there already has other outcomes."""
    name, plain = f"{server.host}/team/app:v1", "--plain-http"
    images.make(tmp_path / "image")
    assert report(tmp_path, "keygen", "--out", "key")["algorithm"] == "ecdsa-p256"
    sign = ("sign", "image", "--key", "key.key", "--identity", "host.example/app")
    assert report(tmp_path, *sign)["made"]
    assert report(tmp_path, *sign)["made"] == []
    push = ("push", name, "--from", "image", plain)
    outcomes = {one["outcome"] for one in report(tmp_path, *push)["parts"]}
    assert outcomes == {"pushed", "api" if server.has_referrers else "tag"}
    again = report(tmp_path, *push)
    assert {one["outcome"] for one in again["parts"] if one["kind"] == "blob"} == {"there"}
    assert again["moved_bytes"] == sum(
        one["size_bytes"] for one in again["parts"] if one["outcome"] == "pushed"
    )
    mounted = report(
        tmp_path, "push", f"{server.host}/b", "--from", "image", "--mount-from", "team/app", plain
    )
    assert "mounted" in {one["outcome"] for one in mounted["parts"]}
    pull = report(tmp_path, "pull", name, "--out", "out", plain)
    assert {"blob", "manifest", "referrer", "companion"} == {one["kind"] for one in pull["parts"]}
    assert "there" in {
        one["outcome"] for one in report(tmp_path, "pull", name, "--out", "out", plain)["parts"]
    }


def test_two_architectures(tmp_path: Path) -> None:
    for architecture in ("amd64", "arm64"):
        images.make(tmp_path / architecture, architecture, seed=len(architecture))
    both = ("--from", "amd64", "--from", "arm64", "--plain-http")
    with fake.serving() as server:
        pushed = report(tmp_path, "push", f"{server.host}/a", *both)
    assert "index" in {one["kind"] for one in pushed["parts"]}
    assert pushed["tags"] == ["latest"]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_built(tmp_path: Path, compression: Any) -> None:  # noqa: ANN401  it is a Literal
    done = made(tmp_path / "image", contents(), compression=compression)
    assert checked(build_report.document(done))["form"] == "folder"


def test_a_report_that_is_none(tmp_path: Path) -> None:
    document = build_report.document(made(tmp_path / "image", contents()))
    wrongs: list[dict[str, Any]] = [{"digest": "sha256:1"}, {"flavour": "x"}, {"images": []}]
    for wrong in (*wrongs, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            checked({**document, **wrong})
