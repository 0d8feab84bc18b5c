"""Calls of the modules about documents: doc, option, result, test."""

from collections.abc import Iterator

from tests.unit.std.calls import Call, Err, Ok
from tests.unit.std.expected import each, expect, singles
from tests.unit.std.models import error_doc, u32


def document_calls() -> Iterator[Call]:
    error, ok = error_doc(7, "no"), b"\1yes"
    docs = (error, ok, b"", b"\1", b"\0", b"\2x", error[:4], error[:8], error[:9], error + b"more")
    yield expect("std.doc.err_from_code_msg_v1", 7, b"no", gives=error)
    yield expect("std.doc.err_from_code_v1", -1, gives=error_doc(-1))
    yield expect("std.doc.err_v1", b"no", gives=error_doc(1, "no"))
    yield expect("std.doc.ok_v1", b"yes", gives=ok)
    yield from each("std.doc.is_ok_v1", singles(*docs), lambda d: int(d[:1] == b"\1"))
    yield from each("std.doc.is_err_v1", singles(*docs), lambda d: int(d[:1] != b"\1"))
    yield from each(
        "std.doc.payload_v1", singles(*docs), lambda d: d[1:] if d[:1] == b"\1" else b""
    )
    yield from each(
        "std.doc.err_payload_v1", singles(*docs), lambda d: d[1:] if d[:1] != b"\1" else b""
    )
    codes = (7, 0, 0, 0, 0, 0, 0, 7, 7, 7)
    messages = (b"no", b"", b"", b"", b"", b"", b"", b"", b"", b"no")
    for doc, code, message in zip(docs, codes, messages, strict=True):
        yield expect("std.doc.error_code_v1", doc, gives=code)
        yield expect("std.doc.error_msg_v1", doc, gives=message)
    for module, some, none in (("option", "some", "none"), ("result", "ok", "err0")):
        test = {"option": "is_some", "result": "is_ok"}[module]
        made = u32(-5)
        yield expect(f"std.{module}.{none}", gives=b"\0")
        yield expect(f"std.{module}.{some}_bytes", b"xy", gives=b"\1xy")
        yield expect(f"std.{module}.{some}_i32_le", -5, gives=b"\1" + made)
        for doc in (b"\1" + made, b"\1", b"\0", b"", b"\1abc", b"\2abcd"):
            holds = doc[:1] == b"\1"
            number = -5 if doc[1:] == made else 42
            yield expect(f"std.{module}.{test}", doc, gives=int(holds))
            yield expect(f"std.{module}.payload", doc, gives=doc[1:] if holds else b"")
            yield expect(f"std.{module}.unwrap_i32_le", doc, 42, gives=number)
    for text, total in ((b"1,2,-3", 0), (b"7", 7), (b"5,6\r\n", 11), (b"2147483647,1", -(2**31))):
        yield expect("std.result.chain_sum_csv_i32", text, gives=b"\1" + u32(total))
    for text in (b"", b",", b"1,", b"1, 2", b"1\n2", b"x", b"2147483648"):
        yield expect("std.result.chain_sum_csv_i32", text, gives=b"\0")


def status_calls() -> Iterator[Call]:
    """Of `std.test`."""
    for equal, gives in ((b"ab", Ok(0)), (b"ac", Err(5)), (b"", Err(5))):
        yield expect("std.test.assert_bytes_eq", b"ab", equal, 5, gives=gives)
        yield expect("std.test.assert_view_eq", b"ab", equal, 5, gives=gives)
    yield expect("std.test.assert_i32_eq", 3, 3, 5, gives=Ok(0))
    yield expect("std.test.assert_i32_eq", 3, -3, 5, gives=Err(5))
    yield expect("std.test.assert_true", -1, 5, gives=Ok(0))
    yield expect("std.test.assert_true", 0, 5, gives=Err(5))
    yield expect("std.test.fail", 9, gives=Err(9))
    yield expect("std.test.pass", gives=Ok(0))
    codes = {"assert_true": 1001, "assert_i32_eq": 1002, "assert_bytes_eq": 1003}
    codes |= {"assert_view_eq": 1004, "fail_generic": 1099}
    for name, code in codes.items():
        yield expect(f"std.test.code_{name}", gives=code)
    yield expect("std.test.status_ok", gives=b"\1" + u32(0))
    yield expect("std.test.status_fail", 1003, gives=b"\0" + u32(1003))
    yield expect("std.test.status_skip", gives=b"\2" + u32(0))
    yield expect("std.test.status_v1", 2, 8, gives=b"\2" + u32(8))
    yield expect("std.test.status_from_result_i32", Ok(0), gives=b"\1" + u32(0))
    yield expect("std.test.status_from_result_i32", Err(6), gives=b"\0" + u32(6))
