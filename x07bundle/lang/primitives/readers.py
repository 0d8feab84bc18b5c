"""Readers: in-memory sources, buffered reading, interfaces (contract/language.md §4).

`io.open_read_bytes` takes bytes, a view or a vector; as a view parameter it borrows the first and
the last, and the reader keeps a copy, since it may outlive its source. The copy is freed by the
read that finds its end, or when the program ends.
"""

from typing import Final

from x07bundle.lang.primitives.row import Effect, Primitive, row

_BUFREAD: Final = ("bufread invalid handle",)

ROWS: Final[tuple[Primitive, ...]] = (
    row("io.open_read_bytes", "V", "iface"),
    row("io.read", "iface i", "B", traps=("io.read invalid iface",)),
    row("iface.make_v1", "i i", "iface", Effect.PURE),
    row("bufread.new", "iface i", "i", traps=("bufread.new cap=0",)),
    row("bufread.fill", "i", "V", traps=(*_BUFREAD, "io.read invalid iface"), borrows="runtime"),
    row("bufread.consume", "i i", "i", traps=(*_BUFREAD, "bufread.consume oob")),
)
