"""Where the input comes from."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from x07bundle.errors import UsageError, X07Error
from x07bundle.run.input import InputChoice, input_bytes


@dataclass
class Stdin:
    data: bytes
    piped: bool = True
    was_read: bool = False

    def is_piped(self) -> bool:
        return self.piped

    def read(self) -> bytes:
        self.was_read = True
        return self.data


def test_each_source(tmp_path: Path) -> None:
    file = tmp_path / "in.bin"
    file.write_bytes(b"file")
    stdin = Stdin(b"piped")
    assert input_bytes(InputChoice(path=file), None, stdin) == b"file"
    assert input_bytes(InputChoice(base64="aGk="), None, stdin) == b"hi"
    assert input_bytes(InputChoice(base64=""), None, stdin) == b""
    arguments = InputChoice(arguments=("a", "\udcff"))
    assert input_bytes(arguments, None, stdin) == b"\2\0\0\0\1\0\0\0a\1\0\0\0\xff"
    assert input_bytes(InputChoice(), file, stdin) == b"file"
    assert not stdin.was_read
    assert input_bytes(InputChoice(stdin=True), file, stdin) == b"piped"


def test_a_piped_stdin_is_the_last_choice() -> None:
    assert input_bytes(InputChoice(), None, Stdin(b"piped")) == b"piped"
    terminal = Stdin(b"typed", piped=False)
    assert input_bytes(InputChoice(), None, terminal) == b""
    assert not terminal.was_read
    assert input_bytes(InputChoice(stdin=True), None, terminal) == b"typed"


@pytest.mark.parametrize(
    "choice",
    [
        InputChoice(path=Path("x"), stdin=True),
        InputChoice(base64="", arguments=("a",)),
        InputChoice(path=Path("x"), stdin=True, base64="", arguments=("a",)),
    ],
)
def test_one_source_only(choice: InputChoice) -> None:
    with pytest.raises(UsageError, match="the input comes from one source"):
        input_bytes(choice, None, Stdin(b""))


@pytest.mark.parametrize("text", ["a", "a===", "a b=", "é", "aGk"])
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(UsageError, match="`--input-b64` is not base64"):
        input_bytes(InputChoice(base64=text), None, Stdin(b""))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(X07Error, match="cannot read"):
        input_bytes(InputChoice(path=tmp_path / "no"), None, Stdin(b""))
