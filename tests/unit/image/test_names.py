"""Names of images: short, whole, and none."""

import pytest

from x07bundle.errors import UsageError
from x07bundle.image import names


@pytest.mark.parametrize(
    ("text", "short", "whole"),
    [
        ("app", "app:latest", "localhost/app:latest"),
        ("x07-guest-runner:vm-smoke", None, "localhost/x07-guest-runner:vm-smoke"),
        ("team/app:1", None, "localhost/team/app:1"),
        ("host.example/team/app:1", None, "host.example/team/app:1"),
        ("host:5000/app:1", None, "host:5000/app:1"),
        ("localhost/app:1", None, "localhost/app:1"),
        ("localhost:5000/a__b/c.d:v1.0_x-y", None, "localhost:5000/a__b/c.d:v1.0_x-y"),
    ],
)
def test_names(text: str, short: str | None, whole: str) -> None:
    found = names.read(text)
    assert found.short == (short or text)
    assert found.whole == whole


@pytest.mark.parametrize(
    "text",
    [
        "",
        "App",
        "a//b",
        "a:",
        ":1",
        "a b",
        "-a",
        "a/-b",
        "a:x y",
        "a:" + "x" * 129,
        "a@b",
        "a" * 300,
    ],
)
def test_no_names(text: str) -> None:
    with pytest.raises(UsageError, match="is no name of an image"):
        names.read(text)
