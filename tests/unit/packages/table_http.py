"""Calls of ext-net's HTTP functions, and of ext-url-rs, that ask no system."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.unit.packages.table_network import expect
from tests.unit.std.calls import Call, Err, Ok, Value
from tests.unit.std.models import u32

FAILED: Final = b"\0" + u32(6) + u32(0)


def text(data: bytes) -> bytes:
    return u32(len(data)) + data


def table(*pairs: tuple[bytes, bytes]) -> bytes:
    return u32(len(pairs)) + b"".join(text(name) + text(value) for name, value in pairs)


NONE: Final = table()
SOME: Final = table((b"X-B", b"2"), (b"x-a", b"1"), (b"x-b", b""))
BROKEN: Final = u32(3) + text(b"a") + u32(9) + b"x"

# -- std.net.http.spec


def _caps(*numbers: int) -> bytes:
    return b"".join(map(u32, (1, *numbers)))


USUAL: Final = _caps(0, 30, 0, 4096, 64, 65536)
OTHER: Final = _caps(1, 2, 3, 4, 5, 6)
FIELDS: Final = (
    *("follow_location", "timeout_s", "max_redirects"),
    *("max_header_bytes", "max_headers", "max_body_bytes"),
)


def caps_calls() -> Iterator[Call]:
    spec = "std.net.http.spec"
    yield from expect(f"{spec}.caps_v1", [((1, 2, 3, 4, 5, 6), OTHER)])
    yield from expect(f"{spec}.caps_default_v1", [((), USUAL)])
    usual = (0, 30, 0, 4096, 64, 65536)
    for index, name in enumerate(FIELDS):
        read = [((OTHER,), index + 1), ((b"",), usual[index]), ((OTHER[:27],), usual[index])]
        yield from expect(f"{spec}.caps_{name}_v1", read)
    for name, number in (("get", 1), ("post", 2)):
        yield from expect(f"{spec}.method_{name}", [((), number)])


def header_calls() -> Iterator[Call]:
    spec = "std.net.http.spec"
    yield from expect(f"{spec}.headers_empty_v1", [((), NONE)])
    pair = table((b"A", b"b"))
    pushed = [((NONE, b"A", b"b"), pair), ((b"", b"A", b"b"), pair)]
    pushed.append(((pair, b"A", b""), table((b"A", b"b"), (b"A", b""))))
    yield from expect(f"{spec}.headers_push_v1", pushed)
    kept = table((b"x-a", b"1"), (b"X-b", b"3"))
    yield from expect(
        f"{spec}.headers_set_v1", [((SOME, b"X-b", b"3"), kept), ((NONE, b"A", b"b"), pair)]
    )
    canonical = table((b"x-a", b"1"), (b"x-b", b"2, "))
    yield from expect(
        f"{spec}.headers_canon_join_sorted_v1",
        [((SOME,), canonical), ((NONE,), NONE), ((b"",), NONE), ((canonical,), canonical)],
    )


def _request(method: int, body: bytes) -> bytes:
    parts = (b"http://a/", NONE, body, USUAL)
    return u32(1) + u32(method) + b"".join(map(text, parts))


def request_calls() -> Iterator[Call]:
    spec = "std.net.http.spec"
    get, post = _request(1, b""), _request(2, b"body")
    yield from expect(f"{spec}.req_get_v1", [((b"http://a/", NONE, USUAL), get)])
    yield from expect(f"{spec}.req_post_v1", [((b"http://a/", NONE, b"body", USUAL), post)])
    methods = [((get,), 1), ((post,), 2), ((b"",), 0), ((u32(2) + get[4:],), 0)]
    yield from expect(f"{spec}.req_method_v1", methods)
    parts = {"url": b"http://a/", "headers": NONE, "body": b"body", "caps": USUAL}
    for name, part in parts.items():
        cut = [((b"",), b""), ((post[:12],), b"")]
        yield from expect(f"{spec}.req_{name}_v1", [((post,), part), *cut])


# -- std.net.http.form_urlencoded


def form_calls() -> Iterator[Call]:
    cases = [
        ((b"", b"a", b"b"), b"a=b"),
        ((b"a=b", b"", b""), b"a=b&="),
        ((b"", b"a b", "é&=*-._~".encode()), b"a+b=%C3%A9%26%3D*-._%7E"),
    ]
    yield from expect("std.net.http.form_urlencoded.append_kv_v1", cases)


# -- answers

HEADERS: Final = table((b"x-a", b"1"), (b"x-b", b"2"), (b"x-a", b"3"))
ANSWER_1: Final = b"\1\1" + u32(200) + u32(0) + text(b"body")
ANSWER_2: Final = b"\1\2" + u32(404) + HEADERS + text(b"body")
ANSWER_3: Final = b"\1\3" + u32(200) + NONE + text(b"out/a") + u32(70000)
ANSWERS: Final = (ANSWER_1, ANSWER_2, ANSWER_3, FAILED, b"", ANSWER_2[:20])
READ: Final[Mapping[str, tuple[Value, ...]]] = {
    "is_err": (0, 0, 0, 1, 1, 0),
    "err_code": (0, 0, 0, 6, 0, 0),
    "ver": (1, 2, 3, 0, 0, 2),
    "status": (200, 404, 200, 0, 0, 404),
    "header_count": (0, 3, 0, 0, 0, 3),
    "body": (b"", b"body", b"", b"", b"", b""),
    "file_path": (b"", b"", b"out/a", b"", b"", b""),
    "file_len": (0, 0, 70000, 0, 0, 0),
}
IN_CURL: Final = {
    "is_err": "is_err",
    "err_code": "err_code",
    "file_path": "resp_file_path_v3",
    "file_len": "resp_file_len_v3",
}


def answer_calls() -> Iterator[Call]:
    for name, expected in READ.items():
        cases = [((doc,), value) for doc, value in zip(ANSWERS, expected, strict=True)]
        for module in ("std.net.http", "std.net.http.client"):
            yield from expect(f"{module}.resp_{name}_v1", cases)
        yield from expect(f"ext.curl.http.{IN_CURL.get(name, f'resp_{name}')}", cases)
    found = [((ANSWER_2, b"X-A"), b"1"), ((ANSWER_2, b"x"), b""), ((ANSWER_1, b"x-a"), b"")]
    names = ("std.net.http.resp_header_get_v1", "std.net.http.client.resp_header_get_v1")
    for function in (*names, "ext.curl.http.resp_header_get_v2"):
        yield from expect(function, [*found, ((ANSWER_2[:20], b"x-b"), b"")])


def curl_calls() -> Iterator[Call]:
    curl = "ext.curl.http"
    numbers = {"CURLINFO_RESPONSE_CODE": 2097154, "CURLOPT_FOLLOWLOCATION": 52}
    numbers |= {"CURLOPT_NOBODY": 44, "CURLOPT_TIMEOUT": 13, "CURLOPT_URL": 10002}
    numbers |= {"CURL_GLOBAL_DEFAULT": 3, "REQ_FLAG_FOLLOWLOCATION": 1}
    for name, number in numbers.items():
        yield from expect(f"{curl}.{name}", [((), number)])
    yield from expect(f"{curl}.headers_new", [((), NONE)])
    yield from expect(f"{curl}.headers_add", [((NONE, b"A", b"b"), table((b"A", b"b")))])
    limits = (1, 2, 3, 4, 5)
    words = b"".join(map(u32, limits))
    get, post = (_curl(2, 1, b"") + words, _curl(2, 2, b"b") + words)
    yield from expect(f"{curl}.req_get_v2", [((b"u", NONE, *limits), get)])
    yield from expect(f"{curl}.req_get_v2", [((b"u", b"", *limits), get)])
    yield from expect(f"{curl}.req_post_v2", [((b"u", NONE, b"b", *limits), post)])
    get, post = (b"\3" + get[1:] + text(b"o"), b"\3" + post[1:] + text(b"o"))
    yield from expect(f"{curl}.req_get_to_file_v3", [((b"u", NONE, b"o", *limits), get)])
    yield from expect(f"{curl}.req_post_to_file_v3", [((b"u", NONE, b"b", b"o", *limits), post)])


def _curl(version: int, method: int, body: bytes) -> bytes:
    return bytes([version, method]) + text(b"u") + NONE + text(body)


# -- std.net.http.server


def _received(*parts: int, raw: bytes) -> bytes:
    return b"\1\1\0\0" + text(b"".join(map(u32, (1, *parts)))) + text(raw)


RAW: Final = b"PUT /a?b HTTP/1.1\r\nX-A:  1 \r\nx-b:2\r\n\r\nbody"
RECEIVED: Final = _received(0, 3, 4, 4, 19, 17, 38, 4, raw=RAW)
LYING: Final = _received(0, 3, 4, 400, 19, 170, 38, 4000, raw=RAW)


def server_calls() -> Iterator[Call]:
    server = "std.net.http.server"
    parts = {"method": b"PUT", "target": b"/a?b", "body": b"body"}
    for name, part in parts.items():
        lied = b"PUT" if name == "method" else b""
        cases = [((RECEIVED,), part), ((FAILED,), b""), ((b"",), b""), ((LYING,), lied)]
        yield from expect(f"{server}.req_{name}_v1", cases)
    named = {b"x-a": b"1", b"X-B": b"2", b"x": b"", b"": b""}
    found = [((RECEIVED, name), value) for name, value in named.items()]
    yield from expect(f"{server}.req_header_get_v1", [*found, ((LYING, b"x-a"), b"")])


# -- ext.url


def _url(port: int, *texts: bytes) -> bytes:
    return b"\1" + u32(port) + b"".join(map(text, texts))


FULL: Final = _url(8080, b"http", b"u:p@w", b"a.test", b"/p/q", b"x=1", b"f?#")
PARSED: Final[Sequence[tuple[bytes, bytes]]] = (
    (b"HTTP://u:p@w@A.Test:8080/p/q?x=1#f?#", FULL),
    (b"https://a", _url(443, b"https", b"", b"a", b"", b"", b"")),
    (b"http://[::1]/", _url(80, b"http", b"", b"[::1]", b"/", b"", b"")),
    (b"http://[::1]:1?", _url(1, b"http", b"", b"[::1]", b"", b"", b"")),
    (b"x+1://a:#b", _url(0, b"x+1", b"", b"a", b"", b"", b"b")),
    (b"wss://a?b?c", _url(443, b"wss", b"", b"a", b"", b"b?c", b"")),
)
REFUSED: Final = {
    b"": 1, b"a": 1, b"1http://a": 1, b"://a": 1,
    b"http:a": 2, b"http:/a": 2, b"http://": 2, b"http://u@": 2, b"http://:1": 2,
    b"http://[::1": 2, b"http://[::1]a": 2,
    b"http://a:b": 3, b"http://a:65536": 3, b"http://a:1:2": 3,
    b"http://a b": 4, b"http://a\\b": 4, "http://é".encode(): 4, b"http://a\n": 4,
}  # fmt: skip


def url_calls() -> Iterator[Call]:
    parsed = [((url,), document) for url, document in PARSED]
    refused = [((url,), b"\0" + u32(code) + u32(0)) for url, code in REFUSED.items()]
    yield from expect("ext.url.parse_v1", [*parsed, *refused])
    texts = (b"http", b"u:p@w", b"a.test", b"/p/q", b"x=1", b"f?#")
    for name, part in zip(
        ("scheme", "user", "host", "path", "query", "fragment"), texts, strict=True
    ):
        yield from expect(f"ext.url.{name}_v1", [((FULL,), part), ((FAILED,), b"")])
    yield from expect("ext.url.port_v1", [((FULL,), 8080), ((FAILED,), 0)])
    yield from expect("ext.url.is_err_v1", [((FULL,), 0), ((FAILED,), 1)])
    yield from expect("ext.url.err_code_v1", [((FULL,), 0), ((FAILED,), 6)])


def coding_calls() -> Iterator[Call]:
    plain, coded = b"aZ09-._~ /%+\0\xff", b"aZ09-._~%20%2F%25%2B%00%FF"
    yield from expect("ext.url.percent_encode_v1", [((plain,), coded), ((b"",), b"")])
    decoded = [((coded,), Ok(plain)), ((b"%2f+",), Ok(b"/+"))]
    bad = [((text,), Err(1)) for text in (b"%", b"%2", b"a%2", b"%2g", b"%g2", b"%%20")]
    yield from expect("ext.url.percent_decode_v1", [*decoded, *bad])
    query = b"a=1&b+c=d+e%26&a=2&empty=&lone&bad=%"
    found = {b"a": Ok(b"1"), b"b c": Ok(b"d e&"), b"empty": Ok(b""), b"lone": Ok(b"")}
    missing = [((query, b"x"), Err(2)), ((query, b"bad"), Err(1)), ((b"", b"a"), Err(2))]
    got = [((query, name), value) for name, value in found.items()]
    yield from expect("ext.url.query_get_v1", [*got, *missing])
