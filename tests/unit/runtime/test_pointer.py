"""Raw pointers: steps, words at any address, bulk memory."""

from tests.unit.runtime.c_program import Programs


def test_a_walk_through_a_block(c_program: Programs) -> None:
    *numbers, block = c_program("pointer").answers((0,))
    words = bytes([0, 0, 0, 255, 0, 0, 0, 0, 4, 3, 2, 1, 5, 0, 0, 0, 7, 7, 0, 0])
    assert block == words + bytes([4, 4, 3, 2, 1]) + bytes(7)
    assert numbers == [4, 0x01020304, 0x05010203, 1, 1]
