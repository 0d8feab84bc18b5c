"""What the launcher in C asks of containerd, and what it finds in answers."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.fakes.containerd import (
    ACK,
    CONNECTION,
    CONTINUATION,
    DATA,
    DIGEST,
    END,
    END_HEADERS,
    END_STREAM,
    FIRST_HEADERS,
    GOAWAY,
    HEADERS,
    MOST_FRAME_BYTES,
    NAME,
    NAMESPACE,
    OTHER,
    PADDED,
    PING,
    PINGED,
    PUSH_PROMISE,
    REFUSED,
    RIGHT,
    RST_STREAM,
    SETTINGS,
    START,
    STREAM,
    TRAILERS,
    UNKNOWN,
    WINDOW_UPDATE,
    Containerd,
    answer,
    field,
    frame,
    image,
    message,
    number,
    target,
)

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BODY: Final = frame(DATA, RIGHT)


def labels(size: int) -> bytes:
    """Such as an image may have."""
    return field(2, field(1, "key") + field(2, "v" * size))


def in_frames(body: bytes, size: int = MOST_FRAME_BYTES) -> bytes:
    return b"".join(frame(DATA, body[at : at + size]) for at in range(0, len(body), size))


# -- answers


def test_the_right_answer(server: Containerd) -> None:
    assert server.has(answer())


@pytest.mark.parametrize(
    "response",
    [
        field(1, image(digest=OTHER)),
        field(1, image(digest=DIGEST[:-1])),
        field(1, image(digest=DIGEST + "0")),
        field(1, image(digest="")),
        field(1, image(name=NAME[:-1])),
        field(1, image(name=NAME + "0")),
        field(1, image(name="")),
        field(1, field(3, target())),
        field(1, field(1, NAME)),
        field(1, field(1, NAME) + field(3, field(1, "kind") + field(3, 7))),
        field(1, b""),
        b"",
    ],
)
def test_another_image(server: Containerd, response: bytes) -> None:
    assert not server.has(answer(message(response)))


def test_an_image_that_is_not_there(server: Containerd) -> None:
    start = frame(SETTINGS, stream=CONNECTION)
    assert not server.has(start + REFUSED)


# -- Protocol Buffers

TWO_TIMES: Final = (
    field(1, image()) + field(1, image()),
    field(1, image() + field(1, NAME)),
    field(1, image() + field(3, target())),
    field(1, field(1, NAME) + field(3, target() + field(2, DIGEST))),
    field(1, field(1, NAME) + field(3, target(OTHER) + field(2, DIGEST))),
    field(1, field(1, NAME) + field(3, target() + field(2, OTHER))),
)
OF_ANOTHER_KIND: Final = (
    field(1, 5) + field(1, image()),
    field(1, field(1, NAME) + field(3, target() + field(2, 5))),
    field(1, field(1, NAME) + field(3, field(9, DIGEST) + field(2, 5))),
    field(1, field(1, NAME) + field(3, number(2 << 3 | 1) + DIGEST[:8].encode())),
)
MALFORMED: Final = (
    field(1, image()) + field(0, 1),
    field(1, image()) + number(9 << 3 | 3) + number(9 << 3 | 4),
    field(1, image()) + number(9 << 3 | 6),
    field(1, image()) + number(9 << 3 | 7),
    field(1, image()) + number(9 << 3 | 1) + bytes(7),
    field(1, image()) + number(9 << 3 | 5) + bytes(3),
    field(1, image()) + number(9 << 3) + b"\xff" * 9 + b"\x02",
    field(1, image()) + number(9 << 3) + b"\x80" * 10 + b"\x00",
    field(1, image()) + number(9 << 3) + b"\x80",
    field(1, image()) + number(9 << 3),
    field(1, image()) + b"\x80",
    field(1, image()) + number(1 << 35) + b"\x00",
    field(1, image()) + number(9 << 3 | 2) + number(1) + b"",
    field(1, image()) + number(9 << 3 | 2) + number((1 << 64) - 1),
    field(1, image()) + number(9 << 3 | 2) + number(1 << 63),
)
LEADING_OUT: Final = (
    number(1 << 3 | 2) + number(len(image()) + 1) + image(),
    field(1, field(1, NAME) + number(3 << 3 | 2) + number(len(target()) + 1) + target()),
    field(1, field(1, NAME) + field(3, number(2 << 3 | 2) + number(72) + DIGEST.encode())),
    field(1, field(3, target()) + number(1 << 3 | 2) + number(1 << 31) + NAME.encode()),
)


@pytest.mark.parametrize("response", [*TWO_TIMES, *OF_ANOTHER_KIND, *MALFORMED, *LEADING_OUT])
def test_what_is_no_such_message(server: Containerd, response: bytes) -> None:
    assert not server.has(answer(message(response)))


@pytest.mark.parametrize(
    "response",
    [
        field(1, field(3, target()) + field(1, NAME)),
        field(1, image(labels=labels(1) * 3)),
        field(1, image()) + field(9, "more") + field(10, (1 << 64) - 1),
        field(1, image()) + number(9 << 3 | 1) + bytes(8) + number(9 << 3 | 5) + bytes(4),
        number(1 << 3 | 2)
        + bytes((len(image()) & 0x7F | 0x80, len(image()) >> 7 | 0x80, 0))
        + image(),
    ],
)
def test_other_forms_of_the_right_message(server: Containerd, response: bytes) -> None:
    assert server.has(answer(message(response)))


@pytest.mark.parametrize(
    "body",
    [
        b"\1" + RIGHT[1:],
        RIGHT + b"\0",
        RIGHT[:-1],
        RIGHT * 2,
        RIGHT + message(b""),
        message(b"") + RIGHT,
        RIGHT[:5],
        RIGHT[:4],
        b"\0\xff\xff\xff\xff" + RIGHT[5:],
        b"",
    ],
)
def test_what_is_not_one_message_of_grpc(server: Containerd, body: bytes) -> None:
    assert not server.has(answer(body))


# -- HTTP/2

LAST: Final = frame(DATA, RIGHT, END_STREAM)
PIECES: Final = (frame(DATA, RIGHT[:4]), frame(DATA), frame(DATA, RIGHT[4:99]))


@pytest.mark.parametrize(
    "sent",
    [
        START + LAST,
        START + BODY + frame(DATA, b"", END_STREAM),
        START + PINGED + BODY + PINGED + END,
        START + frame(SETTINGS, b"", ACK, CONNECTION) + BODY + END,
        START + BODY + frame(SETTINGS, bytes(6), stream=CONNECTION) + END,
        frame(HEADERS, FIRST_HEADERS, END_HEADERS) + BODY + END,
        START + frame(WINDOW_UPDATE, b"\0\0\1\0", stream=CONNECTION) + BODY + END,
        START
        + frame(WINDOW_UPDATE, b"\0\0\1\0")
        + frame(UNKNOWN, b"what" * 9, 0xFF, 9)
        + BODY
        + END,
        START + b"".join(PIECES) + frame(DATA, RIGHT[99:]) + END,
        START + PIECES[0] + PINGED + PIECES[2] + frame(DATA, RIGHT[99:]) + END,
        START + in_frames(RIGHT, 1) + END,
        START + frame(DATA, b"\3" + RIGHT + bytes(3), PADDED) + END,
        START + frame(DATA, b"\0" + RIGHT, PADDED | END_STREAM),
        START + frame(DATA, b"\7" + RIGHT[:9] + bytes(7), PADDED) + frame(DATA, RIGHT[9:]) + END,
        START + frame(DATA, b"\7" + bytes(7), PADDED) + BODY + END,
        START + frame(DATA, RIGHT, stream=1 << 31 | 1) + END,
        START + frame(CONTINUATION, TRAILERS, END_HEADERS) + BODY + END,
        START + BODY + END + frame(GOAWAY, bytes(8), stream=CONNECTION),
        START + BODY + END + b"\xff" * 99,
    ],
)
def test_frames_around_the_right_message(server: Containerd, sent: bytes) -> None:
    assert server.has(sent)


@pytest.mark.parametrize(
    "sent",
    [
        START + BODY + frame(RST_STREAM, bytes(4)) + END,
        START + BODY + frame(GOAWAY, bytes(8), stream=CONNECTION) + END,
        START + frame(PUSH_PROMISE, bytes(8), END_HEADERS) + BODY + END,
        START + frame(DATA, RIGHT, END_STREAM, stream=3),
        START + frame(DATA, RIGHT, END_STREAM, stream=CONNECTION),
        START + frame(DATA, b"\1", PADDED) + BODY + END,
        START + frame(DATA, b"", PADDED) + BODY + END,
        START + frame(DATA, b"\4" + bytes(3), PADDED) + BODY + END,
        START + frame(PING, bytes(7), stream=CONNECTION) + BODY + END,
        START + frame(PING, bytes(9), stream=CONNECTION) + BODY + END,
        START + frame(PING, bytes(8)) + BODY + END,
        frame(SETTINGS) + frame(HEADERS, FIRST_HEADERS, END_HEADERS) + BODY + END,
        START + BODY + frame(HEADERS, TRAILERS, END_HEADERS | END_STREAM, stream=3),
        START + BODY,
        START + frame(WINDOW_UPDATE, bytes(MOST_FRAME_BYTES + 1)) + BODY + END,
        START + frame(WINDOW_UPDATE, bytes((1 << 24) - 1)) + BODY + END,
        START + END + BODY,
        b"HTTP/1.1 200 OK\r\n\r\n" + RIGHT,
        BODY[:3],
        b"",
    ],
)
def test_frames_that_are_no_answer(server: Containerd, sent: bytes) -> None:
    assert not server.has(sent)


@pytest.mark.parametrize(("size", "is_read"), [(60_000, True), (66_000, False)])
def test_the_longest_answer(server: Containerd, size: int, is_read: bool) -> None:
    body = message(field(1, image(labels=labels(size))))
    assert server.has(START + in_frames(body) + END) == is_read


# -- what is asked


def frames_of(told: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    while told:
        size = int.from_bytes(told[:3], "big")
        yield told[3], told[4], int.from_bytes(told[5:9], "big"), told[9 : 9 + size]
        told = told[9 + size :]


def headers_of(block: bytes) -> Iterator[tuple[str, str]]:
    """Literals without indexing and with names of their own (RFC 7541 §6.2.2)."""
    while block:
        assert block[0] == 0
        name, rest = block[2 : 2 + block[1]], block[2 + block[1] :]
        yield name.decode(), rest[1 : 1 + rest[0]].decode()
        block = rest[1 + rest[0] :]


def test_what_is_told(server: Containerd) -> None:
    heard = server.ask([START, PINGED, BODY, END])
    assert heard.has
    assert heard.told.startswith(PREFACE)
    first, headers, data, *replies = frames_of(heard.told.removeprefix(PREFACE))
    assert first == (SETTINGS, 0, CONNECTION, b"")
    assert headers[:3] == (HEADERS, END_HEADERS, STREAM)
    assert list(headers_of(headers[3])) == [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/containerd.services.images.v1.Images/Get"),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("containerd-namespace", NAMESPACE),
    ]
    assert data == (DATA, END_STREAM, STREAM, message(field(1, NAME)))
    assert replies == [(SETTINGS, ACK, CONNECTION, b""), (PING, ACK, CONNECTION, b"12345678")]


def test_what_is_acknowledged_is_not_answered(server: Containerd) -> None:
    known = frame(SETTINGS, b"", ACK, CONNECTION) + frame(PING, bytes(8), ACK, CONNECTION)
    heard = server.ask([known, frame(HEADERS, FIRST_HEADERS, END_HEADERS), LAST])
    assert heard.has
    assert len(list(frames_of(heard.told.removeprefix(PREFACE)))) == 3


@pytest.mark.parametrize("size", [127, 128, 4000])
def test_a_long_name(server: Containerd, size: int) -> None:
    name = "n" * size
    heard = server.ask([answer(message(field(1, image(name=name))))], name=name)
    assert heard.has
    assert heard.told.count(message(field(1, name))) == 1


@pytest.mark.parametrize("name", ["n" * 4096, "n" * 100_000])
def test_a_name_that_is_too_long(server: Containerd, name: str) -> None:
    sent = answer(message(field(1, image(name=name))))
    assert server.ask([sent], name=name) == (False, b"")


@pytest.mark.parametrize(
    ("size", "is_asked"), [(0, True), (126, True), (127, False), (5000, False)]
)
def test_a_long_namespace(server: Containerd, size: int, is_asked: bool) -> None:
    heard = server.ask([answer()], namespace="n" * size)
    assert (heard.has, heard.told != b"") == (is_asked, is_asked)
