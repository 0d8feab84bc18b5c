"""What stands behind a bundle's executable: what is written is read, and nothing else is."""

from typing import Final

import pytest

from tests.unit.contract import executables
from x07bundle.contract import launcher_trailer
from x07bundle.contract.launcher_trailer import PublicKey, Trailer, TrailerError

PROGRAM: Final = b"\x7fELF and so on"
FILES: Final = {"payload": "1" * 64, "runtime/launcher": "2" * 64, "with space": "3" * 64}
TRAILER: Final = Trailer("0" * 64, FILES, PublicKey("ed25519", b"\x30\x2a"))


@pytest.mark.parametrize("trailer", [TRAILER, TRAILER._replace(key=None)])
def test_what_is_written_is_read(trailer: Trailer) -> None:
    executable = launcher_trailer.finished(PROGRAM, trailer)
    assert executable.startswith(PROGRAM)
    assert launcher_trailer.read(executable, "app") == trailer


def test_the_order_of_files_does_not_matter() -> None:
    backwards = TRAILER._replace(files=dict(reversed(FILES.items())))
    assert launcher_trailer.finished(PROGRAM, TRAILER) == launcher_trailer.finished(
        PROGRAM, backwards
    )


def test_a_program_in_front_may_hold_anything() -> None:
    program = launcher_trailer.finished(PROGRAM, TRAILER._replace(manifest="f" * 64))
    executable = launcher_trailer.finished(program, TRAILER)
    assert launcher_trailer.read(executable, "app") == TRAILER


@pytest.mark.parametrize("data", [b"", b"X07.TAIL", PROGRAM, b"\0" * 100, b"zzzzzzzzX07.TAIL"])
def test_what_has_no_trailer(data: bytes) -> None:
    with pytest.raises(TrailerError, match="`app` is not the executable of a VM bundle") as error:
        launcher_trailer.read(data, "app")
    assert error.value.exit_code == 125
    assert error.value.hint


def test_every_bit_counts() -> None:
    executable = launcher_trailer.finished(PROGRAM, TRAILER)
    executables.assert_every_bit_counts(executable, TRAILER, range(len(executable)))
