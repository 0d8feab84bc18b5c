"""Variables come back as the caller had them."""

from x07bundle.launcher.environment import unveiled


def test_names_lose_their_veil() -> None:
    veiled = {b"\xd0ATH": b"/bin", b"\xdf": b"_", b"\xf8": b"", b"\xe1=": b"a"}
    assert unveiled(veiled) == {"PATH": "/bin", "_": "_", "x": "", "a=": "a"}


def test_what_has_none_is_not_the_callers() -> None:
    assert unveiled({b"LD_LIBRARY_PATH": b"/x", b"LC_ALL": b"C", b"": b"x"}) == {}


def test_bytes_that_are_no_text() -> None:
    assert unveiled({b"\xc1\xff": b"\xfe"}) == {"A\udcff": "\udcfe"}
