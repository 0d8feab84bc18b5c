"""Calls of the modules about text: text.ascii, text.slices, text.utf8, str, map, set; and io."""

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Final

from tests.unit.std import models
from tests.unit.std.calls import Call, Err, Ok, Value
from tests.unit.std.expected import TEXTS, each, expect, singles
from tests.unit.std.models import slices, u32

LINED: Final = (
    *(b"", b"\n", b"a", b"a\n", b"a\r\n", b"a\r", b"\r\n", b"\na", b"a\n\n", b"a\n\nb\n"),
    *(b"one\r\ntwo\nthree", b"\r\r\n", b"x\ry\r\n\nz\r"),
)
"""Texts whose ends of lines are of every kind."""

PROSE: Final = (
    b"",
    b"  ",
    b"a",
    b"The cat; the CAT's hat.\n\nThe end? the_end2\xff",
    b"b a c b a b " * 40,
)

UTF8: Final = (
    *(b"", b"abc", "naïve 日本 🙂".encode(), b"\x7f\xc2\x80\xdf\xbf", "\u0800\uffff".encode()),
    *(b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2\x41", b"a\xe2\x82", b"\xe2\x82A"),
    *(b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe0\xa0\x80", b"\xed\x9f\xbf", b"\xed\xa0\x80"),
    *(b"\xee\x80\x80", b"\xef\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf"),
    *(b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff"),
    *(b"\xf0\x9f\x99", b"\xf0\x9f\x99\x82\x82", b"\xf1\x80\x80\x80", b"\xf0\x90\x80A"),
)


def text_calls() -> Iterator[Call]:
    yield from letter_calls()
    lined = singles(*LINED)
    yield from each(
        "std.text.ascii.split_lines_view", lined, lambda b: slices(models.line_slices(b))
    )
    yield from each(
        "std.text.ascii.first_line_view", lined, lambda b: (models.lines(b) or [b""])[0]
    )
    yield from each(
        "std.text.ascii.last_line_view", lined, lambda b: (models.lines(b) or [b""])[-1]
    )
    yield from each("std.text.ascii.kth_line_view", product(LINED, (0, 1, 2, 9, -1)), kth_line)
    yield from each(
        "std.text.ascii.normalize_lines",
        lined,
        lambda b: b.replace(b"\r\n", b"\n").replace(b"\r", b"\n"),
    )
    for text in (b"", b",", b"a", b"a,b", b",a,,b,", b"a;b"):
        fields = slices(models.field_slices(text, b","))
        yield expect("std.text.ascii.split_u8", text, ord(","), gives=fields)
    prose = singles(*PROSE)
    yield from each(
        "std.text.ascii.tokenize_words_lower", prose, lambda b: b" ".join(models.words(b))
    )
    yield from each("std.map.word_freq_sorted_ascii", prose, models.word_frequencies)
    yield from each(
        "std.set.unique_lines_sorted",
        singles(*LINED, b"b\na\nb\n\nab\na", b"\n".join(b"%d" % (n * n % 17) for n in range(99))),
        models.unique_lines,
    )


def letter_calls() -> Iterator[Call]:
    letters = singles(*range(0, 256, 15), 64, 65, 90, 91, 96, 97, 122, 123, 9, 32, 65 + 256, -191)
    for (code,) in letters:
        assert isinstance(code, int)
        letter = bytes([code]) if 0 <= code < 256 else b""
        yield expect("std.text.ascii.is_alpha", code, gives=int(letter.isalpha()))
        yield expect("std.text.ascii.is_space_tab", code, gives=int(code in (9, 32)))
        lower, upper = (letter.lower(), letter.upper()) if letter else ([code], [code])
        yield expect("std.text.ascii.to_lower_u8", code, gives=lower[0])
        yield expect("std.text.ascii.to_upper_u8", code, gives=upper[0])


def kth_line(text: bytes, k: int) -> bytes:
    lines = models.lines(text)
    return lines[k] if 0 <= k < len(lines) else b""


def slice_calls() -> Iterator[Call]:
    pairs = ((0, 1), (1, 5), (6, 0))
    listed = slices(pairs)
    yield expect("std.text.slices.count_v1", listed, gives=3)
    for index, (start, length) in enumerate(pairs):
        yield expect("std.text.slices.start_v1", listed, index, gives=start)
        yield expect("std.text.slices.len_v1", listed, index, gives=length)
        part = b"banana"[start : start + length]
        yield expect("std.text.slices.copy_at_v1", b"banana", listed, index, gives=part)
        yield expect("std.text.slices.view_at_v1", b"banana", listed, index, gives=part)
    empty = slices(())
    yield expect("std.text.slices.builder_new_v1", 9, gives=empty)
    yield expect("std.text.slices.builder_push_v1", empty, 7, -1, gives=empty + u32(7) + u32(-1))
    for count in (2, 0, 9):
        pushed = empty + listed[12:]
        yield expect("std.text.slices.builder_finish_v1", pushed, count, gives=listed)
    for data, result in validations(listed):
        yield expect("std.text.slices.validate_v1", data, gives=result)
        cast = Ok(data) if isinstance(result, Ok) else result
        yield expect("std.text.slices.cast_bytes_v1", data, gives=cast)
    text = b"pear,apple,fig,,apple,pea"
    fields = models.field_slices(text, b",")
    ordered = sorted(fields, key=lambda field: text[field[0] : field[0] + field[1]])
    yield expect("std.text.order.sort_slices_v1", text, slices(fields), gives=slices(ordered))
    yield expect("std.text.order.sort_slices_v1", b"", empty, gives=empty)


def validations(listed: bytes) -> Iterator[tuple[bytes, Value]]:
    yield listed, Ok(3)
    yield slices(()), Ok(0)
    yield listed[:11], Err(0x7E510001)
    yield b"", Err(0x7E510001)
    yield b"X7SM" + listed[4:], Err(0x7E510004)
    yield b"X7SL" + u32(2) + listed[8:], Err(0x7E510002)
    yield listed[:-1], Err(0x7E510003)
    yield listed + b"\0", Err(0x7E510003)
    yield listed[:8] + u32(2) + listed[12:], Err(0x7E510003)
    yield listed[:8] + u32(3 + 2**29) + listed[12:], Err(0x7E510003)


def string_calls() -> Iterator[Call]:
    texts = singles(*UTF8)
    valid = singles(*(text for text in UTF8 if models.code_points(text) >= 0))
    yield from each("std.text.utf8.count_codepoints_or_neg1", texts, models.code_points)
    yield from each("std.text.utf8.is_valid", texts, lambda b: int(models.code_points(b) >= 0))
    yield from each(
        "std.text.utf8.validate_or_empty", texts, lambda b: b if models.code_points(b) >= 0 else b""
    )
    yield from each("std.str.validate_v1", texts, partial(if_utf8, Ok(0)))
    yield from each("std.str.from_bytes_v1", texts, lambda b: if_utf8(Ok(b), b))
    yield from each("std.str.as_bytes", valid, bytes)
    yield from each("std.str.len", valid, len)
    yield from each("std.str.char_count", valid, models.code_points)
    cased = singles("aZ[`{ éÉ".encode(), b"")
    yield from each("std.str.to_lower_ascii", cased, bytes.lower)
    yield from each("std.str.to_upper_ascii", cased, bytes.upper)
    text = "aé日".encode()
    for start, length in product((0, 1, 2, 3, 6, 7, -1), (0, 1, 2, 3, 6, -1)):
        outside = start % 2**32 > 6 or length % 2**32 > 6 - start
        part = text[start : start + length]
        result = Err(2) if outside else if_utf8(Ok(part), part)
        yield expect("std.str.slice_v1", text, start, length, gives=result)


def if_utf8(result: Value, data: bytes) -> Value:
    return result if models.code_points(data) >= 0 else Err(1)


def reader_calls() -> Iterator[Call]:
    long = bytes(range(256)) * 600
    yield from each("std.io.read_all", singles(*TEXTS, long), bytes)
    yield expect("std.io.read", b"banana", 2, gives=b"ba")
    yield expect("std.io.read", b"banana", 9, gives=b"banana")
    yield expect("std.io.read", b"banana", 0, gives=b"")
    yield expect("std.process.set_exit_code_v1", 0, gives=0)
