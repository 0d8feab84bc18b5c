"""References, as docker and the distribution specification have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x07bundle.cli.image_places import reference_of
from x07bundle.errors import UsageError
from x07bundle.registry.reference import Reference, parse, repository_name

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("localhost/a", Reference("localhost", "a", "latest")),
        ("localhost:5000/a/b", Reference("localhost:5000", "a/b", "latest")),
        ("reg.example/my.org/app:V1.0-x_y", Reference("reg.example", "my.org/app", "V1.0-x_y")),
        (f"reg.example/a@{DIGEST}", Reference("reg.example", "a", "", DIGEST)),
        (
            f"reg.example:1/a__b/c--d:t@{DIGEST}",
            Reference("reg.example:1", "a__b/c--d", "t", DIGEST),
        ),
        ("[::1]:5000/a:t", Reference("[::1]:5000", "a", "t")),
        ("Reg.Example/a:t", Reference("reg.example", "a", "t")),
        ("127.0.0.1:65535/a:t", Reference("127.0.0.1:65535", "a", "t")),
    ],
)
def test_what_is_one(text: str, reference: Reference) -> None:
    assert parse(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app",
        "team/app:v1",
        "reg.example/",
        "reg.example/App",
        "reg.example/a//b",
        "reg.example/a/",
        "reg.example/-a",
        "reg.example/a___b",
        "reg.example/a..b",
        "reg.example/a:",
        "reg.example/a:.t",
        "reg.example/a:" + "t" * 129,
        "reg.example/a:t:u",
        "reg.example/a@sha256:abc",
        "reg.example/a@sha512:" + "a" * 128,
        f"reg.example/a@{DIGEST.upper()}",
        "reg.example:0/a",
        "reg.example:65536/a",
        "reg.example:x/a",
        "https://reg.example/a",
        "user@reg.example/a",
        "user:pw@reg.example/a",
        "reg.example/../a",
        "reg.example/a b",
        "reg.example/a\n",
        "reg_.example/a",
        "[::1/a",
        "reg.example/" + "a" * 256,
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.hint is not None
    assert len(caught.value.brief) < 500


@given(st.text(alphabet="ab.:/@-_[]0 A\n%", max_size=60) | st.text(max_size=60))
def test_any_text_is_one_or_an_error(text: str) -> None:
    try:
        reference = parse(text)
    except UsageError:
        return
    assert parse(str(reference)) == reference
    assert not set(str(reference)) & set("\n %?#\\")
    assert ".." not in reference.repository.split("/")


@pytest.mark.parametrize("text", ["team/base", "base"])
def test_repositories(text: str) -> None:
    assert repository_name(text) == text


@pytest.mark.parametrize("text", ["", "host:5000/a", "a:t", "../a", "a&from=b"])
def test_what_is_no_repository(text: str) -> None:
    with pytest.raises(UsageError):
        repository_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "ann:s3cret@reg.example/a",
        "https://ann:s3cret@reg.example/a:v1",
        "ann:s3cret/x@reg.example/a",
        "ann:s3cret@x@reg.example/a",
        "ann:s3cret/x@reg.example",
        "ann:s3cret@reg.example:5000",
        f"ann:s3cret@reg.example/a@{DIGEST}",
    ],
)
def test_a_password_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert "s3cret" not in caught.value.render()
    with pytest.raises(UsageError) as elsewhere:
        reference_of(text)
    assert "s3cret" not in elsewhere.value.render()
    with pytest.raises(UsageError) as repository:
        repository_name(text)
    assert "s3cret" not in repository.value.render()


def test_a_user_is_no_digest() -> None:
    with pytest.raises(UsageError, match="a user or a password is no part of it") as caught:
        parse("ann:s3cret@reg.example/a")
    assert "digest" not in caught.value.brief
    assert "docker login" in (caught.value.hint or "")
    with pytest.raises(UsageError, match=r"`reg\.example/a@sha256:abc` .* the digest is not"):
        parse("reg.example/a@sha256:abc")
