"""What an executable of macOS carries within: what is written is read, and nothing else is."""

import struct
from typing import Final

import pytest

from tests.unit.contract import executables
from tests.unit.contract.mach_o_files import Parts, carrying, made
from x07bundle.contract import launcher_trailer, mach_o
from x07bundle.contract.launcher_trailer import PublicKey, Trailer, TrailerError

FILES: Final = {"payload": "1" * 64, "runtime/launcher": "2" * 64, "größe": "3" * 64}
TRAILER: Final = Trailer("0" * 64, FILES, PublicKey("ed25519", b"\x30\x2a"))
TEXT: Final = launcher_trailer.text_of(TRAILER, "4" * 64)
MARKED: Final = launcher_trailer.marked(TEXT)
NONE: Final = "`app` is not the executable of a VM bundle"


@pytest.mark.parametrize("trailer", [TRAILER, TRAILER._replace(key=None)])
@pytest.mark.parametrize("signature", [b"signed..", b""])
def test_what_is_written_is_read(trailer: Trailer, signature: bytes) -> None:
    executable = carrying(trailer, signature=signature)
    assert launcher_trailer.read(executable, "app") == trailer
    assert launcher_trailer.carried(executable, "app").startswith(b"x07.vm.launcher@0.1.0\n")


@pytest.mark.parametrize("signature", [b"by another, and longer", b"."])
def test_who_signs_it_does_not_change_it(signature: bytes) -> None:
    text = launcher_trailer.carried(carrying(TRAILER), "app")
    again = made(Parts(launcher_trailer.marked(text), signature=signature, uuid=b"x" * 16))
    assert launcher_trailer.read(again, "app") == TRAILER


def test_every_other_bit_counts() -> None:
    executable = carrying(TRAILER)
    layout = mach_o.read(executable)
    assert layout is not None
    left_out = {at for place in layout.computed for at in place}
    assert len(left_out) == 16 + 4 + 8 + 8
    places = sorted(set(range(layout.signature)) - left_out)
    executables.assert_every_bit_counts(executable, TRAILER, places)


def test_a_digest_of_another_program() -> None:
    with pytest.raises(TrailerError, match="it was changed"):
        launcher_trailer.read(made(Parts(MARKED)), "app")


HOSTILE: Final = {
    "no text": Parts(b""),
    "two texts": Parts(MARKED + MARKED),
    "a second mark before": Parts(b"X07.HEAD" + MARKED),
    "a second mark behind": Parts(MARKED, beside=b"X07.TAIL"),
    "a first mark behind, too": Parts(MARKED, beside=b"X07.HEAD"),
    "a first mark alone": Parts(b"X07.HEAD"),
    "marks the wrong way round": Parts(b"X07.TAIL" + TEXT + b"X07.HEAD"),
    "a shorter length": Parts(MARKED.replace(b"%08x" % len(TEXT), b"%08x" % (len(TEXT) - 1))),
    "lengths that differ": Parts(MARKED.replace(b"%08x" % len(TEXT), b"%08x" % 1, 1)),
    "a length in capitals": Parts(MARKED.replace(b"%08x" % len(TEXT), b"%08X" % 0xABC)),
    "no length": Parts(b"X07.HEAD" + TEXT + b"X07.TAIL"),
    "a text outside of the program": Parts(b"", beside=MARKED),
    "a text behind it": Parts(b"", after=MARKED),
    "a text behind the one within": Parts(MARKED, after=MARKED),
    "a form of Linux behind it": Parts(MARKED, after=MARKED[16:]),
    "a byte behind it": Parts(MARKED, after=b"\0"),
    "a longer text than any": Parts(launcher_trailer.marked(b"x" * ((1 << 20) + 1))),
    "two segments of a name": Parts(MARKED, segments=2),
    "a library": Parts(MARKED, kind=6),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_has_no_text_or_not_one(what: str) -> None:
    with pytest.raises(TrailerError, match=NONE) as error:
        launcher_trailer.read(made(HOSTILE[what]), "app")
    assert error.value.exit_code == 125


def test_the_parts_of_these_are_right_otherwise() -> None:
    assert launcher_trailer.find(made(Parts(MARKED)), "app").text == TEXT


def test_wherever_one_ends() -> None:
    executable = carrying(TRAILER)
    for length in range(len(executable)):
        with pytest.raises(TrailerError):
            launcher_trailer.read(executable[:length], "app")


def _patched(offset: int, value: int) -> bytes:
    """The sample with another number in its header or commands."""
    changed = bytearray(made(Parts(MARKED)))
    struct.pack_into("<I", changed, offset, value)
    return bytes(changed)


SIGNATURE: Final = made(Parts(MARKED)).index(struct.pack("<II", mach_o.CODE_SIGNATURE, 16))


@pytest.mark.parametrize("value", [0, 1, 7, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("offset", [16, mach_o.HEADER.size + 4, SIGNATURE + 8, SIGNATURE + 12])
def test_numbers_that_lead_elsewhere(offset: int, value: int) -> None:
    """The count of commands, the size of one, and where the signature is."""
    with pytest.raises(TrailerError, match=NONE):
        launcher_trailer.find(_patched(offset, value), "app")


def test_a_program_that_does_not_begin_with_the_file() -> None:
    with pytest.raises(TrailerError, match=NONE):
        launcher_trailer.find(_patched(mach_o.HEADER.size + 40, 8), "app")


def test_a_signature_that_covers_the_text() -> None:
    data = made(Parts(MARKED))
    start = data.index(MARKED)
    changed = bytearray(data)
    struct.pack_into("<II", changed, SIGNATURE + 8, start, len(data) - start)
    with pytest.raises(TrailerError, match=NONE):
        launcher_trailer.find(bytes(changed), "app")
